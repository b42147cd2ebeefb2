"""Checks of the section repair: domains of other suites, labels that there are, simulations enough for a split."""

from functools import partial

from repshift.perturbation.axes import AXES
from repshift.study.case_lists import repair_cases
from repshift.study.cases import Pair, infers, is_out_of_distribution, is_scored, is_trained, own_domain, parent_of
from repshift.study.channels import channels_of
from repshift.study.checks_models import require_shown
from repshift.study.checks_repaired import require_labels, require_layer, require_outputs, require_unjudged
from repshift.study.checks_stress import with_place
from repshift.study.checks_suites import require_scored, require_set
from repshift.study.configuration import Study
from repshift.study.refusals import require, require_name
from repshift.study.repair import Prior, RepairSection, RepairTraining
from repshift.study.repair_rungs import is_bound, prior_domain, repair_section, simulations_judged
from repshift.study.sizes import size_of
from repshift.vocabulary import FEWEST_SIMULATIONS


def check_repair_names(study: Study) -> None:
    """Check that repair names trained models with labels at home, domains of other suites, and bounds like them."""
    section = study.repair
    if section is None:
        return
    for name, domains in section.cases.items():
        require_name(name, study.cases, "a model of repair.cases", "models with cases")
        place, own = f"repair.cases.{name}", own_domain(study, name)
        require(is_trained(study, name), f"{place} is there, but '{name}' is an untrained network: nothing is broken.")
        require(
            is_scored(study, name, own),
            f"{place} is there, but '{name}' is not scored on '{own}': it needs outputs, and maps with labels.",
        )
        for domain in domains:
            require_shown(study, name, domain, place=place)
            require(
                is_out_of_distribution(study, name, domain),
                f"{place} has '{domain}', of the suite that '{name}' was trained on. Name domains of other suites.",
            )
            _check_rungs(study, section, name, domain)
        require_layer(study, name, section.layer, place="repair.layer")
        for layer in (section.latent_space.layers or ()) if section.latent_space else ():
            require_layer(study, name, layer, place="a layer of repair.latent_space.layers")
        require_outputs(study, name, section.outputs, place="repair.outputs")
    _check_bounds(study, section)
    if section.prior is not None:
        _check_prior(study, section.prior)
    if section.training is not None:
        _check_training(study, section.training)


def check_repair(study: Study) -> None:
    """Check that there are simulations to tune on and to judge by."""
    if study.repair is None:
        return
    for pair in repair_cases(study):
        _check_simulations(study, pair)
    for name in (study.repair.prior.domains or ()) if study.repair.prior else ():
        _check_tuned(study, name)


def _check_rungs(study: Study, section: RepairSection, model: str, domain: str) -> None:
    """Check that rungs that are named have the labels that they read."""
    require_labels(study, model, domain, place="repair.rungs", rungs=list(section.rungs or ()))
    if section.training is not None:
        require_labels(study, model, domain, place="repair.training.rungs", rungs=list(section.training.rungs))


def _check_bounds(study: Study, section: RepairSection) -> None:
    """Check that each bound is a trained model like one of those repaired, and shown what that is repaired for."""
    for name in section.bounds or ():
        require_name(name, study.models, "a model of repair.bounds", "models")
        require(
            any(is_bound(study, name, *pair) for pair in repair_cases(study)),
            f"repair.bounds has '{name}', which stands beside no model of repair.cases. Expected a trained model that "
            f"reads and infers the same, with a domain of repair.cases among cases.{name}.",
        )


def _check_prior(study: Study, prior: Prior) -> None:
    """Check that the label that is cut is one of every model, and that domains of one cosmology are of targets."""
    pairs = repair_cases(study)
    for model, domain in pairs:
        require(
            not study.models[model].is_classifier,
            f"repair.prior is there, but '{model}' infers classes, which have no lower half. Leave it out.",
        )
        place = f"repair.prior.parameter with {model}"
        require_name(prior.parameter, infers(study, model), place, "labels that the model infers")
        require_scored(study, prior.parameter, [domain], "repair.prior.parameter")
        require(
            is_scored(study, model, domain),
            f"repair.prior cuts the labels of '{domain}', which has no labels of what '{model}' infers. Leave it out.",
        )
    for name in prior.domains or ():
        for model in dict.fromkeys(model for model, _ in pairs):
            require_shown(study, model, name, place="repair.prior.domains")
        require(
            any(prior_domain(study, domain) == name for _, domain in pairs),
            f"repair.prior.domains has '{name}'. Expected one domain of the suite of each domain of repair.cases, "
            "other than that.",
        )


def _check_tuned(study: Study, name: str) -> None:
    """Check that half of a domain of one cosmology is enough to tune on, for each section that says how many tune."""
    section = repair_section(study)
    numbers = {"repair.simulations": section.simulations}
    numbers |= {"repair.training.simulations": section.training.simulations} if section.training else {}
    there = simulations_judged(study, next(iter(section.cases)), name)
    for place, found in numbers.items():
        require(
            there is None or there >= 2 * min(found),
            f"{place} begins at {min(found)}, but domain '{name}' of repair.prior.domains has {there} simulations, "
            f"half of which tune. Expected {2 * min(found)} or more.",
        )


def _check_training(study: Study, training: RepairTraining) -> None:
    """Check what trained rungs read beside a case: a set, layers, third domains, axes."""
    for model in repair_section(study).cases:
        if training.set is not None:
            require_set(study, study.models[model].suite, training.set, place="repair.training.set")
            require_unjudged(study, model, training.set, place="repair.training.set")
        for layer in training.freeze:
            require_layer(study, model, layer, place="a layer of repair.training.freeze")
    _check_numbers(repair_section(study), training)
    _check_third(study, training)
    for name, strength in (training.perturbations or {}).items():
        require_name(name, AXES, "an axis of repair.training.perturbations", "axes of the package")
        with_place("repair.training.perturbations", partial(AXES[name].require_strengths, sorted({0.0, strength})))


def _check_numbers(section: RepairSection, training: RepairTraining) -> None:
    """Check that rungs with and without training are judged by the same simulations: those that none is tuned on."""
    numbers = {"simulations": section.simulations, "training.simulations": training.simulations}
    numbers |= {"training.labelled": training.labelled}
    most = {f"repair.{key}": max(found) for key, found in numbers.items()}
    words = " and ".join(f"{key} up to {number}" for key, number in most.items())
    require(
        len(set(most.values())) == 1,
        f"{words}, so that other simulations would judge. Give all the same largest number.",
    )


def _check_third(study: Study, training: RepairTraining) -> None:
    """Check that domains of third suites are of neither suite of a case, and have labels."""
    named = {"repair.training.third": training.third or ()}
    named |= {"repair.training.choose_on": (training.choose_on,)} if training.choose_on else {}
    for place, names in named.items():
        for (model, domain), name in ((pair, name) for pair in repair_cases(study) for name in names):
            require_shown(study, model, name, place=place)
            suites = {parent_of(study, study.domains[one].suite) for one in (own_domain(study, model), domain)}
            require(
                parent_of(study, study.domains[name].suite) not in suites,
                f"{place} has '{name}', which is of the suite of '{model}' or of '{domain}' of repair.cases. Name a "
                "domain of a third suite.",
            )
            require(
                is_scored(study, model, name), f"{place} has '{name}', which has no labels of what '{model}' infers."
            )


def _check_simulations(study: Study, pair: Pair) -> None:
    """Check that a domain has simulations to tune on, and others to judge by; and the own domain as well."""
    section, (model, domain) = repair_section(study), pair
    there, own = simulations_judged(study, model, domain), own_domain(study, model)
    needed = section.most_tuned + FEWEST_SIMULATIONS
    require(
        there is None or there >= needed,
        f"repair tunes on up to {section.most_tuned} simulations, but domain '{domain}' has {there}. A split needs "
        f"{needed} or more: {FEWEST_SIMULATIONS} are judged, for intervals.",
    )
    at_home = simulations_judged(study, model, own)
    require(
        at_home is None or at_home >= needed,
        f"repair divides the simulations of '{own}', the own domain of {model}, as well, but there are {at_home}. A "
        f"split needs {needed} or more.",
    )
    training = section.training
    if training is not None and training.set is not None:
        size = size_of(study, study.models[model].suite, training.set, field=channels_of(study, model)[0])
        require(
            size is None or size.n_simulations >= training.batch,
            f"repair.training.batch is {training.batch} simulations, but set '{training.set}' of "
            f"'{study.models[model].suite}' has {size and size.n_simulations}.",
        )

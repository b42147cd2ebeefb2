"""Checks of the section pruning: cases that can be judged, layers that there are, simulations enough for a split."""

from repshift.study.case_lists import pruning_cases
from repshift.study.cases import is_out_of_distribution, is_scored, is_trained, own_domain
from repshift.study.channels import channels_of
from repshift.study.checks_models import require_shown
from repshift.study.checks_repaired import require_layer, require_outputs, require_unjudged
from repshift.study.checks_suites import require_set
from repshift.study.configuration import Study
from repshift.study.pruning import Pruning, PruningTraining
from repshift.study.refusals import require, require_name
from repshift.study.sizes import simulations_shown, size_of
from repshift.vocabulary import FEWEST_SIMULATIONS


def check_pruning_names(study: Study) -> None:
    """Check that pruning names trained models, their own domain first, domains with labels, and layers."""
    section = study.pruning
    if section is None:
        return
    for name, domains in section.cases.items():
        require_name(name, study.cases, "a model of pruning.cases", "models with cases")
        require_own_first(study, name, domains, place=f"pruning.cases.{name}")
        require(is_trained(study, name), f"pruning.cases has '{name}', an untrained network: it has nothing to lose.")
        for domain in domains:
            require(
                is_scored(study, name, domain),
                f"pruning.cases.{name} has '{domain}', on which '{name}' is not scored: it needs outputs, and maps "
                "with labels.",
            )
        for layer in section.layers or ():
            require_layer(study, name, layer, place="a layer of pruning.layers")
        require_outputs(study, name, section.outputs, place="pruning.outputs")
        _check_training(study, section, name)
    _check_cause(study, section)


def check_pruning(study: Study) -> None:
    """Check that there are simulations to fit to and to judge by."""
    for model, domain in pruning_cases(study):
        there = simulations_shown(study, model, domain)
        require(
            there is None or there > FEWEST_SIMULATIONS,
            f"pruning divides the simulations of domain '{domain}', of which there are {there}. Expected "
            f"{FEWEST_SIMULATIONS + 1} or more: {FEWEST_SIMULATIONS} are judged, for intervals.",
        )


def require_own_first(study: Study, model: str, domains: tuple[str, ...], *, place: str) -> None:
    """Stop where a model cannot be shown a domain, or the first is not its own."""
    for domain in domains:
        require_shown(study, model, domain, place=place)
    own = own_domain(study, model)
    require(
        domains[0] == own,
        f"{place} begins with '{domains[0]}'; the first is the model's own domain '{own}', which others are compared "
        "with.",
    )


def _check_training(study: Study, section: Pruning, model: str) -> None:
    """Check the set and the layers of what is trained."""
    named: dict[str, PruningTraining | None] = {"retraining": section.retraining, "cause": section.cause}
    for key, one in named.items():
        if one is None or one.set is None:
            continue
        suite = study.models[model].suite
        require_set(study, suite, one.set, place=f"pruning.{key}.set")
        require_unjudged(study, model, one.set, place=f"pruning.{key}.set")
        size = size_of(study, suite, one.set, field=channels_of(study, model)[0])
        require(
            size is None or size.n_simulations >= one.batch,
            f"pruning.{key}.batch is {one.batch} simulations, but set '{one.set}' of '{suite}' has "
            f"{size and size.n_simulations}.",
        )
    for layer in (section.retraining.layers or ()) if section.retraining else ():
        require_layer(study, model, layer, place="a layer of pruning.retraining.layers")


def _check_cause(study: Study, section: Pruning) -> None:
    """Check that there is a domain whose CKA can be moved."""
    outside = [pair for pair in pruning_cases(study) if is_out_of_distribution(study, *pair)]
    require(
        section.cause is None or outside,
        "pruning.cause is there, but pruning.cases has no domain of another suite than its model, on which accuracy is "
        "lost.",
    )

"""Checks of the stages: enough simulations, batches that leave nothing over, something that can fail."""

from repshift.similarity.discrepancy import FEWEST_OF_DOMAIN
from repshift.study.cases import failing_pairs, infers, parent_of, shifted_pairs, stages_of_case
from repshift.study.checks_suites import require_scored
from repshift.study.configuration import Study
from repshift.study.partners import drawn_as, have_own_seeds
from repshift.study.refusals import require, require_name
from repshift.vocabulary import FEWEST_SIMULATIONS, Pairing


def check_statistics(study: Study) -> None:
    """Check that there are enough simulations for intervals and tests, and one pass over their maps."""
    recorded = study.activations
    for stage in [*stages_of_case(study), *(["shift_steps"] if study.shift_steps is not None else [])]:
        require(
            recorded.n_simulations >= FEWEST_SIMULATIONS,
            f"{stage} is there, but activations.n_maps is {recorded.n_maps}, {recorded.maps_each} of each simulation. "
            f"Intervals and tests need {FEWEST_SIMULATIONS} simulations or more: fewer do not tell how much they "
            f"scatter. Leave {stage} out.",
        )
        require(
            recorded.passes == 1,
            f"{stage} is there, but activations.passes is {recorded.passes}. Intervals and tests are of one pass over "
            "the maps.",
        )


def check_batches(study: Study) -> None:
    """Check that mini-batches leave no map over."""
    n_maps, each, batch_size = study.activations.n_maps, study.activations.maps_each, study.cka.batch_size
    require(
        n_maps % each == 0,
        f"activations.n_maps is {n_maps}, which leaves {n_maps % each} maps over in simulations of "
        f"activations.maps_each {each}. Choose a divisor.",
    )
    require(
        n_maps % batch_size == 0,
        f"activations.n_maps is {n_maps}, which leaves {n_maps % batch_size} maps over in batches of cka.batch_size "
        f"{batch_size}. Choose a divisor of {n_maps} for the batches, or a multiple of {batch_size} for n_maps.",
    )


def check_measures(study: Study) -> None:
    """Check that a map has as many neighbours as are looked for."""
    n_maps, neighbours = study.activations.n_maps, study.cka.neighbours or 0
    require(
        neighbours < n_maps,
        f"cka.neighbours is {neighbours}, but each of the {n_maps} maps of activations.n_maps has {n_maps - 1} others.",
    )


def check_influence(study: Study) -> None:
    """Check that simulations are left without influential maps, and that subsets are of no more than there are."""
    n_simulations = study.activations.n_simulations
    most = study.influence.most if study.influence else 0
    require(
        not most or n_simulations - most >= FEWEST_SIMULATIONS,
        f"influence.most is {most}, which leaves {n_simulations - most} of the {n_simulations} simulations compared; "
        f"at least {FEWEST_SIMULATIONS} must be left.",
    )
    largest = max((study.sample_size.sizes if study.sample_size else None) or (0,))
    require(
        largest <= n_simulations,
        f"sample_size.sizes has {largest}, but the maps compared are of {n_simulations} simulations: "
        "activations.n_maps over maps_each.",
    )


def check_comparisons(study: Study) -> None:
    """Check that networks compared with each other are cases, two at a time, whose maps are paired; none twice."""
    seen = []
    for compared in study.comparisons or ():
        sides = [compared.rows, compared.columns]
        for model, domain in sides:
            require_name(model, study.cases, "a model of comparisons", "models with cases")
            shown = study.cases[model]
            require_name(domain, shown, f"a domain of comparisons with {model}", f"domains of cases.{model}")
        first, other = (f"{model} on {domain}" for model, domain in sides)
        require(sides[0] != sides[1], f"comparisons has {first} with itself; cka does that for every case.")
        require(set(sides) not in seen, f"comparisons has {first} with {other} twice.")
        seen.append(set(sides))
        _check_pairing(study, compared.pairing, [domain for _, domain in sides])


def _check_pairing(study: Study, pairing: Pairing, names: list[str]) -> None:
    """Check that two domains hold the same maps, or simulations with the same initial conditions."""
    first, other = (study.domains[name] for name in names)
    keys = ["suite", "set", "split"] if pairing == "map" else ["set", "split"]
    differ = [key for key in keys if getattr(first, key) != getattr(other, key)]
    require(
        not differ,
        f"comparisons pairs {names[0]} with {names[1]} by {pairing}, which needs the same {', '.join(keys)}; they "
        f"differ in {', '.join(differ)}.",
    )
    suites = (parent_of(study, first.suite), parent_of(study, other.suite))
    require(
        suites[0] == suites[1] or not have_own_seeds(study, suites, first.set),
        f"comparisons pairs {names[0]} with {names[1]} by simulation, but {suites[0]} and {suites[1]} draw the initial "
        f"conditions of set {first.set} each for itself: no simulation of one has a partner in the other.",
    )


def check_shift_steps(study: Study) -> None:
    """Check that the steps of each model are changes of the maps of one domain, which are shown to it."""
    for name, shown in (study.shift_steps or {}).items():
        require_name(name, study.cases, "a model of shift_steps", "models with cases")
        for domain in shown:
            require_name(domain, study.cases[name], f"a domain of shift_steps.{name}", f"domains of cases.{name}")
        require(
            shown[0] == study.cases[name][0],
            f"shift_steps.{name} begins with '{shown[0]}'; the first is the model's own domain "
            f"'{study.cases[name][0]}', the second the other, the rest its steps.",
        )
        _check_steps(study, name, shown)


def _check_steps(study: Study, name: str, shown: tuple[str, ...]) -> None:
    """Check that the first two domains are of different simulations, and the rest of those of the second."""
    own = study.domains[shown[0]]
    entries = [study.domains[domain] for domain in shown[1:]]
    made = [(parent_of(study, domain.suite), domain.set, domain.split) for domain in entries]
    other = entries[0]
    require(
        drawn_as(study, made[0][0]) != drawn_as(study, parent_of(study, own.suite))
        or other.set != own.set
        or (other.split != own.split and "all" not in (other.split, own.split)),
        f"shift_steps.{name} has '{shown[1]}' beside '{shown[0]}', which shows the same simulations; the two must be "
        "of different ones, or the interval of the difference between them is wrong.",
    )
    strange = [domain for domain, of in zip(shown[1:], made, strict=True) if of != made[0]]
    require(
        not strange,
        f"shift_steps.{name} has '{', '.join(strange)}', which shows other maps than '{shown[1]}', not the same "
        "changed: a step is of the same set and split, and of its suite or one derived from it.",
    )


def check_failures(study: Study) -> None:
    """Check that shift scores have one pass over maps enough, and a shift; that failure has something that can fail."""
    if study.shift_scores is None:
        return
    require(
        study.activations.passes == 1,
        "shift_scores compares the maps of one pass, so activations.passes must be 1.",
    )
    folds, n_simulations = study.shift_scores.folds, study.activations.n_simulations
    require(
        2 * folds <= n_simulations,
        f"shift_scores.folds is {folds}, but activations compares {n_simulations} simulations of a domain. Each fold "
        "needs two.",
    )
    fewest = 2 * FEWEST_OF_DOMAIN
    require(
        not study.shift_scores.halves or n_simulations >= fewest,
        f"shift_scores.halves is {study.shift_scores.halves}, but activations compares {n_simulations} simulations of "
        f"a domain. Two halves need {fewest} or more; 0 divides none.",
    )
    require(
        shifted_pairs(study),
        "shift_scores is there, but cases has no trained model with a domain of another suite than its own.",
    )
    pairs = failing_pairs(study)
    require(
        pairs or study.failures is None,
        "failures is there, but cases has no trained model with a scored domain of another suite than its own.",
    )
    models = list(dict.fromkeys(model for model, _ in pairs)) if study.failures else []
    classifiers = [model for model in models if study.models[model].is_classifier]
    require(
        len(classifiers) in (0, len(models)),
        f"failures is there, and of the networks that can fail {', '.join(classifiers)} infer classes, the others "
        "values: their failures, of log loss and of squared error, are no one response. Keep two configurations.",
    )
    for model in models:
        for parameter in (study.failures and study.failures.parameters) or ():
            place = f"a parameter of failures.parameters with {model}"
            require_name(parameter, infers(study, model), place, f"parameters that {model} infers")
            require_scored(study, parameter, [other for name, other in pairs if name == model], "failures.parameters")

"""Checks of the section attribution: cases that can be attributed, outputs and twins that there are, maps enough."""

from repshift.study.attribution_jobs import attribution_section, outputs_known
from repshift.study.case_lists import attribution_cases
from repshift.study.cases import Pair, has_outputs, infers, own_domain, parent_of
from repshift.study.channels import bands_of, channels_of
from repshift.study.checks_models import require_shown
from repshift.study.checks_suites import require_field
from repshift.study.configuration import Study
from repshift.study.map_geometry import size_of_maps
from repshift.study.partners import shares_simulations
from repshift.study.refusals import require, require_name
from repshift.study.sizes import simulations_of_split, size_of
from repshift.vocabulary import FEWEST_SIMULATIONS


def check_attribution_names(study: Study) -> None:
    """Check that attribution names models with cases, their own domain first, outputs, a field and suites."""
    if study.attribution is None:
        return
    for name, domains in study.attribution.cases.items():
        require_name(name, study.cases, "a model of attribution.cases", "models with cases")
        place = f"attribution.cases.{name}"
        for domain in domains:
            require_shown(study, name, domain, place=place)
            _check_environment(study, domain)
        own = own_domain(study, name)
        require(
            domains[0] == own,
            f"{place} begins with '{domains[0]}'; the first is the model's own domain '{own}', which others are "
            "compared with.",
        )
        _check_outputs(study, name)
    for twin in study.attribution.twins or ():
        _check_twin(study, twin)


def check_attribution(study: Study) -> None:
    """Check that there are maps enough, and that what is hidden fits into them."""
    if study.attribution is None:
        return
    _check_nulls(study)
    _check_features(study)
    for pair in attribution_cases(study):
        _check_simulations(study, pair)
        _check_pixels(study, pair)


def _check_environment(study: Study, domain: str) -> None:
    """Check that the field that divides pixels by density is one of the domain's suite, without bands."""
    field = attribution_section(study).environment
    if field is None:
        return
    suite = parent_of(study, study.domains[domain].suite)
    require_field(study, suite, field, place="attribution.environment")
    bands = bands_of(study, suite)
    require(
        not bands,
        f"attribution.environment is '{field}', of which suite '{suite}' has the bands {', '.join(bands)}, and one map "
        "divides the pixels. Leave it out: then the mean of the bands does.",
    )


def _check_outputs(study: Study, model: str) -> None:
    """Check that a model says what its outputs mean, and has those that are named."""
    require(
        has_outputs(study, model),
        f"attribution.cases has '{model}', which does not name its outputs: models.{model}.network.outputs is needed.",
    )
    known, labels = outputs_known(study, model), infers(study, model)
    network = study.models[model].network
    # whether a network of the user's own predicts deviations is not known before it answers
    deviations = ", and LABEL_std where it predicts standard deviations" if network and not network.classes else ""
    listed = f"{', '.join(labels)}{deviations}" if deviations else ", ".join(known)
    for name in attribution_section(study).outputs or ():
        require(
            name in known,
            f"an output of attribution.outputs of {model} is '{name}'; the outputs of the model are {listed}.",
        )


def _check_twin(study: Study, twin: str) -> None:
    """Check that a suite is a twin of a domain that is attributed."""
    require_name(twin, study.suites, "a suite of attribution.twins", "suites")
    entry = study.suites[twin]
    unseeded = entry.provider == "mock" and entry.seeds is None
    is_own = entry.provider in ("files", "local")
    expected = "'{}' has the simulations of none of them, not changed, in the same set and split"
    if unseeded:
        expected = "'{}' has no seeds, so it shares its initial conditions with no other suite"
    if is_own:
        expected = (
            "'{}' holds files of your own, and nothing says that its maps are paired with others. Of maps in the same "
            "order use a notebook: repshift.attribute(network, maps, baseline=other_maps) (docs/notebook.md)"
        )
    require(
        any(shares_simulations(study, twin, domain) for _, domain in attribution_cases(study)),
        f"attribution.twins has '{twin}', which is a twin of no domain of attribution.cases: {expected.format(twin)}.",
    )


def _check_nulls(study: Study) -> None:
    """Check that no null is of more maps than are attributed."""
    section = attribution_section(study)
    numbers = {"attribution.maps": section.maps}
    numbers |= {f"attribution.{key}": number for key, number in section.null_maps.items()}
    for key, number in numbers.items():
        require(
            FEWEST_SIMULATIONS <= number <= section.maps,
            f"{key} is {number}, one of each simulation. Expected {FEWEST_SIMULATIONS} or more, for intervals, and at "
            f"most attribution.maps, {section.maps}.",
        )
    require(
        section.twins is None or section.shift_maps >= FEWEST_SIMULATIONS,
        f"attribution.shift.maps is {section.shift_maps}, one of each simulation. Expected {FEWEST_SIMULATIONS} or "
        "more, for intervals.",
    )


def _check_features(study: Study) -> None:
    """Check that maps are optimised for channels that are shown, and dreams start from maps that there are."""
    features = attribution_section(study).features
    if features is None:
        return
    for key, number, of, limit in (
        ("filters", features.filters, "channels", features.channels),
        ("dream_maps", features.dream_maps, "maps", features.maps),
    ):
        require(
            number <= limit,
            f"attribution.features.{key} is {number}. Expected at most attribution.features.{of}, {limit}.",
        )


def _check_simulations(study: Study, pair: Pair) -> None:
    """Check that a domain has the simulations that are attributed."""
    section, (model, domain) = attribution_section(study), pair
    entry = study.domains[domain]
    size = size_of(study, entry.suite, entry.set, field=channels_of(study, model)[0])
    there = None if size is None else simulations_of_split(size.n_simulations, entry.split)
    asked = {"attribution.maps": section.maps}
    asked |= {"attribution.shift.maps": section.shift_maps} if section.twins else {}
    asked |= {"attribution.features.maps": section.features.maps} if section.features else {}
    for key, number in asked.items():
        require(
            there is None or number <= there,
            f"{key} is {number}, one of each simulation, but domain '{domain}' (set '{entry.set}', split "
            f"'{entry.split}') has {there} simulations.",
        )


def _check_pixels(study: Study, pair: Pair) -> None:
    """Check that squares are smaller than the maps, and that half of a map has as many blocks as there are steps."""
    section, size = attribution_section(study), size_of_maps(study, *pair)
    if not min(size):
        return
    hidden = section.faithfulness
    sides = {"attribution.window": section.window} if "occlusion" in section.methods else {}
    sides |= {"attribution.faithfulness.window": hidden.window} if hidden else {}
    for key, side in sides.items():
        require(
            side < min(size),
            f"{key} is {side} pixels, but maps of domain '{pair[1]}' have {size[0]} by {size[1]}: nothing is left of "
            "them.",
        )
    if hidden is not None:
        blocks = -(-size[0] // hidden.window) * -(-size[1] // hidden.window)
        require(
            2 * hidden.steps <= blocks,
            f"attribution.faithfulness.steps is {hidden.steps}, but a map of domain '{pair[1]}' has {blocks} blocks of "
            f"{hidden.window} by {hidden.window} pixels, of which half are hidden. Expected at most {blocks // 2}.",
        )

"""Checks of the section stress: cases that can be perturbed, axes that their maps have, strengths in range."""

from collections.abc import Callable

from repshift.evidence.level_scores import LEVEL_SCORES
from repshift.perturbation.axes import AXES, any_numbers
from repshift.similarity.discrepancy import FEWEST_OF_DOMAIN
from repshift.simulation.one_at_a_time import ONE_AT_A_TIME
from repshift.study.case_lists import stress_cases
from repshift.study.cases import Pair, infers, is_scored, own_domain
from repshift.study.channels import channels_of
from repshift.study.checks_functions import require_module
from repshift.study.checks_models import require_shown
from repshift.study.checks_suites import require_scored
from repshift.study.configuration import Study
from repshift.study.function_suites import Function
from repshift.study.refusals import refusal, require, require_name
from repshift.study.sizes import simulations_of_split, size_of
from repshift.study.stress import Smallest, StressAxis
from repshift.study.stress_axes import applies, axes_of_domain, is_one_at_a_time, section_of, strengths_of
from repshift.vocabulary import FEWEST_SIMULATIONS, PARAMETERS, InputError, split_channel


def check_stress_names(study: Study) -> None:
    """Check that stress names models with cases, their own domain first, and axes and suites that there are."""
    if study.stress is None:
        return
    for name, domains in study.stress.cases.items():
        require_name(name, study.cases, "a model of stress.cases", "models with cases")
        place = f"stress.cases.{name}"
        for domain in domains:
            require_shown(study, name, domain, place=place)
        own = own_domain(study, name)
        require(
            domains[0] == own,
            f"{place} begins with '{domains[0]}'; the first is the model's own domain '{own}', which others are "
            "compared with.",
        )
        require(
            is_scored(study, name, own),
            f"{place} is there, but '{name}' is not scored on '{own}': it needs outputs, and maps with labels.",
        )
    for name, axis in study.stress.axes.items():
        _check_axis(study, name, axis)
    require(study.stress.halves != 1, "stress.halves is 1. Expected 2 or more, or 0 for no label-free scores.")
    for score in study.stress.scores or ():
        require_name(score, LEVEL_SCORES, "a score of stress.scores", "scores")


def _check_axis(study: Study, name: str, axis: StressAxis) -> None:
    """Check that what an axis is of is there."""
    place = f"stress.axes.{name}"
    if axis.kind == "axis":
        what = f"{place}.axis" if axis.axis else "an axis of stress.axes without function, twin, parameter or axis"
        require_name(axis.axis or name, AXES, what, "axes of the package")
        with_place(place, lambda: AXES[axis.axis or name].chosen(axis.options))
    if axis.kind in ("function", "parameter"):
        require(axis.strengths is not None, f"{place}.strengths must be given: there are none by default.")
    if axis.function is not None and not study.archived:
        require_module(f"{place}.function", axis.function, axis.path)
    if axis.twin is not None:
        require_name(axis.twin, study.suites, f"{place}.twin", "suites")
    if axis.strengths is not None:
        checked = AXES[axis.axis or name] if axis.kind == "axis" else any_numbers(name)
        with_place(place, lambda: checked.require_strengths(axis.strengths or ()))
    require(
        any(applies(study, axis, domain) for _, domain in stress_cases(study)),
        f"{place} is of no domain of stress.cases: {_expected(study, axis)}.",
    )


def _expected(study: Study, axis: StressAxis) -> str:
    """Return what an axis needs of the domains."""
    if axis.twin is not None:
        entry = study.suites[axis.twin]
        if entry.provider == "mock" and entry.seeds is None:
            return f"'{axis.twin}' has no seeds, so it shares its initial conditions with no other suite"
        return f"'{axis.twin}' has the simulations of none of them, not changed, in the same set and split"
    if axis.parameter is not None:
        return (
            f"none is of a suite of a function with the parameter, or an argument that is a number, '{axis.parameter}'"
        )
    if axis.one_at_a_time is not None:
        return f"none is of the set {ONE_AT_A_TIME}"
    return f"they are of the set {ONE_AT_A_TIME}, which varies parameters alone"


def check_stress(study: Study) -> None:
    """Check that the axes of each case fit its maps, and that there are simulations enough."""
    if study.stress is None:
        return
    for pair in stress_cases(study):
        for name, axis in axes_of_domain(study, pair[1]).items():
            _check_on(study, pair, name, axis)
        _check_sizes(study, pair)
    for model in study.stress.cases:
        _check_outputs(study, model)
    for model, domain in stress_cases(study):
        words = f"stress.cases.{model} has '{domain}', but none of stress.axes is one of its maps."
        require(bool(axes_of_domain(study, domain)), words)


def _check_on(study: Study, pair: Pair, name: str, axis: StressAxis) -> None:
    """Check an axis on the maps of a case."""
    model, domain = pair
    place = f"stress.axes.{name} on {model}"
    if axis.kind == "axis":
        channels = channels_of(study, model)
        with_place(place, lambda: AXES[axis.axis or name].require_channels(len(channels)))
        if "band" in axis.options:
            bands = [split_channel(channel)[1] or channel for channel in channels]
            require_name(str(axis.options["band"]), bands, f"stress.axes.{name}.band on {model}", "bands")
        with_place(place, lambda: strengths_of(study, model, name, axis))
    entry = study.suites[study.domains[domain].suite]
    if axis.one_at_a_time is not None and entry.provider == "mock":
        require_name(axis.one_at_a_time, PARAMETERS, f"stress.axes.{name}.one_at_a_time", "parameters of the set 1P")
    if axis.parameter is not None and isinstance(entry, Function) and axis.parameter in entry.parameters:
        require(
            entry.parameters[axis.parameter].range is not None,
            f"stress.axes.{name}.parameter is '{axis.parameter}', which has values and no range to move in.",
        )


def _check_outputs(study: Study, model: str) -> None:
    """Check that a model infers what smallest perturbations are to move."""
    smallest = section_of(study).smallest
    outputs = smallest.outputs or () if smallest else ()
    require(
        not (outputs and study.models[model].is_classifier),
        f"stress.smallest.outputs names {', '.join(outputs)}, but '{model}' infers classes. Leave it out.",
    )
    for name in outputs:
        place = f"an output of stress.smallest.outputs of {model}"
        require_name(name, infers(study, model), place, "outputs of the model")
        require_scored(study, name, [own_domain(study, model)], "stress.smallest.outputs")


def _check_sizes(study: Study, pair: Pair) -> None:
    """Check that there are simulations, and maps of each, for bands and for halves."""
    section, (model, domain) = section_of(study), pair
    entry = study.domains[domain]
    if is_one_at_a_time(study, domain):
        require(
            entry.split == "all" and section.simulations is None,
            f"stress.cases.{model} has '{domain}', of the set {ONE_AT_A_TIME}, which is shown whole: set its split to "
            "all, and leave stress.simulations out.",
        )
        return
    size = size_of(study, entry.suite, entry.set, field=channels_of(study, model)[0])
    if size is None:
        return
    there = simulations_of_split(size.n_simulations, entry.split)
    n_simulations = min(there, section.simulations or there)
    fewest = max(FEWEST_SIMULATIONS, 2 * FEWEST_OF_DOMAIN if section.halves else 0)
    require(
        n_simulations >= fewest,
        f"stress perturbs {n_simulations} simulations of '{domain}' (set '{entry.set}', split '{entry.split}'). Its "
        f"bands and halves need {fewest} or more.",
    )
    require(
        (section.maps_each or 1) <= size.maps_per_simulation,
        f"stress.maps_each is {section.maps_each}, but a simulation of domain '{domain}' has "
        f"{size.maps_per_simulation} maps.",
    )
    if section.smallest is not None:
        _check_smallest(section.smallest, domain, there=there)


def _check_smallest(smallest: Smallest, domain: str, *, there: int) -> None:
    """Check that a domain has the simulations whose smallest perturbations are looked for."""
    require(
        FEWEST_SIMULATIONS <= smallest.maps <= there,
        f"stress.smallest.maps is {smallest.maps}, one of each simulation. Expected {FEWEST_SIMULATIONS} to {there}, "
        f"the simulations of domain '{domain}'.",
    )


def with_place(place: str, check: Callable[[], object]) -> None:
    """Make a check, and name the place in the configuration where it refuses.

    Raises
    ------
    InputError
        Where it does.
    """
    try:
        check()
    except InputError as error:
        raise refusal(f"{place}: {error}") from error

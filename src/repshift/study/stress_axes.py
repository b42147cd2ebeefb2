"""What follows from a study about the axes of stress: those of each case, their strengths, and the maps shown."""

from typing import cast

from repshift.perturbation.axes import Sky, axis_of
from repshift.simulation.one_at_a_time import ONE_AT_A_TIME, VALUES_EACH
from repshift.study.configuration import Study
from repshift.study.function_suites import Function
from repshift.study.partners import shares_simulations
from repshift.study.preparations import preparations
from repshift.study.refusals import require
from repshift.study.stress import SHARES_OF_THE_WAY, Stress, StressAxis
from repshift.vocabulary import PARAMETERS


def axes_of_domain(study: Study, domain: str) -> dict[str, StressAxis]:
    """Return the axes along which the maps of a domain are perturbed, by name.

    A twin is an axis of the domains whose simulations it shares, a parameter of those of its suite. A set 1P has axes
    of its own parameters alone.
    """
    section = study.stress
    axes = section.axes if section else {}
    found = {name: axis for name, axis in axes.items() if applies(study, axis, domain)}
    if is_one_at_a_time(study, domain) and not found:
        return {name: StressAxis(one_at_a_time=name) for name in PARAMETERS}
    return found


def section_of(study: Study) -> Stress:
    """Return the section stress of a study that has one."""
    require(study.stress is not None, "there is no section stress.")
    return cast("Stress", study.stress)


def is_one_at_a_time(study: Study, domain: str) -> bool:
    """Return whether one parameter varies at a time over the simulations of a domain."""
    return study.domains[domain].set == ONE_AT_A_TIME


def applies(study: Study, axis: StressAxis, domain: str) -> bool:
    """Return whether an axis is one of the maps of a domain."""
    if is_one_at_a_time(study, domain) or axis.kind == "one_at_a_time":
        return is_one_at_a_time(study, domain) and axis.kind == "one_at_a_time"
    if axis.twin is not None:
        return shares_simulations(study, axis.twin, domain)
    if axis.parameter is not None:
        suite = study.suites[study.domains[domain].suite]
        return isinstance(suite, Function) and axis.parameter in suite.numbers
    return True


def twins_of_domain(study: Study, domain: str) -> list[str]:
    """Return the suites to whose maps those of a domain are moved."""
    twins = [axis.twin for axis in axes_of_domain(study, domain).values()]
    return list(dict.fromkeys(name for name in twins if name is not None))


def strengths_of(study: Study, model: str, name: str, axis: StressAxis) -> tuple[float, ...]:
    """Return the strengths of an axis for a model; none of a set 1P, whose table says them.

    Raises
    ------
    InputError
        If an axis of the package has none by default for the maps of the model.
    """
    if axis.strengths is not None or axis.kind == "one_at_a_time":
        return axis.strengths or ()
    if axis.kind == "twin":
        return SHARES_OF_THE_WAY
    return axis_of(axis.axis or name).defaults_in(sky_of(study, model))


def n_levels(study: Study, model: str, domain: str) -> int:
    """Return at how many strengths of all axes the maps of a case are predicted: strength 0 is that of every axis."""
    axes = axes_of_domain(study, domain).items()
    strengths = [len(strengths_of(study, model, name, axis)) or VALUES_EACH for name, axis in axes]
    return 1 + sum(number - 1 for number in strengths)


def sky_of(study: Study, model: str) -> Sky:
    """Return what is known of the maps of a model before the run: of which channels it takes the logarithm."""
    logarithms = tuple(one.chosen.logarithm for one in preparations(study, model))
    return Sky(logarithms, tuple(0.0 for _ in logarithms), is_periodic=False)

"""How the cases of a model are divided into jobs, of under two minutes each by a rough count of their work.

The division follows from the configuration and from the files that it names, never from what a run makes or from
constants that a user may measure again: a second run finds the jobs of the first.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar

from repshift.networks.architecture import architecture_of
from repshift.storage.files import read_json
from repshift.study.attribution_jobs import feature_cases
from repshift.study.attribution_work import attribution_passes, feature_passes, shift_passes
from repshift.study.case_lists import repair_cases, trust_cases
from repshift.study.cases import Pair, cases, parent_of, provider_of, repaired_from, trained_in_the_run
from repshift.study.channels import channels_of
from repshift.study.configuration import Study
from repshift.study.files import shape_of_maps
from repshift.study.function_suites import Function
from repshift.study.generation import n_objects
from repshift.study.jobs import has_symmetries
from repshift.study.map_sets import attribution_twins
from repshift.study.pruning_jobs import Action, actions_on
from repshift.study.pruning_work import PASSES
from repshift.study.repair_rungs import Part, is_control, repair_section, trained_rungs
from repshift.study.repair_work import choice_passes, ladder_passes, latent_space_passes, rung_passes
from repshift.study.sizes import perturbed_maps, side_of, simulations_of_split
from repshift.study.stress_axes import n_levels, section_of
from repshift.study.trust_work import trust_passes
from repshift.vocabulary import InputError

Member = TypeVar("Member")

LONGEST: Final = 120.0
"""Seconds of a job of several cases: an added case, or a job that is killed, costs no more."""

ASSUMED_HIDDEN: Final = 12
"""Width of a network of CMD that is not known before it is fetched: the largest that CMD's documentation speaks of."""

_MULTIPLICATION: Final = 4e-11
_UNIT: Final = 5e-8
_PIXEL: Final = 2e-7
_RESAMPLE: Final = 1e-9
_SHEET: Final = 1.5
_PLACED: Final = 2e-4
_LEAST: Final = 0.5
"""Seconds of one core: of a multiplication, of a unit recorded, of a pixel perturbed, of a pair of layers, pair of maps
and resample, of a sheet, of a pair of maps placed in two dimensions, and of a case in any job. Rounded up from a core
of 2026: they bound a job and say nothing of an estimate."""

_SYMMETRIES: Final = 8


def network_groups(study: Study, model: str) -> list[tuple[str, ...]]:
    """Return the domains of a model by the job that runs the network on them, its own in the first."""
    return _grouped(study.cases[model], lambda domain: _network_seconds(study, model, domain))


def statistics_groups(study: Study, model: str) -> list[tuple[str, ...]]:
    """Return the domains of a model by the job that makes their statistics."""
    return _grouped(study.cases[model], lambda domain: _statistics_seconds(study, model))


def stress_groups(study: Study, model: str) -> list[tuple[str, ...]]:
    """Return the domains of a model whose maps are perturbed by the job that does it, its own in the first."""
    domains = study.stress.cases[model] if study.stress else ()
    return _grouped(domains, lambda domain: _stress_seconds(study, model, domain))


def attribution_groups(study: Study, model: str) -> list[tuple[str, ...]]:
    """Return the domains of a model whose maps are attributed by the job that does it, its own in the first."""
    domains = study.attribution.cases[model] if study.attribution else ()
    return _grouped(domains, lambda domain: _attribution_seconds(study, model, domain))


def repair_groups(study: Study) -> list[tuple[Pair, ...]]:
    """Return the models that are repaired, each with a domain, by the job of their ladders."""
    return _grouped_cases(study, repair_cases(study), ladder_passes)


def latent_space_groups(study: Study, model: str) -> list[tuple[str, ...]]:
    """Return the domains whose maps are placed in two dimensions by the job that does it; none where none asks."""
    section = study.repair

    def seconds(domain: str) -> float:
        placed = _PLACED * section.latent_space.maps**2 if section and section.latent_space else 0.0
        return placed + _seconds(study, model, domain, latent_space_passes(study, model, domain))

    return _grouped(section.cases[model] if section and section.latent_space else (), seconds)


def training_groups(study: Study, model: str, domain: str) -> list[tuple[Part, ...]]:
    """Return the splits of all trained rungs of a case by the job that trains them: first those of controls."""
    controls = [rung for rung in trained_rungs(study) if is_control(study, rung)]
    others = [rung for rung in trained_rungs(study) if rung not in controls]
    return [group for rungs in (controls, others) for group in _training_groups(study, model, domain, rungs)]


def _training_groups(study: Study, model: str, domain: str, rungs: Sequence[str]) -> list[tuple[Part, ...]]:
    """Return the splits of some trained rungs by the job that trains them, rung by rung."""
    n_splits = repair_section(study).splits

    def seconds(member: tuple[str, int]) -> float:
        rung, split = member
        passes = rung_passes(study, model, domain, rung, n_splits=1) + (0 if split else choice_passes(study, rung))
        return _seconds(study, model, domain, passes)

    groups, made = [], Counter[str]()
    for group in _grouped([(rung, split) for rung in rungs for split in range(n_splits)], seconds):
        of_rungs = {rung: tuple(split for name, split in group if name == rung) for rung, _ in group}
        groups.append(
            tuple(Part(rung, made[rung], splits, len(splits) == n_splits) for rung, splits in of_rungs.items())
        )
        made.update(of_rungs.keys())
    return groups


def pruning_groups(study: Study, model: str) -> list[tuple[tuple[Action, str], ...]]:
    """Return the actions of pruning, each with a domain that a model is judged on, by the job that does them."""

    def seconds(member: tuple[Action, str]) -> float:
        action, domain = member
        return _seconds(study, model, domain, PASSES[action](study, model, domain))

    return _grouped(actions_on(study, model), seconds)


def trust_groups(study: Study) -> list[tuple[Pair, ...]]:
    """Return the cases that trust is judged in by the job that does it."""
    return _grouped_cases(study, trust_cases(study), trust_passes)


def _grouped_cases(
    study: Study, pairs: Sequence[Pair], passes_of: Callable[[Study, str, str], float]
) -> list[tuple[Pair, ...]]:
    """Return cases of all models by the job that does them: a job takes as long to start as a small case.

    Networks of the user's own share no job with others, whose digests their code is no part of.
    """
    groups: list[tuple[Pair, ...]] = []
    for _, same in groupby(pairs, lambda pair: _code_of(study, pair[0])):
        groups += _grouped(same, lambda pair: _seconds(study, *pair, passes_of(study, *pair)))
    return groups


def _code_of(study: Study, model: str) -> str:
    """Return the name of a model whose network is code of the user's own, else nothing."""
    network = study.models[model].network
    return "" if network is None or network.path is None else model


def _seconds(study: Study, model: str, domain: str, passes: float) -> float:
    """Return about how long some forward passes of one map of a domain take."""
    network = architecture_of(_hidden(study, model), _maps_of(study, model, domain)[1])
    return _MULTIPLICATION * network.multiplications * passes


def sheet_groups(study: Study) -> list[tuple[Pair, ...]]:
    """Return all cases, model and domain, by the job that draws their sheets of influential maps."""
    return _grouped(cases(study), lambda pair: _SHEET)


def _grouped(members: Iterable[Member], seconds_of: Callable[[Member], float]) -> list[tuple[Member, ...]]:
    """Return members in their order, as many together as a job does in the longest time that it may take.

    Examples
    --------
    >>> _grouped("abcd", lambda letter: 50.0)
    [('a', 'b'), ('c', 'd')]
    """
    groups: list[tuple[Member, ...]] = []
    taken = 0.0
    for member in members:
        seconds = max(seconds_of(member), _LEAST)
        if groups and taken + seconds <= LONGEST:
            groups[-1], taken = (*groups[-1], member), taken + seconds
        else:
            groups, taken = [*groups, (member,)], seconds
    return groups


def _network_seconds(study: Study, model: str, domain: str) -> float:
    """Return about how long the network takes on all maps of a domain's split and on the maps compared."""
    n_maps, side = _maps_of(study, model, domain)
    network = architecture_of(_hidden(study, model), side)
    recorded = study.activations.n_maps * study.activations.passes
    if study.symmetries is not None and has_symmetries(study, model, domain):
        n_maps += study.activations.n_maps * _SYMMETRIES * (1 + study.symmetries.shifts)
    return _MULTIPLICATION * network.multiplications * (n_maps + recorded) + _UNIT * network.units * recorded


def _statistics_seconds(study: Study, model: str) -> float:
    """Return about how long the statistics of a case take."""
    side = _maps_of(study, model, study.cases[model][0])[1]
    area = (architecture_of(_hidden(study, model), side).layers * study.activations.n_maps) ** 2
    resamples = study.intervals.resamples if study.intervals else 0
    resamples += study.permutation_tests.permutations if study.permutation_tests else 0
    resamples += study.influence.most * study.influence.draws if study.influence else 0
    resamples += len(study.sample_size.sizes or ()) * study.sample_size.draws if study.sample_size else 0
    return _RESAMPLE * area * resamples


def _stress_seconds(study: Study, model: str, domain: str) -> float:
    """Return about how long it takes to perturb the maps of a domain, to run the network on them, and to resample."""
    levels, n_maps = n_levels(study, model, domain), perturbed_maps(study, model, domain)
    section, side = section_of(study), _maps_of(study, model, domain)[1]
    network = architecture_of(_hidden(study, model), side)
    once = _MULTIPLICATION * network.multiplications + _PIXEL * side**2
    recorded = _UNIT * network.units * min(section.drift_maps, n_maps)
    return levels * (n_maps * once + recorded + _RESAMPLE * section.resamples * n_maps)


def _attribution_seconds(study: Study, model: str, domain: str) -> float:
    """Return about how long it takes to attribute the maps of a domain, and its shift to each twin."""
    passes = attribution_passes(study, model, domain)
    passes += shift_passes(study, model) * len(attribution_twins(study, domain))
    passes += feature_passes(study, model) if (model, domain) in feature_cases(study) else 0
    return _seconds(study, model, domain, passes)


def _maps_of(study: Study, model: str, domain: str) -> tuple[int, int]:
    """Return the maps of a domain's split and their side; those of CMD's LH where nothing says it before the run."""
    entry, mock, catalogue = study.domains[domain], study.maps.mock, study.catalogue
    if provider_of(study, entry.suite) == "mock" and mock is not None:
        simulations, each, side = mock.simulations[entry.set], catalogue.maps_per_simulation, mock.size
    elif isinstance(suite := study.suites[parent_of(study, entry.suite)], Function):
        simulations, each = n_objects(study, parent_of(study, entry.suite), entry.set) or 0, suite.maps_per_simulation
        side = round(side_of(suite.sides))
    else:
        shape = _shape_named(study, parent_of(study, entry.suite), entry.set, channels_of(study, model)[0])
        known = catalogue.simulations_of(parent_of(study, entry.suite), entry.set)
        n_simulations = known or catalogue.simulations["LH"]
        simulations, each = (shape[0], 1) if shape else (n_simulations, catalogue.maps_per_simulation)
        side = round(side_of((shape[-2], shape[-1]))) if shape else catalogue.pixels
    return simulations_of_split(simulations, entry.split) * each, side


def _shape_named(study: Study, suite: str, set_name: str, field: str) -> tuple[int, ...] | None:
    """Return the shape of a file of maps that the configuration names; None of one that the run fetches or makes."""
    if study.suites[suite].provider not in ("local", "files"):
        return None
    try:
        return shape_of_maps(study, suite, set_name, channel=field)
    except InputError:  # The job that reads a damaged file says so.
        return None


def _hidden(study: Study, model: str) -> int:
    """Return the width of a network of CMD, as far as it is known before the run."""
    model = repaired_from(study, model)
    entry = study.models[model]
    if entry.untrained is not None:
        return entry.untrained.hidden
    if study.training is not None and model in trained_in_the_run(study):
        return study.training.hidden
    described = Path(entry.weights or "").with_suffix(".json") if entry.weights else None
    if described is None or not described.is_file():
        return ASSUMED_HIDDEN
    return int(read_json(described).get("arguments", {}).get("hidden", ASSUMED_HIDDEN))

r"""Whether CKA is a cause: what networks gain whose CKA the loss moved, beside the CKA that they reached.

Every run is compared with its control, of the same split and seed: the same steps on the same maps without the term. So
neither the training maps nor what training alone does counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from repshift.evidence.pruning.quantities import PruningQuantity
from repshift.evidence.pruning.relations import rank_relation
from repshift.evidence.pruning.split_scores import SplitNumbers, split_numbers
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.float64]
Kind = Literal["build", "remove", "match"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""What the loss makes of layers: alike, unlike, or alike in both domains."""

NONE: Final = "none"
CONTROL: Final = "control"

REACHED: Final = ("cka_reached", "cka_at_home", "cka_difference")
"""What is measured of the CKA of a run, and set beside what it gains."""

ALL_KINDS: Final = "all"
"""Runs of all kinds together, among those whose correlation is computed."""

MOVED: Final = (ALL_KINDS, *KINDS)
"""Runs that a correlation is over: of all kinds, or of one."""

HELD: Final = 0.05
"""Score that a run may lose at home, in any parameter, beside its control."""

_RUN, _OF_RUN, _ENTRY = ("run",), ("run", "parameter"), ("entry", "parameter")
_RELATION: Final = ("relation", "moved", "parameter")
_BY_CONTROL: Final = "less that of the same training without the term"

CAUSE_QUANTITIES: Final = {
    one.name: one
    for one in (
        PruningQuantity("cka_reached", _RUN, "mean debiased CKA of different layers on judged maps of the domain"),
        PruningQuantity("cka_at_home", _RUN, "mean debiased CKA of different layers on judged maps of the own domain"),
        PruningQuantity("cka_difference", _RUN, "mean absolute difference of the debiased CKA of the two domains"),
        PruningQuantity("target_score", _OF_RUN, "score on judged maps of the domain"),
        PruningQuantity("source_score", _OF_RUN, "score on judged maps of the own domain"),
        PruningQuantity("home_held", _RUN, "1 where no parameter loses more at home than is held, beside the control"),
        PruningQuantity("score_target", _ENTRY, "score on the domain, mean over splits and seeds"),
        PruningQuantity("score_home", _ENTRY, "score on the own domain, mean over splits and seeds"),
        PruningQuantity("gain", _ENTRY, f"score on the domain, {_BY_CONTROL}"),
        PruningQuantity("gain_at_home", _ENTRY, f"score on the own domain, {_BY_CONTROL}"),
        PruningQuantity("reached", ("relation", "entry"), "what was reached of each relation, mean over its runs"),
        PruningQuantity("rank_correlation", _RELATION, "rank correlation over runs of what moved and what was gained"),
        PruningQuantity("rank_correlation_held", _RELATION, "the same over runs whose score at home was held"),
        PruningQuantity("runs_held", (), "runs whose score at home was held, without controls"),
    )
}
"""Variables of the file that the action cause writes, by name."""


@dataclass(frozen=True)
class CauseRun:
    """A network of the file: what the loss turned it into, with which weight, split and seed."""

    kind: str
    weight: float
    split: int
    seed: int


@dataclass(frozen=True)
class RunScores:
    """Scores of runs on the two domains.

    Attributes
    ----------
    target, home
        (1 + n_resamples, runs, parameters): the scores, then of resampled simulations.
    n_target, n_home
        Simulations of each domain that judge in a split.
    """

    target: Values
    home: Values
    n_target: int
    n_home: int


def cause_numbers(
    runs: list[CauseRun], scores: RunScores, reached: Mapping[str, Values], *, seed: int
) -> tuple[list[CauseRun], dict[str, Any]]:
    """Return the entries of runs, and the numbers of runs and entries by the names of `CAUSE_QUANTITIES`.

    Parameters
    ----------
    runs
        Each with a control, of its split and seed; networks without training have none.
    scores
        Of the runs.
    reached
        Of each of `REACHED` (runs,).
    seed
        Draws runs for the intervals of correlations.

    Returns
    -------
    The first run of each entry, which is a kind with a weight, and values.

    Notes
    -----
    Correlations are of changes beside the control, over the runs of all kinds and over those of each, which one slope
    need not fit. Simulations are resampled, and with them whole sets of runs of one split and seed: these share a
    control and batches, so that a run more of such a set is no further evidence. An interval is of these splits and
    seeds, and of no other network; of fewer than five there is none.
    """
    control = _controls(runs)
    trained = np.flatnonzero(control >= 0)
    gains = {
        name: np.where((control >= 0)[:, None], values - values[:, control], np.nan)
        for name, values in (("target", scores.target), ("home", scores.home))
    }
    held = ~(gains["home"][0] < -HELD).any(-1)
    entries = _entries(runs)
    moved = {name: values - values[control] for name, values in reached.items()}
    kinds = np.array([run.kind for run in runs])
    clusters = _clusters(runs)

    def over(places: npt.NDArray[np.int64]) -> tuple[Values, Interval]:
        of_kinds = [places if kind == ALL_KINDS else places[kinds[places] == kind] for kind in MOVED]
        found = [_correlations(moved, gains["target"], chosen, clusters[chosen], seed=seed) for chosen in of_kinds]
        value, low, high = (np.stack(part, axis=1) for part in zip(*found, strict=True))
        return value, Interval(low, high)

    return [runs[places[0]] for places in entries], {
        **reached,
        "target_score": scores.target[0],
        "source_score": scores.home[0],
        "home_held": held.astype(np.int8),
        "score_target": _of_entries(scores.target, entries, scores.n_target),
        "score_home": _of_entries(scores.home, entries, scores.n_home),
        "gain": _of_entries(gains["target"], entries, scores.n_target),
        "gain_at_home": _of_entries(gains["home"], entries, scores.n_home),
        "reached": np.stack([[reached[name][places].mean() for places in entries] for name in REACHED]),
        "rank_correlation": over(trained),
        "rank_correlation_held": over(trained[held[trained]]),
        "runs_held": np.int64(held[trained].sum()),
    }


def cause_variables(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables of values by the names of `CAUSE_QUANTITIES`."""
    variables: dict[str, Any] = {}
    for name, values in found.items():
        variables |= CAUSE_QUANTITIES[name].variables(values)
    return variables


def _controls(runs: list[CauseRun]) -> npt.NDArray[np.int64]:
    """Return the place of the control of each run, (runs,); -1 of what is none of the kinds."""
    places = {(run.split, run.seed): place for place, run in enumerate(runs) if run.kind == CONTROL}
    return np.array([places[run.split, run.seed] if run.kind in KINDS else -1 for run in runs])


def _clusters(runs: list[CauseRun]) -> npt.NDArray[np.int64]:
    """Return the number of the split and seed of each run, (runs,)."""
    found: dict[tuple[int, int], int] = {}
    return np.array([found.setdefault((run.split, run.seed), len(found)) for run in runs])


def _entries(runs: list[CauseRun]) -> list[list[int]]:
    """Return the places of the runs of each kind and weight, in the order in which they come."""
    found: dict[tuple[str, float], list[int]] = {}
    for place, run in enumerate(runs):
        found.setdefault((run.kind, run.weight), []).append(place)
    return list(found.values())


def _of_entries(resampled: Values, entries: list[list[int]], n_simulations: int) -> SplitNumbers:
    """Return numbers (1 + n_resamples, runs, parameters) of each entry, means over its runs, (entries, parameters)."""
    each = [split_numbers(resampled[:, places], n_simulations=n_simulations) for places in entries]
    parts = ("value", "low", "high", "lowest", "highest")
    return SplitNumbers(*(np.stack([getattr(one, part) for one in each]) for part in parts))


def _correlations(
    moved: Mapping[str, Values],
    gains: Values,
    places: npt.NDArray[np.int64],
    clusters: npt.NDArray[np.int64],
    *,
    seed: int,
) -> tuple[Values, Values, Values]:
    """Return the rank correlation of each movement with the gain of each parameter, over some runs, and its ends."""
    value, low, high = (np.full((len(REACHED), gains.shape[-1]), np.nan) for _ in range(3))
    for row, column in np.ndindex(*value.shape):
        numbers = moved[REACHED[row]][places], gains[:, places, column]
        found, ends = rank_relation(*numbers, seed=seed, clusters=clusters)
        value[row, column], low[row, column], high[row, column] = found, ends.low, ends.high
    return value, low, high

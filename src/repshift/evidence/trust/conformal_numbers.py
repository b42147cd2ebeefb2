"""Conformal intervals that half of the own domain calibrates: what they hold of the other half, and of another domain.

At home the guarantee of `repshift.statistics.conformal` holds for the plain kind, and for that in predicted standard
deviations. That in distances leaves the simulation of a calibration map out of its reference, so its calibration maps
have one simulation less to be near: the guarantee is but nearly exact. Weights correct for which maps are shown, not
for another relation of maps and parameters; where the distances of the judged maps have no counterpart at home,
intervals are infinite, which is to say: nothing is known. Abroad no kind has a guarantee.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from repshift.evidence.trust.conformal_kinds import ConformalKind, ConformalNeed, kinds_of
from repshift.evidence.trust.map_values import Halves
from repshift.evidence.trust_scores.score import TrustMaps, Values
from repshift.statistics.conformal import (
    Calibration,
    attainable_level,
    calibration,
    class_sets,
    fewest_simulations,
    is_covered,
)
from repshift.statistics.likelihood_ratio import likelihood_ratios
from repshift.statistics.map_resamples import MapResamples, Number, interval_of, ratio
from repshift.statistics.reference_distances import neighbour_distances
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class ConformalCase:
    """What conformal intervals are made and judged of.

    Attributes
    ----------
    halves
        The maps, and the halves of the own domain that calibrate.
    own_errors, errors
        (n_maps, n_parameters): of the own domain and of the judged maps; NaN where the truth is not known.
    layer
        That distances are in; None: there is none.
    neighbours
        How many maps of the reference are nearest.
    levels
        Of the intervals, ascending.
    own_resamples, resamples
        Of the simulations of the own domain and of the judged maps; the same object where these are the own domain.
    """

    halves: Halves
    own_errors: Values
    errors: Values
    layer: str | None
    neighbours: int
    levels: Sequence[float]
    own_resamples: MapResamples
    resamples: MapResamples

    @property
    def of_classes(self) -> bool:
        """Whether sets of classes are judged."""
        return "probability" in self.halves.own.outputs

    @property
    def kinds(self) -> tuple[ConformalKind, ...]:
        """Kinds of intervals that the case has what they need for."""
        there: dict[ConformalNeed, bool] = {
            "std": "std" in self.halves.own.outputs,
            "distance": self.layer is not None,
        }
        return kinds_of(frozenset(name for name, is_there in there.items() if is_there), of_classes=self.of_classes)

    @property
    def attainable(self) -> Values:
        """The level that each is attained as, (n_levels,); NaN where a half has too few simulations."""
        fewest = int(self.halves.known.sum(1).min())
        return np.array(
            [
                attainable_level(fewest, level) if fewest >= fewest_simulations(level) else np.nan
                for level in self.levels
            ]
        )


@dataclass(frozen=True)
class _Half:
    """One half that calibrates and the maps it judges, with their distances to it."""

    known: npt.NDArray[np.bool_]
    judged: npt.NDArray[np.bool_]
    known_distances: Values | None
    distances: Values | None


def conformal_numbers(case: ConformalCase) -> dict[str, Number | Values]:
    """Return what conformal intervals hold and how wide they are, by kind, parameter and level.

    Returns
    -------
    (n_kinds, n_parameters, n_levels) each: ``conformal_coverage`` with its interval, ``conformal_coverage_lowest`` and
    ``conformal_coverage_highest`` of the halves, ``conformal_bounded`` the share of maps whose interval is finite, and
    of these ``conformal_coverage_bounded`` and the median ``conformal_half_width`` in the unit of the parameter, or of
    classes the mean ``conformal_set_size``. NaN of a parameter whose truth is not known, of a level that a half has too
    few simulations for, and where no interval is finite.
    """
    n_parameters, n_levels = case.errors.shape[1], len(case.levels)
    known = np.asarray(np.isfinite(np.concatenate([case.own_errors, case.errors])).all(axis=0))
    halves = [_half(case, of_half, judged) for of_half, judged in case.halves]
    shape = (len(case.kinds), n_parameters, n_levels)
    n_resamples = min(len(case.own_resamples.weights), len(case.resamples.weights))
    coverage = np.full((n_resamples, *shape), np.nan)
    found = {name: np.full(shape, np.nan) for name in _sizes(case)}
    for at, parameter in np.ndindex(shape[:2]):
        if known[parameter]:
            judged = [_judged(case, half, case.kinds[at], parameter) for half in halves]
            sums, counts = (np.sum([getattr(one, name) for one in judged], axis=0) for name in ("sums", "counts"))
            coverage[:, at, parameter] = sums / counts[:, None]
            for name, values in _summed_up(case, judged).items():
                found[name][at, parameter] = values
    attained = np.isfinite(case.attainable)
    coverage[..., ~attained] = np.nan
    for values in found.values():
        values[..., ~attained] = np.nan
    fewest = min(case.own_resamples.n_simulations, case.resamples.n_simulations)
    return {"conformal_coverage": (coverage[0], interval_of(coverage, n_simulations=fewest)), **found}


@dataclass(frozen=True)
class _Judged:
    """What the intervals of one half hold.

    `sums` (n_resamples, n_levels) and `counts` (n_resamples,) are of judged maps that are covered, and of all.
    `bounded_sums` (n_levels,) are of those that a finite interval covers. `sizes` (n_levels, n_maps) are half-widths,
    or numbers of classes, and `is_bounded` says whether the interval is finite.
    """

    sums: Values
    counts: Values
    bounded_sums: Values
    sizes: Values
    is_bounded: npt.NDArray[np.bool_]


def _half(case: ConformalCase, known: npt.NDArray[np.bool_], judged: npt.NDArray[np.bool_]) -> _Half:
    """Return a half with the distances of its maps, each to the simulations of the half other than its own."""
    if case.layer is None:
        return _Half(known, judged, None, None)
    own, shown = case.halves.own.of(known), case.halves.judged.of(judged)
    reference = own.features[case.layer]
    nearest = partial(neighbour_distances, n_neighbours=case.neighbours)
    apart = own.simulations[:, None] != own.simulations
    return _Half(
        known, judged, nearest(reference, reference, apart=apart), nearest(shown.features[case.layer], reference)
    )


def _judged(case: ConformalCase, half: _Half, kind: ConformalKind, parameter: int) -> _Judged:
    """Return what intervals of a kind, calibrated by a half, hold of the maps that it judges."""
    own, shown = case.halves.own.of(half.known), case.halves.judged.of(half.judged)
    scales = [
        _scale(kind, maps, distances, parameter)
        for maps, distances in ((own, half.known_distances), (shown, half.distances))
    ]
    scores, judged = (
        _over(np.abs(errors[:, parameter]), scale)
        for errors, scale in ((case.own_errors[half.known], scales[0]), (case.errors[half.judged], scales[1]))
    )
    weights, masses = _weights(kind, half, len(own), len(shown))
    sample = calibration(scores, simulations=own.simulations, weights=weights)
    n_resamples = min(len(case.own_resamples.weights), len(case.resamples.weights))
    counts = _of_simulations(case.own_resamples)[:n_resamples, np.unique(own.simulations)]
    drawn = case.resamples.weights[:n_resamples, half.judged]
    held = is_covered(sample.below(judged), sample.totals, levels=case.levels, masses=masses, counts=counts)
    sums = np.stack([np.einsum("rm,rm->r", one, drawn) for one in held], axis=1)
    sizes, is_bounded = _sizes_of(case, sample, masses, shown, scales[1])
    return _Judged(sums, drawn.sum(1), (held[:, 0] & is_bounded).sum(1), sizes, is_bounded)


def _of_simulations(resamples: MapResamples) -> Values:
    """Return how often each simulation counts in the sample and in each resample, (1 + n_resamples, n_simulations)."""
    return np.concatenate([np.ones((1, resamples.n_simulations)), resamples.of_simulations])


def _scale(kind: ConformalKind, maps: TrustMaps, distances: Values | None, parameter: int) -> Values:
    """Return what the errors of maps are measured by, (n_maps,)."""
    if kind.scale == "std":
        return maps.outputs["std"][:, parameter]
    return distances if kind.scale == "distance" and distances is not None else np.ones(len(maps))


def _over(errors: Values, scale: Values) -> Values:
    """Return errors over their scale; infinite over nothing, 0 where there is no error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(errors == 0, 0.0, errors / scale)


def _weights(kind: ConformalKind, half: _Half, n_known: int, n_judged: int) -> tuple[Values, Values]:
    """Return the weights of the maps that calibrate, and of those that are judged."""
    if not kind.is_weighted or half.known_distances is None or half.distances is None:
        return np.ones(n_known), np.ones(n_judged)
    if min(half.known_distances.min(), half.distances.min()) <= 0:
        raise InputError("A map lies at no distance from its nearest maps, so its distance has no logarithm.")
    return likelihood_ratios(np.log(half.known_distances), np.log(half.distances))


def _sizes(case: ConformalCase) -> tuple[str, ...]:
    size = "conformal_set_size" if case.of_classes else "conformal_half_width"
    of_halves = ("conformal_coverage_lowest", "conformal_coverage_highest")
    return (*of_halves, "conformal_bounded", "conformal_coverage_bounded", size)


def _sizes_of(
    case: ConformalCase, sample: Calibration, masses: Values, shown: TrustMaps, scale: Values
) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Return half-widths, or numbers of classes, and whether the interval is finite, (n_levels, n_maps)."""
    quantiles = np.stack([sample.quantiles(level, masses) for level in case.levels])
    is_bounded = np.isfinite(quantiles)
    if not case.of_classes:
        return np.where(is_bounded, quantiles * scale, np.inf), is_bounded
    sets = [class_sets(shown.outputs["probability"], one).sum(1) for one in quantiles]
    return np.array(sets, dtype=np.float64), is_bounded


def _summed_up(case: ConformalCase, judged: Sequence[_Judged]) -> dict[str, Values]:
    """Return the numbers of `_sizes`, (n_levels,) each."""
    of_halves = np.stack([one.sums[0] / one.counts[0] for one in judged])
    sizes = np.concatenate([one.sizes for one in judged], axis=1)
    is_bounded = np.concatenate([one.is_bounded for one in judged], axis=1)
    n_bounded = is_bounded.sum(1)
    covered = ratio(np.sum([one.bounded_sums for one in judged], axis=0), n_bounded.astype(np.float64))
    middle = np.mean if case.of_classes else np.median
    size = np.array([middle(row[held]) if held.any() else np.nan for row, held in zip(sizes, is_bounded, strict=True)])
    found = (of_halves.min(0), of_halves.max(0), is_bounded.mean(1), covered, size)
    return dict(zip(_sizes(case), found, strict=True))

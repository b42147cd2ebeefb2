"""What an axis costs, and whether label-free scores warn before it does."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.evidence.stress.levels import Levels, ends_of
from repshift.evidence.stress.predictions import Predictions
from repshift.statistics.bands import Bands
from repshift.statistics.critical import critical_strength, level_of, slope_at_zero
from repshift.statistics.early_warning import early_warning, score_crossings, score_limit, score_strength
from repshift.vocabulary import CRITICAL_FALL

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Criticals:
    """What an axis costs.

    Attributes
    ----------
    critical, slope
        (branches, outputs), each with its ends: (3, ...) in the order of `ENDS`.
    costs
        (branches,): whether an output may lose more than `CRITICAL_FALL`, by the lower end of its band; also where no
        output has a critical strength, so that none is known to lose nothing.
    """

    critical: Values
    slope: Values
    costs: npt.NDArray[np.bool_]


def criticals(levels: Levels, predictions: Predictions, bands: Mapping[str, Bands]) -> Criticals:
    """Return the critical strength and the slope at 0 of each output along each side of each axis.

    Strengths are sizes. Infinite where it is not reached; NaN where the output is no good at strength 0.
    """
    change, at_zero = bands[f"{predictions.cost}_change"], bands[predictions.cost].value
    shape = (3, len(levels.sides), len(predictions.outputs))
    critical, slope = np.full(shape, np.nan), np.full(shape, np.nan)
    for number, (_, side) in enumerate(levels.sides):
        for output in range(shape[2]):
            curves = [part[side.positions, output] for part in (change.value, change.low, change.high)]
            slope[:, number, output] = ends_of(slope_at_zero(side.strengths, *curves))
            if at_zero[side.positions[0], output] >= predictions.least[output]:
                critical[:, number, output] = ends_of(critical_strength(side.strengths, *curves))
    is_known = ~np.isnan(critical[0])
    is_free = is_known.any(axis=1) & (~is_known | (critical[1] == np.inf)).all(axis=1)
    return Criticals(critical, slope, ~is_free)


@dataclass(frozen=True)
class ScoreCurves:
    """Label-free scores along the axes.

    Attributes
    ----------
    value
        (levels, scores, divisions).
    null
        (scores, divisions): between halves of unperturbed maps of the model's own domain.
    maps
        (divisions, n_maps): maps of the half of the simulations whose perturbed maps a score is of.
    """

    value: Values
    null: Values
    maps: npt.NDArray[np.bool_]

    @property
    def limit(self) -> Values:
        """The 95 % point of the size of each score between unperturbed halves, (scores,)."""
        return np.array([score_limit(np.abs(one)) for one in self.null])


@dataclass(frozen=True)
class Warnings:
    """When scores warn: (3, branches, scores[, outputs]) in the order of `ENDS`.

    Attributes
    ----------
    score_critical
        Strength at which the median size of a score passes its limit.
    early_warning
        The same over the critical strength of an output: below 1, it warns before the error.
    false_alarm
        (branches, scores): 1 where a score passes its limit on an axis that costs nothing.
    """

    score_critical: Values
    early_warning: Values
    false_alarm: npt.NDArray[np.int8]


def warnings_of(
    levels: Levels, predictions: Predictions | None, found: Criticals | None, scores: ScoreCurves
) -> Warnings:
    """Return when scores warn; without predictions that can be scored nothing of the error."""
    n_scores, limits = len(scores.limit), scores.limit
    n_outputs = 0 if predictions is None else len(predictions.outputs)
    critical = np.full((3, len(levels.sides), n_scores), np.nan)
    early = np.full((*critical.shape, n_outputs), np.nan)
    errors = np.empty(0) if predictions is None else _critical_of_halves(levels, predictions, scores.maps)
    costs_of = np.empty(0) if found is None else found.critical
    for number, (_, side) in enumerate(levels.sides):
        for score in range(n_scores):
            curves = np.abs(scores.value[side.positions, score])
            critical[:, number, score] = ends_of(score_strength(side.strengths, curves, limits[score]))
            crossings = score_crossings(side.strengths, curves, limits[score])
            for output in range(n_outputs):
                whole = {"score": critical[0, number, score], "error": costs_of[0, number, output]}
                early[:, number, score, output] = ends_of(early_warning(crossings, errors[:, number, output], **whole))
    costs = np.ones(len(levels.sides), dtype=bool) if found is None else found.costs
    alarm = np.isfinite(critical[0]) & ~costs[:, None]
    return Warnings(critical, early, alarm.astype(np.int8))


def positions_of(levels: Levels, home: ScoreCurves, home_levels: Levels, suite: Values) -> Values:
    """Return the strength at which each axis makes the scores of the own domain those of another suite.

    Parameters
    ----------
    levels
        Of the other suite.
    home, home_levels
        Of the model's own domain; divisions are as many.
    suite
        (scores, divisions): the scores of the other suite, unperturbed.

    Returns
    -------
    (3, branches, scores) in the order of `ENDS`; NaN where the own domain has no such axis.
    """
    sides = {(axis, side.direction): side for axis, side in home_levels.sides}
    found = np.full((3, len(levels.sides), len(suite)), np.nan)
    for number, (axis, one) in enumerate(levels.sides):
        side = sides.get((axis, one.direction))
        if side is None:
            continue
        for score in range(len(suite)):
            curves, target = np.abs(home.value[side.positions, score]), np.abs(suite[score])
            found[:, number, score] = ends_of(score_strength(side.strengths, curves, target))
    return found


def _critical_of_halves(levels: Levels, predictions: Predictions, maps: npt.NDArray[np.bool_]) -> Values:
    """Return the critical strength of the error of each half, (divisions, branches, outputs)."""
    found = np.full((len(maps), len(levels.sides), len(predictions.outputs)), np.nan)
    for division, half in enumerate(maps):
        quality = predictions.quality(half)
        loss = quality[levels.base] - quality
        for number, (_, side) in enumerate(levels.sides):
            for output, least in enumerate(predictions.least):
                if quality[side.positions[0], output] >= least:
                    found[division, number, output] = level_of(
                        side.strengths, loss[side.positions, output], CRITICAL_FALL
                    )
    return found

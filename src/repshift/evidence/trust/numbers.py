"""What a trust score is worth: how it orders errors, finds the worst maps and tells domains apart, with intervals.

Every number is computed of the sample and of resamples of its simulations at once; that of the baseline is subtracted
resample by resample, so that the difference is of the same maps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.trust_scores.score import Values
from repshift.statistics.areas import score_auc
from repshift.statistics.map_resamples import MapResamples, Number, interval_of
from repshift.statistics.ranks import ranks, weighted_correlation
from repshift.statistics.risk_coverage import SHARES, relative_area, risk_curves

WORST: Final = 0.1
"""Share of the maps that are the worst."""


@dataclass(frozen=True)
class Errors:
    """What a network errs on maps.

    Attributes
    ----------
    error
        (n_maps, n_parameters): mean less truth, NaN where the truth is not known; of classes 1 less the probability of
        the true class.
    loss
        (n_maps, n_parameters): what risk is the mean of: the squared error; of classes 1 where another is named.
    is_worst
        (n_maps, n_parameters): whether a map is of the tenth of largest error; of classes whether another is named.
    is_squared
        Whether the loss is squared, so that the risk is the root of its mean.
    """

    error: Values
    loss: Values
    is_worst: npt.NDArray[np.bool_]
    is_squared: bool

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Of which parameters the error is known, (n_parameters,)."""
        return np.asarray(np.isfinite(self.error).all(axis=0))

    def risk(self, mean_loss: Values) -> Values:
        """Return the risk of a mean loss: of squared errors its root."""
        return np.sqrt(np.maximum(mean_loss, 0)) if self.is_squared else mean_loss


def parameter_errors(mean: Values, truth: Values) -> Errors:
    """Return the errors of predicted means (n_maps, n_parameters)."""
    error = mean - truth
    n_worst = max(1, round(WORST * len(error)))
    is_worst = np.zeros(error.shape, dtype=bool)
    order = np.argsort(-np.abs(error), axis=0, kind="stable")
    np.put_along_axis(is_worst, order[:n_worst], values=True, axis=0)
    return Errors(error, np.square(error), is_worst, is_squared=True)


def class_errors(probability: Values, truth: npt.NDArray[np.int64]) -> Errors:
    """Return the errors of probabilities (n_maps, n_classes) of classes whose places are `truth` (n_maps,)."""
    error = 1 - probability[np.arange(len(truth)), truth]
    wrong = probability.argmax(1) != truth
    return Errors(error[:, None], wrong[:, None].astype(np.float64), wrong[:, None], is_squared=False)


def error_numbers(by_parameter: Values, errors: Errors, *, baseline: int, resamples: MapResamples) -> dict[str, Number]:
    """Return how well scores order the errors of maps.

    Parameters
    ----------
    by_parameter
        (n_scores, n_parameters, n_maps).
    errors
        Of the maps.
    baseline
        Place of the score that others are compared with.
    resamples
        Of the simulations of the maps.

    Returns
    -------
    By their names in a file, with their intervals: (n_scores, n_parameters) each, ``risk_coverage`` with the shares as
    last axis, ``risk_area_best`` (n_parameters,). NaN of a parameter whose truth is not known.
    """
    n_scores, n_parameters = by_parameter.shape[:2]
    shape = (len(resamples.weights), n_scores, n_parameters)
    found = {name: np.full(shape, np.nan) for name in ("rank_correlation", "auc_worst_tenth", "risk_area")}
    curves = np.full((*shape, len(SHARES)), np.nan)
    best = np.full((shape[0], n_parameters), np.nan)
    for at in np.flatnonzero(errors.known).tolist():
        scores, weights = by_parameter[:, at], resamples.weights
        found["rank_correlation"][..., at] = _correlations(scores, np.abs(errors.error[:, at]), weights)
        for place, score in enumerate(scores):
            found["auc_worst_tenth"][:, place, at] = score_auc(score, errors.is_worst[:, at], weights=weights)
            curves[:, place, at] = _curve(score, errors, at, weights)
        best[:, at] = relative_area(_curve(np.abs(errors.error[:, at]), errors, at, weights))
    found["risk_area"] = relative_area(curves)
    numbers = {name: values for one in found for name, values in _with_difference(one, found[one], baseline).items()}
    numbers |= {"risk_coverage": curves, "risk_area_best": best}
    return {name: _number(values, resamples.n_simulations) for name, values in numbers.items()}


def domain_numbers(
    values: Values, own_values: Values, *, baseline: int, resamples: MapResamples, own_resamples: MapResamples
) -> dict[str, Number]:
    """Return how well scores (n_scores, n_maps) tell the maps from those of the own domain, (n_scores,) each.

    Simulations of the two domains are resampled apart from each other.
    """
    kinds = np.repeat([False, True], [own_values.shape[1], values.shape[1]])
    n_both = min(len(own_resamples.weights), len(resamples.weights))
    weights = np.concatenate([own_resamples.weights[:n_both], resamples.weights[:n_both]], axis=1)
    pooled = np.concatenate([own_values, values], axis=1)
    areas = np.stack([score_auc(score, kinds, weights=weights) for score in pooled], axis=1)
    fewest = min(resamples.n_simulations, own_resamples.n_simulations)
    return {name: _number(found, fewest) for name, found in _with_difference("auc_domain", areas, baseline).items()}


def _correlations(scores: Values, error: Values, weights: Values) -> Values:
    """Return the rank correlations of scores (n_scores, n_maps) with absolute errors, (n_resamples, n_scores)."""
    of_error = ranks(error, weights)
    return np.stack([weighted_correlation(ranks(score, weights), of_error, weights) for score in scores], axis=1)


def _curve(score: Values, errors: Errors, at: int, weights: Values) -> Values:
    return errors.risk(risk_curves(score, errors.loss[:, at], weights=weights, shares=np.array(SHARES)))


def _with_difference(name: str, numbers: Values, baseline: int) -> Mapping[str, Values]:
    """Return numbers (n_resamples, n_scores, ...) and what they are more than those of the baseline."""
    return {name: numbers, f"{name}_difference": numbers - numbers[:, [baseline]]}


def _number(numbers: Values, n_simulations: int) -> Number:
    return numbers[0], interval_of(numbers, n_simulations=n_simulations)

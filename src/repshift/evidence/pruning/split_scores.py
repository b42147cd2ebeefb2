r"""Scores of networks on the held-out simulations of several splits, with intervals by simulation.

A score is R^2 of each parameter, or the accuracy of a classifier. Every network is judged on the same maps, and the
weights of the simulations are drawn once: of differences between networks the intervals are paired.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import bootstrap_weights, percentile_interval, simulation_of

Values = npt.NDArray[np.float64]

Score = Literal["r2", "accuracy"]
"""What networks are judged by: R^2 of parameters, accuracy of classes."""


@dataclass(frozen=True)
class Judgement:
    """What is true of the maps of a domain, and which of them each split judges.

    Attributes
    ----------
    truth
        (n_maps, parameters), finite; of classes (n_maps, 1), their places.
    simulations
        (n_maps,) labels: maps of one simulation are drawn together.
    judged
        (splits, n_maps): whether a split judges a map.
    score
        What is scored.
    """

    truth: Values
    simulations: npt.NDArray[np.int64]
    judged: npt.NDArray[np.bool_]
    score: Score

    def weights(self, *, n_resamples: int, seed: int) -> Values:
        """Return how often each simulation counts, (1 + n_resamples, simulations): first once each, then resampled.

        Raises
        ------
        InputError
            If there are fewer than ten simulations.
        """
        n = int(simulation_of(self.simulations).max()) + 1
        drawn = bootstrap_weights(n, n_resamples=n_resamples, seed=seed)
        return np.concatenate([np.ones((1, n)), drawn])

    def scores(self, predictions: Values, weights: Values) -> Values:
        r"""Return the scores of networks on each split.

        Parameters
        ----------
        predictions
            (..., splits, n_maps, parameters), in the unit of the truth; of classes (..., splits, n_maps, 1), places of
            those named. What a split does not judge is not read.
        weights
            (n, simulations): how often each simulation counts.

        Returns
        -------
        (n, ..., splits, parameters); NaN where a prediction is, or where all judged maps share one true value.

        Notes
        -----
        With weights w of the maps and sums over the judged ones,

        .. math:: R^2 = 1 - \frac{\sum w (t - p)^2}{\sum w t^2 - (\sum w t)^2 / \sum w},

        and the accuracy is the weighted share of maps whose class is named.
        """
        count = self._resampled(self._summed(np.ones_like(self.truth)), weights)
        if self.score == "accuracy":
            right = self._summed((predictions == self.truth).astype(np.float64))
            unknown = np.any(np.isnan(np.where(self.judged[..., None], predictions, 0)), axis=(-2, -1))
            share = self._resampled(right, weights) / count.reshape(self._beside(count, right))
            return np.where(np.asarray(unknown)[..., None], np.nan, share)
        around = self.truth - self.truth.mean(0)
        wrong = self._summed(np.square(predictions - self.truth))
        first, second = (self._resampled(self._summed(one), weights) for one in (around, np.square(around)))
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = second - np.square(first) / count
            spread = np.where(self._varies(), spread, np.nan)
            return np.asarray(1 - self._resampled(wrong, weights) / spread.reshape(self._beside(spread, wrong)))

    def _summed(self, values: Values) -> Values:
        """Return sums over the judged maps of each simulation of (..., n_maps, parameters), (..., splits, sims, p)."""
        index = simulation_of(self.simulations)
        held = np.zeros((int(index.max()) + 1, len(index)))
        held[index, np.arange(len(index))] = 1
        each = values if values.ndim > 2 else values[None]
        return np.asarray(held @ np.where(self.judged[..., None], each, 0))

    def _resampled(self, sums: Values, weights: Values) -> Values:
        """Return weighted sums over simulations of (..., splits, simulations, parameters), (n, ..., splits, p)."""
        return np.moveaxis(np.einsum("ns,...sp->...np", weights, sums, optimize=True), -2, 0)

    def _beside(self, values: Values, sums: Values) -> tuple[int, ...]:
        """Return the shape of (n, splits, parameters) beside sums (..., splits, simulations, parameters)."""
        return (len(values), *(1,) * (sums.ndim - 3), *values.shape[1:])

    def _varies(self) -> npt.NDArray[np.bool_]:
        """Return whether the truth of a split's maps varies, (splits, parameters)."""
        return np.stack([np.ptp(self.truth[which], axis=0) > 0 for which in self.judged])


@dataclass(frozen=True)
class SplitNumbers:
    """Numbers (...), means over splits, with their intervals, and the lowest and the highest split.

    Attributes
    ----------
    value, low, high, lowest, highest
        (...), each.
    """

    value: Values
    low: Values
    high: Values
    lowest: Values
    highest: Values


def split_numbers(resampled: Values, *, n_simulations: int) -> SplitNumbers:
    """Sum up numbers (1 + n_resamples, ..., splits, parameters), the first of which are the numbers themselves.

    Notes
    -----
    The statistic is the mean over splits. Splits share simulations, so that their scatter is no error of it; it does
    not say either how a network from other training maps would fare.
    """
    with np.errstate(invalid="ignore"):
        means = resampled.mean(-2)
        ends = percentile_interval(means[1:], n_simulations=n_simulations)
    splits = resampled[0]
    return SplitNumbers(means[0], ends.low, ends.high, splits.min(-2), splits.max(-2))

r"""Scores of networks on the held-out simulations of several splits, with intervals by simulation.

A score is R^2 of each parameter, or the accuracy of a classifier. Every network is judged on the same maps, and the
weights of the simulations are drawn once: of differences between networks the intervals are paired.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.evidence.map_scores import MapScore, simulation_sums
from repshift.statistics.resampling import bootstrap_weights, percentile_interval, simulation_of

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judgement:
    """What is true of the maps of a domain, and which of them each split judges.

    Attributes
    ----------
    score
        What is scored.
    truth
        (n_maps, outputs), finite; of classes 1 in the column of the true one, else 0.
    simulations
        (n_maps,) labels: maps of one simulation are drawn together.
    judged
        (splits, n_maps): whether a split judges a map.
    """

    score: MapScore
    truth: Values
    simulations: npt.NDArray[np.int64]
    judged: npt.NDArray[np.bool_]

    @property
    def n_simulations(self) -> int:
        """How many simulations there are."""
        return len(np.unique(self.simulations))

    @property
    def n_judged(self) -> int:
        """How many of them judge, of the split with fewest: what an interval of resamples hangs on."""
        return min(len(np.unique(self.simulations[one])) for one in self.judged)

    def weights(self, *, n_resamples: int, seed: int) -> Values:
        """Return how often each simulation counts, (1 + n_resamples, simulations): first once each, then resampled.

        Raises
        ------
        InputError
            If there are fewer than ten simulations.
        """
        drawn = bootstrap_weights(self.n_simulations, n_resamples=n_resamples, seed=seed)
        return np.concatenate([np.ones((1, self.n_simulations)), drawn])

    def scores(self, predictions: Values, weights: Values) -> Values:
        """Return the scores of networks on each split.

        Parameters
        ----------
        predictions
            (..., splits, n_maps, outputs), in the unit of the truth, or probabilities of classes. What a split does not
            judge is not read.
        weights
            (n, simulations): how often each simulation counts.

        Returns
        -------
        (n, ..., splits, parameters); NaN where a judged prediction is.
        """
        if predictions.ndim > 3:
            return np.stack([self.scores(one, weights) for one in predictions], axis=1)  # one at a time, for the memory
        columns = self.score.columns(predictions, self.truth, self.truth.mean(0))
        columns = np.where(np.any(np.isnan(predictions), axis=-1, keepdims=True)[..., None], np.nan, columns)
        columns = np.where(self.judged[..., None, None], columns, 0)
        index = simulation_of(self.simulations)
        sums = simulation_sums(np.moveaxis(columns, 0, 1), index, n_simulations=self.n_simulations)
        return self.score.value(np.tensordot(weights, sums, axes=1))


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

    `n_simulations` is that of the simulations that judge in a split, which others of the domain do not make more.

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

"""Numbers of maps, and the same of resamples of their simulations: sums first, then ratios and differences of them.

What is resampled is a weight of each simulation, so a sum over maps is a product of matrices; whatever is computed of
sums is computed of the sample and of all resamples at once.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.statistics.bands import fixed_reach
from repshift.statistics.quantiles import weighted_quantiles
from repshift.statistics.ratio_resamples import Resamples
from repshift.statistics.resampling import (
    FEWEST_SIMULATIONS,
    LEVEL,
    Interval,
    bootstrap_weights,
    percentile_interval,
    simulation_of,
)

Values = npt.NDArray[np.float64]

_ROUNDING: Final = 1e-10
"""Range of a number over its resamples, over its size, that rounding explains."""


@dataclass(frozen=True)
class MapResamples:
    """How often each map counts: in the sample, then in each resample of its simulations.

    Attributes
    ----------
    weights
        (1 + n_resamples, n_maps): 1 in the first row. With fewer than ten simulations there are no other rows, for the
        scatter between so few is itself unknown.
    n_simulations
        How many there are.
    """

    weights: Values
    n_simulations: int

    def sums(self, values: npt.NDArray[np.floating]) -> Values:
        """Return sums over maps of values (..., map), (1 + n_resamples, ...)."""
        flat = np.asarray(values, dtype=np.float64).reshape(-1, values.shape[-1])
        return np.asarray((self.weights @ flat.T).reshape(-1, *values.shape[:-1]))

    def means(self, values: npt.NDArray[np.floating]) -> Values:
        """Return means over maps of values (..., map), (1 + n_resamples, ...)."""
        n_maps = self.weights.sum(axis=1).reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(self.sums(values) / n_maps)

    def medians(self, values: npt.NDArray[np.floating]) -> Values:
        """Return medians over maps of values (..., map), (1 + n_resamples, ...)."""
        flat = np.asarray(values, dtype=np.float64).reshape(-1, values.shape[-1])
        found = np.stack([weighted_quantiles(one, self.weights, [0.5])[0] for one in flat], axis=-1)
        return found.reshape(-1, *values.shape[:-1])


def map_resamples(simulations: npt.ArrayLike, *, n_resamples: int, seed: int) -> MapResamples:
    """Return how often each map counts in resamples of the simulations (n_maps,) that it is of."""
    index = simulation_of(simulations)
    n = int(index.max()) + 1
    whole = np.ones((1, len(index)))
    if n < FEWEST_SIMULATIONS:
        return MapResamples(whole, n)
    drawn = bootstrap_weights(n, n_resamples=n_resamples, seed=seed)[:, index]
    return MapResamples(np.concatenate([whole, drawn]), n)


def ratio(numerator: Values, denominator: Values) -> Values:
    """Return a ratio of sums; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(denominator != 0, numerator / denominator, np.nan))


def interval_of(numbers: Values, *, n_simulations: int) -> Interval:
    """Return the interval of each number alone, of the sample and its resamples (1 + n_resamples, ...).

    NaN where there are no resamples; of no width where they differ by rounding.

    Notes
    -----
    The expanded percentiles of `repshift.statistics.resampling.percentile_interval`.
    """
    if len(numbers) == 1:
        return _unknown(numbers[0])
    ends = percentile_interval(numbers[1:], n_simulations=n_simulations)
    return _unless_fixed(numbers, ends)


def bands_of(
    numbers: Values, *, n_simulations: int, scale: Literal["linear", "log"] = "linear", level: float = LEVEL
) -> Interval:
    """Return bands that hold all numbers along the last axis at once, of the sample and its resamples.

    Parameters
    ----------
    numbers
        (1 + n_resamples, ..., places).
    n_simulations
        How many were resampled; of a difference of two samples, of the smaller one.
    scale
        ``log`` of amounts that are never negative, and of ratios of them: where one is 0 in a resample it is linear.
    level
        Share of samples whose bands should hold the true values at every place.

    Returns
    -------
    Ends (..., places); NaN where a number or its resamples are not finite, or there are none.

    Notes
    -----
    The same number of standard errors, those of the resamples, at every place: `repshift.statistics.bands.fixed_reach`.
    """
    if len(numbers) == 1:
        return _unknown(numbers[0])
    curves = numbers.reshape(len(numbers), -1, numbers.shape[-1])
    ends = np.stack([_of_curve(curves[:, at], n_simulations, scale, level) for at in range(curves.shape[1])], axis=1)
    low, high = ends.reshape(2, *numbers.shape[1:])
    return _unless_fixed(numbers, Interval(low, high))


def _of_curve(numbers: Values, n_simulations: int, scale: Literal["linear", "log"], level: float) -> Values:
    """Return the band of one curve (1 + n_resamples, places), (2, places)."""
    positive = (numbers > 0).all(axis=0) & (scale == "log")
    scaled = np.where(positive, np.log(np.where(positive, numbers, 1.0)), numbers)
    value, moves = scaled[0], scaled[1:] - scaled[0]
    error = np.where(_is_fixed(numbers), 0.0, moves.std(axis=0) * np.sqrt(n_simulations / (n_simulations - 1)))
    reach = fixed_reach(Resamples(value, error, moves, moves), n=n_simulations, level=level)
    ends = value + np.array([[-1.0], [1.0]]) * reach * error
    return np.asarray(np.where(positive, np.exp(np.where(positive, ends, 0.0)), ends))


def _unless_fixed(numbers: Values, ends: Interval) -> Interval:
    """Return ends, those at the number itself where its resamples differ by rounding."""
    fixed = _is_fixed(numbers)
    return Interval(*(np.where(fixed, numbers[0], end) for end in (ends.low, ends.high)))


def _is_fixed(numbers: Values) -> npt.NDArray[np.bool_]:
    """Return whether numbers differ in the resamples by rounding alone."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.ptp(numbers, axis=0) <= _ROUNDING * np.abs(numbers[0]))


def _unknown(value: Values) -> Interval:
    nothing = np.full(np.shape(value), np.nan)
    return Interval(nothing, nothing.copy())

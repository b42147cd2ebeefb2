"""Numbers of maps, and the same of resamples of their simulations: sums first, then ratios and differences of them.

What is resampled is a weight of each simulation, so a sum over maps is a product of matrices; whatever is computed of
sums is computed of the sample and of all resamples at once.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.bands import fixed_reach, ratio_bands
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
Number = tuple[Values, Interval]
"""A number, and its interval."""

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
    simulations
        (n_maps,): the simulation of each map, from 0.
    """

    weights: Values
    simulations: npt.NDArray[np.int64]

    @property
    def n_simulations(self) -> int:
        """How many there are."""
        return int(self.simulations.max()) + 1

    @property
    def of_simulations(self) -> Values:
        """How often each simulation counts in each resample, (n_resamples, n_simulations)."""
        return self.weights[1:, np.unique(self.simulations, return_index=True)[1]]

    def by_simulation(self, values: Values) -> Values:
        """Return sums of values (..., map) over the maps of each simulation, (n_simulations, ...)."""
        found = np.zeros((self.n_simulations, *values.shape[:-1]))
        np.add.at(found, self.simulations, np.moveaxis(values, -1, 0))
        return found

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
        return MapResamples(whole, index)
    drawn = bootstrap_weights(n, n_resamples=n_resamples, seed=seed)[:, index]
    return MapResamples(np.concatenate([whole, drawn]), index)


def ratio(numerator: Values, denominator: Values) -> Values:
    """Return a ratio of sums; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(denominator != 0, numerator / denominator, np.nan))


def ratio_with_bands(
    numerator: npt.NDArray[np.floating], denominator: npt.NDArray[np.floating], *, resamples: MapResamples
) -> Number:
    """Return ratios of sums over maps, in bands that hold all places of a curve at once.

    Parameters
    ----------
    numerator, denominator
        (..., place, map), of shapes that broadcast.
    resamples
        Of the maps.

    Returns
    -------
    (..., place) each: the ratio and its ends, NaN where there is nothing to divide by, of no width where the ratio is
    one in every simulation. They are those of `repshift.statistics.bands.ratio_bands`.
    """
    sums = [resamples.by_simulation(side) for side in np.broadcast_arrays(numerator, denominator)]
    shape = sums[0].shape
    curves = [one.reshape(shape[0], -1, shape[-1]) for one in sums]
    value = ratio(*(one.sum(axis=0) for one in curves))
    if len(resamples.weights) == 1:
        return value.reshape(shape[1:]), _unknown(value.reshape(shape[1:]))
    bands = [ratio_bands(*(one[:, at] for one in curves), weights=resamples.of_simulations) for at in range(len(value))]
    low, high = (
        np.stack(ends).reshape(shape[1:]) for ends in zip(*((one.low, one.high) for one in bands), strict=True)
    )
    return value.reshape(shape[1:]), Interval(low, high)


def means_with_bands(values: npt.NDArray[np.floating], *, resamples: MapResamples) -> Number:
    """Return means over maps of values (..., place, map), in bands that hold all places of a curve at once."""
    return ratio_with_bands(values, np.ones(values.shape[-1:]), resamples=resamples)


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


def bands_of(numbers: Values, *, n_simulations: int, level: float = LEVEL) -> Interval:
    """Return bands that hold any numbers along the last axis at once, of the sample and its resamples.

    Of ratios and means `ratio_with_bands` holds better; this is of what is neither, as a difference of two samples.

    Parameters
    ----------
    numbers
        (1 + n_resamples, ..., places).
    n_simulations
        How many were resampled; of a difference of two samples, of the smaller one.
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
    ends = np.stack([_of_curve(curves[:, at], n_simulations, level) for at in range(curves.shape[1])], axis=1)
    low, high = ends.reshape(2, *numbers.shape[1:])
    return _unless_fixed(numbers, Interval(low, high))


def _of_curve(numbers: Values, n_simulations: int, level: float) -> Values:
    """Return the band of one curve (1 + n_resamples, places), (2, places)."""
    value, moves = numbers[0], numbers[1:] - numbers[0]
    error = np.where(_is_fixed(numbers), 0.0, moves.std(axis=0) * np.sqrt(n_simulations / (n_simulations - 1)))
    reach = fixed_reach(Resamples(value, error, moves, moves), n=n_simulations, level=level)
    return np.asarray(value + np.array([[-1.0], [1.0]]) * reach * error)


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

"""Simultaneous bands of numbers along axes: they hold every level at once, by a bootstrap by simulation.

References
----------
Davison & Hinkley 1997, "Bootstrap Methods and their Application", sections 2.4 and 5.2.1: the studentised bootstrap.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import LEVEL, bootstrap_weights

Values: TypeAlias = npt.NDArray[np.float64]

StatisticOfSums: TypeAlias = Callable[[Values], Values]
"""A number (...) of sums over maps (..., k)."""

_AT_ONCE: Final = 64


@dataclass(frozen=True)
class Bands:
    """A number at each level, the ends of its simultaneous band and its standard error, each (levels, ...)."""

    value: Values
    low: Values
    high: Values
    standard_error: Values


def paired_bands(
    sums: Values, statistic: StatisticOfSums, *, base: npt.ArrayLike, n_resamples: int, seed: int, level: float = LEVEL
) -> Bands:
    """Return the change of a statistic from each level's base, in bands that hold all levels at once.

    Parameters
    ----------
    sums
        (n_simulations, levels, k): sums over the maps of each simulation.
    statistic
        The number of sums (..., k) over all maps, (...).
    base
        (levels,): position of the level of strength 0 of each level's axis.
    n_resamples, seed
        Resamples, and what draws them.
    level
        Share of samples whose bands should hold the true values at every level.

    Returns
    -------
    Each (levels,). Where a level equals its base in every simulation the change is 0, in a band of width 0.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.
    """
    base = np.asarray(base)
    weights = bootstrap_weights(len(sums), n_resamples=n_resamples, seed=seed)
    ones = np.ones((1, len(sums)))

    def changes(counts: Values) -> Values:
        found = statistic(np.tensordot(counts, sums, axes=1))
        return np.asarray(found - found[:, base])

    value, resampled = changes(ones)[0], changes(weights)
    error = resampled.std(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        largest = np.nanmax(np.where(error > 0, np.abs(resampled - value) / error, 0.0), axis=1)
    reach = np.quantile(largest, level) * error
    return Bands(value, value - reach, value + reach, error)

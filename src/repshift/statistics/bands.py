r"""Simultaneous bands of ratios of sums along axes: they hold every level at once, by a bootstrap by simulation.

A ratio is of two sums over simulations, as is an error over a spread. With resampled weights w of the simulations

.. math:: x^* = \frac{\sum_i w_i a_i}{\sum_i w_i b_i}, \qquad
          s^{*2} = \sum_i w_i z_i^{*2}, \quad z_i^* = \frac{a_i - x^* b_i}{\sum_j w_j b_j}

are the ratio and its squared standard error (`repshift.statistics.ratio_resamples`). Each resample yields the largest

.. math:: |t| = |g(x^*) - g(x)| \; / \; (g'(x^*) s^*), \qquad g(x) = \operatorname{arsinh} \frac{x}{12 s}

over all levels, with s* at least s / 4. With the 95 % point c of these maxima, the band of each level is

.. math:: g^{-1}\left( g(x) \pm c \, g'(x) \, s \right).

The scale g is linear for a few standard errors s and logarithmic for many. Sums of squared errors are skewed and
heavy-tailed; the standard error of each resample and this scale allow for that. `docs/statistics.md` says how often the
bands held the truth.

References
----------
Davison & Hinkley 1997, "Bootstrap Methods and their Application", sections 2.4 and 5.2.1: the studentised bootstrap.
Korn & Graubard 1998, Survey Methodology 24, 193: the interval of a share of clustered observations.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.statistics.ratio_resamples import Resamples, resampled, resampled_ratio, slices
from repshift.statistics.resampling import LEVEL, student

Values: TypeAlias = npt.NDArray[np.float64]

_BEND: Final = 12.0
"""Standard errors from zero where the scale of a band bends from linear to logarithmic."""

_LEAST_ERROR: Final = 0.25
"""Least standard error of a resample, over that of the sample: one without the few simulations that count has none."""

_UNSEEN: Final = 2.0
"""Maps that count as changed beside those that are, in the variance of a change of a share: one gained, one lost."""


@dataclass(frozen=True)
class Bands:
    """A number at each level and the ends of its simultaneous band, each (levels, ...)."""

    value: Values
    low: Values
    high: Values


def paired_bands(
    numerator: Values, denominator: Values, *, base: npt.ArrayLike, weights: Values, level: float = LEVEL
) -> Bands:
    r"""Return the change of a ratio from that of each level's base, in bands that hold all levels at once.

    Parameters
    ----------
    numerator, denominator
        (n_simulations, levels): sums over the maps of each simulation.
    base
        (levels,): position of the level of strength 0 of each level's axis.
    weights
        (n_resamples, n_simulations), of `bootstrap_weights`.
    level
        Share of samples whose bands should hold the true values at every level.

    Returns
    -------
    Each (levels,). Where a level equals its base in every simulation the change is 0, in a band of width 0; where the
    change is not finite its band is NaN.

    Notes
    -----
    With sums over simulations, at a level and at its base 0, the number is

    .. math:: x = \frac{\sum_i w_i a_i}{\sum_i w_i b_i} - \frac{\sum_i w_i a_{i0}}{\sum_i w_i b_{i0}},

    in the bands of the module's docstring. Its derivatives by the weights take the place of z.
    """
    start = np.asarray(base)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        changes = [sums - sums[:, start] for sums in (numerator, denominator)]
        found = resampled(changes[0], changes[1], numerator[:, start], denominator[:, start], weights=weights)
        return _studentised(found, level)


def ratio_bands(numerator: Values, denominator: Values, *, weights: Values, level: float = LEVEL) -> Bands:
    """Return a ratio of sums in bands that hold all levels at once; arguments are those of `paired_bands`."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return _studentised(resampled_ratio(numerator, denominator, weights=weights), level)


def share_bands(numerator: Values, denominator: Values, *, weights: Values, level: float = LEVEL) -> Bands:
    r"""Return a share of maps in bands that hold all levels at once, within [0, 1].

    Parameters
    ----------
    numerator, denominator
        (n_simulations, levels): maps of each simulation that count, and all of them.
    weights, level
        As in `paired_bands`.

    Notes
    -----
    The exact (Clopper-Pearson) interval of a share p of :math:`n^* = p (1 - p) / s^2` independent maps, with its
    standard error s by simulation (Korn & Graubard 1998). A share of 0 or 1, which has none, counts as that of
    independent simulations.
    """
    from scipy import special  # what only reads the names of the numbers need not load it

    with np.errstate(invalid="ignore", divide="ignore"):
        found = resampled_ratio(numerator, denominator, weights=weights)
        tail = special.ndtr(-fixed_reach(found, n=weights.shape[1], level=level))
        share = found.value
        alike = np.where(found.scatters, share * (1 - share) / np.square(found.error), weights.shape[1])
        n_maps = np.minimum(alike, denominator.sum(axis=0))
        yes, no = n_maps * share, n_maps * (1 - share)
        low = np.where(yes == 0, 0.0, special.betaincinv(yes, no + 1, tail))
        high = np.where(no == 0, 1.0, special.betaincinv(yes + 1, no, 1 - tail))
    return Bands(share, low, high)


def paired_share_bands(
    numerator: Values,
    denominator: Values,
    *,
    base: npt.ArrayLike,
    changed: npt.ArrayLike,
    weights: Values,
    level: float = LEVEL,
) -> Bands:
    """Return the change of a share of maps, within [-1, 1], in bands that hold all levels at once.

    Parameters
    ----------
    numerator, denominator, base, weights, level
        As in `paired_bands` and `share_bands`.
    changed
        (levels,): whether anything of a level differs from its base; where nothing does, the band has width 0.

    Notes
    -----
    A share changes by few maps, which many resamples go without, and none counts for much more than another: standard
    errors are those of the sample. That no map has changed is no proof that none would. So each variance is that of
    two more maps, one gained and one lost (after Agresti & Min 2005, Statistics in Medicine 24, 729).
    """
    start = np.asarray(base)
    with np.errstate(invalid="ignore", divide="ignore"):
        changes = [sums - sums[:, start] for sums in (numerator, denominator)]
        found = resampled(changes[0], changes[1], numerator[:, start], denominator[:, start], weights=weights)
        error = np.hypot(found.error, np.sqrt(_UNSEEN) / denominator.sum(axis=0))
        half = fixed_reach(found, n=weights.shape[1], level=level) * np.where(changed, error, 0)
    return Bands(found.value, np.maximum(found.value - half, -1), np.minimum(found.value + half, 1))


def fixed_reach(found: Resamples, *, n: int, level: float) -> float:
    r"""Return how many standard errors of the sample hold all levels at once, by the resamples of n simulations.

    Notes
    -----
    The 95 % point m of the largest move of a resample, over standard errors of the sample, is right for errors that
    are known. Student's t replaces it, with the quantile that leaves out as much:

    .. math:: -t_{n-1}^{-1}\left( \Phi(-m) \right)
    """
    from scipy import special  # what only reads the names of the numbers need not load it

    some = found.scatters
    if not some.any():
        return student(n, level)
    largest = np.abs(found.moves[:, some] / found.error[some]).max(axis=1)
    return float(-special.stdtrit(n - 1, special.ndtr(-np.quantile(largest, level))))


def _studentised(found: Resamples, level: float) -> Bands:
    """Return bands by the largest |t| over the levels of each resample, on the scale of the module's docstring."""
    some, low, high = found.scatters, found.value.copy(), found.value.copy()
    low[~np.isfinite(found.value)] = high[~np.isfinite(found.value)] = np.nan
    if some.any():
        value, error = found.value[some], found.error[some]
        bend = _BEND * error
        middle, unit = np.arcsinh(value / bend), error / np.hypot(value, bend)
        largest = np.empty(len(found.moves))
        for rows in slices(len(largest)):
            resample = value + found.moves[rows, some]
            errors = np.maximum(found.errors[rows, some], _LEAST_ERROR * error)
            sizes = np.abs(np.arcsinh(resample / bend) - middle) * np.hypot(resample, bend) / errors
            largest[rows] = sizes.max(axis=1)
        reach = np.quantile(largest, level)
        low[some], high[some] = (bend * np.sinh(middle + sign * reach * unit) for sign in (-1, 1))
    return Bands(found.value, low, high)

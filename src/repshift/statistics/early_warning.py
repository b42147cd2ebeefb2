"""Whether a score that needs no labels rises before the error does, by halves of the simulations.

A division compares perturbed maps of half of the simulations with unperturbed maps of the others. How far numbers of
such halves scatter is the standard error of the number of all (delete-half jackknife).

References
----------
Shao & Wu 1989, "A General Theory for Jackknife Variance Estimation", Annals of Statistics 17, 1176: leaving out d of n.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.critical import Estimate, level_of
from repshift.statistics.resampling import LEVEL, student

Values = npt.NDArray[np.float64]

_FEW: Final = (1 - LEVEL) / 2
"""Share of the halves that may lie at 0, or at infinity, while an end of an interval does not."""


def score_limit(null: npt.ArrayLike, *, level: float = LEVEL) -> float:
    """Return what a score exceeds in 5 % of divisions where nothing is perturbed, of its values there (divisions,)."""
    return float(np.quantile(np.asarray(null, dtype=np.float64), level))


def score_crossings(strengths: npt.ArrayLike, curves: npt.ArrayLike, targets: npt.ArrayLike) -> Values:
    """Return the strength at which the score of each division first exceeds its target, (divisions,).

    Parameters
    ----------
    strengths
        (levels,): ascending from 0.
    curves
        (levels, divisions): the score of each division.
    targets
        One limit of all divisions, or (divisions,) the score of each on another suite.

    Notes
    -----
    Where there is one limit each curve starts at the median of all: how two halves differ unperturbed is a matter of
    the division, not of the axis.
    """
    heights, aims = np.asarray(curves, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    if aims.ndim == 0:
        heights = heights - heights[0] + np.median(heights[0])
    aims = np.broadcast_to(aims, heights.shape[1:])
    return np.array([level_of(strengths, curve, float(aim)) for curve, aim in zip(heights.T, aims, strict=True)])


def score_strength(strengths: npt.ArrayLike, curves: npt.ArrayLike, targets: npt.ArrayLike) -> Estimate:
    """Return the strength at which the median score of the divisions first exceeds the (median) target.

    Arguments are those of `score_crossings`, whose scatter gives the interval.
    """
    middle = np.median(np.asarray(curves, dtype=np.float64), axis=1)
    value = level_of(strengths, middle, float(np.median(np.asarray(targets, dtype=np.float64))))
    return half_interval(value, score_crossings(strengths, curves, targets))


def early_warning(
    score_critical: npt.ArrayLike, error_critical: npt.ArrayLike, *, score: float, error: float
) -> Estimate:
    """Return the strength at which a score exceeds its limit over the critical strength of the error.

    Parameters
    ----------
    score_critical, error_critical
        (divisions,): `score_crossings`, and the critical strengths of the perturbed halves alone, in the same order.
    score, error
        Of all simulations.

    Returns
    -------
    Dimensionless: below 1 the score warns before the error; 0 where it warns of an error that is not reached, infinite
    where it never warns, NaN where neither is reached.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        halves = np.asarray(score_critical, dtype=np.float64) / np.asarray(error_critical, dtype=np.float64)
        whole = float(np.divide(score, error))
    return half_interval(whole, halves)


def half_interval(value: float, halves: npt.ArrayLike) -> Estimate:
    """Return a positive number with the interval by the scatter of halves, (divisions,), in its logarithm.

    Notes
    -----
    The ends are Student's t times the standard deviation of the halves away. An end is 0, or infinite, where more than
    2.5 % of the halves are. Halves that have no number count for nothing; with fewer than half of them left, or where
    the number itself is none, there is no interval.
    """
    numbers = np.asarray(halves, dtype=np.float64)
    known = numbers[~np.isnan(numbers)]
    if np.isnan(value) or len(known) < max(2, len(numbers) / 2):
        return Estimate(value, float("nan"), float("nan"))
    logarithms = np.log(known[np.isfinite(known) & (known > 0)])
    if not len(logarithms):
        return Estimate(value, min(value, float(known.min())), max(value, float(known.max())))
    centre = np.log(value) if 0 < value < np.inf else logarithms.mean()
    reach = student(len(known), LEVEL) * logarithms.std()
    low = 0.0 if value == 0 or (known == 0).mean() > _FEW else float(np.exp(centre - reach))
    high = np.inf if value == np.inf or (known == np.inf).mean() > _FEW else float(np.exp(centre + reach))
    return Estimate(value, low, high)

"""Whether a score that needs no labels rises before the error does, by halves of the simulations."""

import numpy as np
import numpy.typing as npt

from repshift.statistics.critical import Estimate, level_of
from repshift.statistics.resampling import LEVEL, student

Values = npt.NDArray[np.float64]


def score_crossings(strengths: npt.ArrayLike, curves: npt.ArrayLike, targets: npt.ArrayLike) -> Values:
    """Return the strength at which the score of each division first reaches its target, (divisions,).

    Parameters
    ----------
    strengths
        (levels,): ascending from 0.
    curves
        (levels, divisions): the score of each division of the simulations.
    targets
        (divisions,) or one number: the limit of the score, or its value on another suite.
    """
    curves = np.asarray(curves, dtype=np.float64)
    aims = np.broadcast_to(np.asarray(targets, dtype=np.float64), curves.shape[1:])
    return np.array([level_of(strengths, curve, aim) for curve, aim in zip(curves.T, aims, strict=True)])


def score_position(strengths: npt.ArrayLike, curves: npt.ArrayLike, targets: npt.ArrayLike) -> Estimate:
    """Return the strength at which the median over divisions of a score reaches that of its target, with interval."""
    middle = level_of(strengths, np.median(curves, axis=1), float(np.median(targets)))
    return half_interval(middle, score_crossings(strengths, curves, targets))


def half_interval(value: float, halves: npt.ArrayLike) -> Estimate:
    """Return a positive number and its interval by the scatter of halves, in its logarithm (delete-half jackknife)."""
    values = np.asarray(halves, dtype=np.float64)
    inside = np.log(values[np.isfinite(values) & (values > 0)])
    if np.isnan(value) or np.isnan(values).any() or len(inside) < 2:
        return Estimate(value, float("nan"), float("nan"))
    reach = student(len(inside), LEVEL) * inside.std()
    return Estimate(value, value * np.exp(-reach), value * np.exp(reach))


def early_warning(
    score_critical: npt.ArrayLike, error_critical: npt.ArrayLike, *, score: float, error: float
) -> Estimate:
    """Return the strength at which a score passes its limit over the critical strength of the error.

    Parameters
    ----------
    score_critical, error_critical
        (divisions,): of halves of the simulations, the same in both.
    score, error
        Of all simulations.

    Returns
    -------
    Dimensionless: below 1 the score warns before the error.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        halves = np.asarray(score_critical, dtype=np.float64) / np.asarray(error_critical, dtype=np.float64)
        whole = float(np.divide(score, error))
    return half_interval(whole, halves)

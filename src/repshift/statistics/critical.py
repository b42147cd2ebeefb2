r"""Where a curve along an axis of strengths reaches a target, and how steeply it starts.

Between the strengths :math:`s_0 < s_1` a curve y is interpolated linearly in :math:`\log s`, from strength 0 linearly
in s. So it reaches the target y* at

.. math:: s^* = s_0 \left( \frac{s_1}{s_0} \right)^u \text{ or, where } s_0 = 0, \; s^* = u s_1, \qquad
    u = \frac{y^* - y_0}{y_1 - y_0}.

A critical strength is that of a change :math:`\Delta` with the target -0.1. Its interval is where the ends of the
simultaneous band of :math:`\Delta` have that target, low end first. Where a band holds its curve at all strengths, the
interval holds the crossing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import CRITICAL_FALL

Values = npt.NDArray[np.float64]

_FAR = 10.0
"""Ratio of two strengths from which on a curve between them is not seen."""


@dataclass(frozen=True)
class Estimate:
    """A number and the ends of its interval: infinite where something is not reached, NaN where it has no meaning."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Branch:
    """The strengths of an axis on one side of 0.

    Attributes
    ----------
    direction
        "up" for strengths above 0, "down" for those below.
    positions
        (n,): of the strengths in the axis, from 0 outwards.
    strengths
        (n,): their sizes, ascending from 0.
    """

    direction: str
    positions: npt.NDArray[np.int64]
    strengths: Values


def branches(strengths: npt.ArrayLike) -> tuple[Branch, ...]:
    """Return the sides of 0 that an axis has: "up", and "down" where strengths are below 0."""
    values = np.asarray(strengths, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    up, down = (
        np.array([at for at in side if values[at] * sign >= 0]) for side, sign in ((order, 1), (order[::-1], -1))
    )
    sides = {"up": up, "down": down}
    return tuple(Branch(name, at, np.abs(values[at])) for name, at in sides.items() if len(at) > 1)


def level_of(strengths: npt.ArrayLike, curve: npt.ArrayLike, target: float) -> float:
    """Return the strength at which a curve first exceeds a target.

    Parameters
    ----------
    strengths
        (levels,): ascending from 0.
    curve
        (levels,): may be infinite.
    target
        In the unit of the curve.

    Returns
    -------
    0 where the curve starts beyond the target; infinite where it never exceeds it; NaN where the target is none, or
    the curve is at a level before it exceeds it.

    Notes
    -----
    Linear between 0 and the first strength above it, then linear in the logarithm of strength.

    Examples
    --------
    >>> level_of([0, 1, 10, 100], [0, 2, 4, 6], 1), level_of([0, 1, 10, 100], [0, 2, 4, 6], 5)
    (0.5, 31.62...)
    """
    sizes, heights = np.asarray(strengths, dtype=np.float64), np.asarray(curve, dtype=np.float64)
    beyond = np.flatnonzero((heights > target) | np.isnan(heights))
    if np.isnan(target) or (len(beyond) and np.isnan(heights[beyond[0]])):
        return float("nan")
    if not len(beyond):
        return float("inf")
    at = int(beyond[0])
    if at == 0:
        return 0.0
    before, after = heights[at - 1], heights[at]
    share = 1.0 if np.isinf(before) else (target - before) / (after - before)
    if sizes[at - 1] == 0:
        return float(share * sizes[at])
    return float(sizes[at - 1] * (sizes[at] / sizes[at - 1]) ** share)


def critical_strength(
    strengths: npt.ArrayLike, value: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
) -> Estimate:
    """Return the strength at which a change first falls below -0.1, and those at which the ends of its band do.

    Parameters
    ----------
    strengths
        (levels,): ascending from 0.
    value, low, high
        (levels,): the change and its simultaneous band. Where the band holds the true curve at all strengths, and the
        curve falls between two of them as it is interpolated, the interval holds its critical strength. Between
        strengths that are more than a factor of ten apart nothing is known of it: the interval reaches to both.

    Returns
    -------
    In the unit of the strengths; infinite where it is not reached.
    """
    sizes = np.asarray(strengths, dtype=np.float64)
    found, first, last = (level_of(sizes, -np.asarray(curve), CRITICAL_FALL) for curve in (value, low, high))
    return Estimate(found, min(first, _gap(sizes, first)[0]), max(last, _gap(sizes, last)[1]))


def _gap(sizes: Values, size: float) -> tuple[float, float]:
    """Return the strengths on both sides of a size, where these are far apart; else the size itself."""
    at = int(np.searchsorted(sizes, size))
    if not 0 < at < len(sizes) or sizes[at] <= _FAR * sizes[at - 1] or sizes[at - 1] == 0:
        return size, size
    return float(sizes[at - 1]), float(sizes[at])


def slope_at_zero(strengths: npt.ArrayLike, value: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Estimate:
    """Return the change at the first strength above 0 over that strength, and the ends of its band there.

    Arguments are those of `critical_strength`. On the branch "down" it is the change by the size of the strength.
    """
    first = float(np.asarray(strengths, dtype=np.float64)[1])
    return Estimate(*(float(np.asarray(curve)[1]) / first for curve in (value, low, high)))

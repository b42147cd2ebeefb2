"""Where a curve along an axis of strengths reaches a target, and how steeply it starts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


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
    """Return the strength at which a curve first reaches a target, from the side it starts on.

    Parameters
    ----------
    strengths
        (levels,): ascending from 0.
    curve
        (levels,): NaN from a level on means that nothing is known from there.
    target
        In the unit of the curve.

    Returns
    -------
    Strength: 0 where the curve starts at the target or beyond; infinite where it is never reached; NaN where the curve
    has no value before it is.

    Notes
    -----
    Linear between 0 and the first strength above it, then linear in the logarithm of strength.
    """
    x, y = np.asarray(strengths, dtype=np.float64), np.asarray(curve, dtype=np.float64)
    if np.isnan(target):
        return float("nan")
    for at, height in enumerate(y):
        if np.isnan(height):
            return float("nan")
        if height >= target:
            return 0.0 if at == 0 else _between(x[at - 1], x[at], (target - y[at - 1]) / (height - y[at - 1]))
    return float("inf")


def critical_strength(
    strengths: npt.ArrayLike, value: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, *, change: float = -0.1
) -> Estimate:
    """Return the strength at which a change, from 0, first falls to `change`, and where the ends of its band do."""
    found = [level_of(strengths, -np.asarray(curve, dtype=np.float64), -change) for curve in (value, low, high)]
    return Estimate(*found)


def slope_at_zero(strengths: npt.ArrayLike, value: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Estimate:
    """Return the change up to the first strength above 0, over that strength, with the ends of the band there."""
    first = float(np.asarray(strengths, dtype=np.float64)[1])
    return Estimate(*(float(np.asarray(curve, dtype=np.float64)[1]) / first for curve in (value, low, high)))


def _between(before: float, after: float, share: float) -> float:
    if before == 0:
        return float(after * share)
    return float(before * (after / before) ** share)

"""What share of the difference between two domains a change of the maps takes away.

References
----------
Fieller 1954, "Some Problems in Interval Estimation", Journal of the Royal Statistical Society B 16, 175: the interval
of a ratio.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import LEVEL, Interval, Jackknife, student
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Explanation:
    """The share of a difference that a step takes away.

    Attributes
    ----------
    share
        (...), dimensionless: 1 where the step is as the model's own domain, 0 where it is as the other; it may leave
        [0, 1]. NaN, with its interval, where the domains do not differ clearly.
    interval
        Its ends.
    """

    share: npt.NDArray[np.float64]
    interval: Interval


def explained(own: Jackknife, other: Jackknife, step: Jackknife) -> Explanation:
    r"""Return the share of the difference between two domains that a step takes away, and its interval.

    Parameters
    ----------
    own, other
        Of the model's own domain and of the one out of distribution, whose simulations are not those of the own.
    step
        Of the maps of the other domain, changed: the same simulations in the same order.

    Raises
    ------
    InputError
        If the step has not as many simulations as the other domain.

    Notes
    -----
    .. math:: r = N / D, \quad N = x_\mathrm{other} - x_\mathrm{step}, \quad D = x_\mathrm{other} - x_\mathrm{own}

    Fieller's interval holds every r with

    .. math:: (N - r D)^2 \le t^2 \left( s_N^2 - 2 r s_{ND} + r^2 s_D^2 \right),

    with Student's t of the smaller sample. Variances and covariance are those of the jackknife by simulation, in which
    a step moves with the domain that it changes. The interval has two ends exactly where :math:`D^2 > t^2 s_D^2`.
    Elsewhere the domains do not differ clearly, any share is possible, and all is NaN.
    """
    if len(step.without) != len(other.without):
        raise InputError(f"A step of {len(step.without)} simulations is no change of a domain of {len(other.without)}.")
    reach = student(min(len(own.without), len(other.without)), LEVEL)
    taken, whole = other.value - step.value, other.value - own.value
    taken_changes = other.changes - step.changes
    spread = np.square(taken_changes).sum(0)
    spread_whole = np.square(other.changes).sum(0) + np.square(own.changes).sum(0)
    common = (taken_changes * other.changes).sum(0)
    scale = whole**2 - reach**2 * spread_whole
    middle, end = taken * whole - reach**2 * common, taken**2 - reach**2 * spread
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(np.maximum(middle**2 - scale * end, 0.0))
        numbers = np.stack([taken / whole, (middle - root) / scale, (middle + root) / scale])
    share, low, high = np.where(scale > 0, numbers, np.nan)
    return Explanation(share, Interval(low, high))

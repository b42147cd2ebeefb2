"""What share of the difference between two domains a change of the maps takes away.

References
----------
Fieller 1954, "Some Problems in Interval Estimation", Journal of the Royal Statistical Society B 16, 175: the interval
of a ratio.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import LEVEL, Interval, Statistic, require_simulations, simulation_of, student
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Replicates:
    """Numbers (...), and what they are without one simulation after the other.

    Attributes
    ----------
    value
        (...): of all simulations.
    without
        (simulations, ...): without each, in the order of their first maps.
    """

    value: npt.NDArray[np.float64]
    without: npt.NDArray[np.float64]

    @property
    def changes(self) -> npt.NDArray[np.float64]:
        """Numbers without each simulation less their mean, (simulations, ...); their products sum to covariances."""
        n = len(self.without)
        return np.asarray(np.sqrt((n - 1) / n) * (self.without - self.without.mean(0)))


@dataclass(frozen=True)
class Explained:
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


def leave_one_out(statistic: Statistic, *, simulations: npt.ArrayLike) -> Replicates:
    """Return a statistic of all maps and without the maps of one simulation after the other.

    Parameters
    ----------
    statistic
        Takes positions of maps, ascending, and returns numbers (...).
    simulations
        (n_maps,) labels: maps with equal labels are of one simulation.

    Raises
    ------
    InputError
        If there are fewer than ten simulations.
    """
    index = simulation_of(simulations)
    n = int(index.max()) + 1
    require_simulations(n)
    without = np.stack([statistic(np.flatnonzero(index != left_out)) for left_out in range(n)])
    return Replicates(statistic(np.arange(len(index))), without)


def interval_of(numbers: Replicates, *, level: float = LEVEL) -> Interval:
    """Return the jackknife interval of numbers (...): Student's t of the standard error to either side."""
    reach = student(len(numbers.without), level) * np.sqrt(np.square(numbers.changes).sum(0))
    return Interval(numbers.value - reach, numbers.value + reach)


def explained(own: Replicates, other: Replicates, step: Replicates, *, level: float = LEVEL) -> Explained:
    """Return the share of the difference between two domains that a step takes away, and its interval.

    Parameters
    ----------
    own, other
        Of the model's own domain and of the one out of distribution, whose simulations are not those of the own.
    step
        Of the maps of the other domain, changed: the same simulations in the same order.
    level
        Share of samples whose interval should hold the true value, in (0, 1).

    Raises
    ------
    InputError
        If the step has not as many simulations as the other domain.

    Notes
    -----
    ``r = N / D`` with ``N = x_other - x_step`` and ``D = x_other - x_own``. Fieller's interval holds every r for which
    ``N - r D`` is no further from 0 than Student's t, of the smaller sample, times its standard error; variances and
    covariance of N and D are those of the jackknife, by simulation, in which a step moves with the domain it was made
    from. It has two ends exactly where the interval of D, so made, does not hold 0: elsewhere the domains do not differ
    clearly, any share is possible, and all is NaN.
    """
    if len(step.without) != len(other.without):
        raise InputError(f"A step of {len(step.without)} simulations is no change of a domain of {len(other.without)}.")
    reach = student(min(len(own.without), len(other.without)), level)
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
    return Explained(share, Interval(low, high))

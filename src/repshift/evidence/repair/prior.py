"""Whether a repair needs the target to have the prior of the model's own suite."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import Interval
from repshift.vocabulary import CRITICAL_FALL

NEEDED, NOT_NEEDED, NOT_KNOWN = "yes", "no", "not known"

LARGEST_LOSS: Final = CRITICAL_FALL
"""Loss of the score that a repair without the prior may have and still does not need it."""


def needs_same_prior(difference: float, low: float, high: float) -> str:
    """Return in a word whether a repair needs the prior, from what it loses without.

    Parameters
    ----------
    difference
        Score on the whole range of the target of a repair tuned on the lower half of a parameter, less that of one
        tuned on as many simulations at random.
    low, high
        Ends of its interval.

    Returns
    -------
    "no" where the interval holds no loss of `LARGEST_LOSS` or more; else "yes" where it holds losses alone; else "not
    known", also where a number is not known.
    """
    if not np.isfinite([difference, low, high]).all():
        return NOT_KNOWN
    if low > -LARGEST_LOSS:
        return NOT_NEEDED
    return NEEDED if high < 0 else NOT_KNOWN


def words_of_prior(differences: npt.NDArray[np.float64], interval: Interval) -> list[str]:
    """Return `needs_same_prior` of each of several differences, (n,)."""
    return [needs_same_prior(*one) for one in zip(differences, interval.low, interval.high, strict=True)]

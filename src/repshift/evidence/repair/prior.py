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
    """Return in a word whether each of several repairs needs the prior, by `needs_same_prior` of all that is scored.

    Parameters
    ----------
    differences
        (n_repairs, n_parameters).
    interval
        Their ends, of the same shape.

    Returns
    -------
    "yes" where any parameter needs the prior, else "not known" where that is not known of any, else "no".
    """
    found = []
    for rows in zip(differences, interval.low, interval.high, strict=True):
        words = {needs_same_prior(*one) for one in zip(*rows, strict=True)}
        found.append(next(word for word in (NEEDED, NOT_KNOWN, NOT_NEEDED) if word in words))
    return found

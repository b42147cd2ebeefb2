"""Whether a repair needs the target to have the prior of the model's own suite.

A repair is made again from simulations of another prior, and from as many of the target's own. What that changes hangs
on which simulations judge and on which ones tuned: the interval holds both.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.repair.judgement import Resampled
from repshift.statistics.resampling import LEVEL, Interval, student
from repshift.vocabulary import CRITICAL_FALL

Values = npt.NDArray[np.float64]

NEEDED, NOT_NEEDED, NOT_KNOWN = "yes", "no", "not known"

LARGEST_LOSS: Final = CRITICAL_FALL
"""Loss of the score that a repair without the prior may have and still does not need it."""

COVERS: Final = (
    "a bootstrap of the simulations that judge and, in quadrature, Student's t over the splits, whose simulations "
    "tune; splits share simulations, so that the scatter between them is a lower bound"
)
"""What the intervals of these differences hold."""


def difference_over_splits(
    scores: Resampled, pairs: Sequence[tuple[int, int]], splits: Sequence[int]
) -> tuple[Values, Interval]:
    r"""Return the mean over pairs of runs of the first less the second, and an interval that holds the splits.

    Parameters
    ----------
    scores
        Of runs.
    pairs
        Places of the runs.
    splits
        The split of each pair.

    Returns
    -------
    (judged_on, parameters); without an end where there is one split alone, for then nobody knows what other simulations
    that tune would do.

    Notes
    -----
    Of n splits whose mean differences have the mean :math:`d` and the standard deviation :math:`s`, and a bootstrap of
    the judging simulations with the ends :math:`b`, the ends are

    .. math:: d \pm \sqrt{(b - d)^2 + t_{n-1}^2 s^2 / n}.

    The bootstrap holds the networks as they are, the splits hold other simulations that tune. Part of what splits
    differ by is which simulations judge, which widens the interval; but they draw from the same simulations, so that s
    is too small for simulations that nobody has seen.
    """
    value, resampled = scores.difference(pairs)
    places = np.unique(np.asarray(splits), return_inverse=True)[1]
    n = int(places.max()) + 1
    if n < 2:
        unknown = np.full_like(value, np.nan)
        return value, Interval(unknown, unknown)
    of_split = [[pair for pair, place in zip(pairs, places, strict=True) if place == one] for one in range(n)]
    each = np.stack([scores.difference(held)[0] for held in of_split])
    reach = student(n, LEVEL) * each.std(0, ddof=1) / np.sqrt(n)
    below, above = (np.hypot(end - value, reach) for end in (resampled.low, resampled.high))
    return value, Interval(value - below, value + above)


def needs_same_prior(difference: float, low: float, high: float) -> str:
    """Return in a word whether a repair needs the prior, from what it loses without.

    Parameters
    ----------
    difference
        Score on the whole range of the target of a repair tuned on another prior, less that of one tuned on as many
        simulations of the target's own.
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


def word_of_tests(words: Iterable[str]) -> str:
    """Return the word of several tests: "yes" of any is enough, "no" must be that of all, and of one at least."""
    found = set(words)
    if NEEDED in found:
        return NEEDED
    return NOT_NEEDED if found == {NOT_NEEDED} else NOT_KNOWN

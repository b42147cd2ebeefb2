"""What a null says about a map of attribution, in words."""

from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

FAITHFUL: Final = "faithful beyond random"
INDISTINCT: Final = "not distinguishable from random"
WORSE: Final = "worse than random"
UNKNOWN: Final = "unknown: too few simulations"

BEYOND_INPUT: Final = "beyond the input"
LIKE_INPUT: Final = "not distinguishable from the input"
BELOW_INPUT: Final = "worse than the input"


def verdicts(low: Values, high: Values) -> npt.NDArray[np.object_]:
    """Return what the ends of gains over random order say, of their shape."""
    return _said(low, high, (FAITHFUL, INDISTINCT, WORSE))


def verdicts_over_input(low: Values, high: Values) -> npt.NDArray[np.object_]:
    """Return what the ends of gains less the size of the input's own gain say, of their shape."""
    return _said(low, high, (BEYOND_INPUT, LIKE_INPUT, BELOW_INPUT))


def _said(low: Values, high: Values, words: tuple[str, str, str]) -> npt.NDArray[np.object_]:
    """Return words for intervals above 0, with 0 in them, and below it."""
    found = np.full(np.shape(low), words[1], dtype=object)
    found[np.asarray(low) > 0], found[np.asarray(high) < 0] = words[0], words[2]
    found[np.isnan(low) | np.isnan(high)] = UNKNOWN
    return found

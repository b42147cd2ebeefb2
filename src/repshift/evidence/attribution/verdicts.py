"""What a null says about a map of attribution, in words."""

from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

FAITHFUL: Final = "faithful beyond random"
INDISTINCT: Final = "not distinguishable from random"
WORSE: Final = "worse than random"
UNKNOWN: Final = "unknown: too few simulations"


def verdicts(low: Values, high: Values) -> npt.NDArray[np.object_]:
    """Return what the ends of gains over random order say, of their shape."""
    found = np.full(np.shape(low), INDISTINCT, dtype=object)
    found[np.asarray(low) > 0], found[np.asarray(high) < 0] = FAITHFUL, WORSE
    found[np.isnan(low) | np.isnan(high)] = UNKNOWN
    return found

"""Whether layers can go, from the interval of the score that this loses."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import CRITICAL_FALL

CAN_GO, CANNOT_GO, NOT_KNOWN, NOT_POSSIBLE = "yes", "no", "not known", "not possible"

LARGEST_LOSS: Final = CRITICAL_FALL
"""Loss of the score that layers which can go may cost."""


def can_go(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """Return in a word whether layers can go, from the ends of the interval of the score lost.

    Parameters
    ----------
    low, high
        Ends, of one shape; NaN where the layers cannot be replaced in this way.

    Returns
    -------
    Of their shape: "yes" where the interval holds no loss of `LARGEST_LOSS` or more; else "no" where it holds losses
    alone; else "not known"; "not possible" where there is none.
    """
    found = np.full(np.shape(low), NOT_KNOWN, dtype=object)
    found[np.asarray(low) > 0] = CANNOT_GO
    found[np.asarray(high) < LARGEST_LOSS] = CAN_GO
    found[np.isnan(low) | np.isnan(high)] = NOT_POSSIBLE
    return found

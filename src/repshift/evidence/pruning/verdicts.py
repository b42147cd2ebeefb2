"""Whether layers can go, from the interval of the score that this loses."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import CRITICAL_FALL

Values = npt.NDArray[np.float64]

CAN_GO, CANNOT_GO, NOT_KNOWN = "yes", "no", "not known"
NOT_POSSIBLE: Final = "not possible"
NOTHING_TO_LOSE: Final = "nothing to lose"

AS_IT_IS: Final = "the network as it is"
CONTROL: Final = "the control"
"""Networks that a loss is measured from."""

LARGEST_LOSS: Final = CRITICAL_FALL
"""Loss of the score that layers which can go may cost."""


def can_go(low: Values, high: Values, *, reference_low: Values, guess: float | None) -> npt.NDArray[np.object_]:
    """Return in a word whether layers can go, from the ends of the interval of the score lost.

    Parameters
    ----------
    low, high
        Ends, of one shape; NaN where the layers cannot be replaced in this way.
    reference_low
        Lower end of the score that is lost from, of a shape that fits.
    guess
        Score of a guess of the mean, 0 of R^2; None: not known.

    Returns
    -------
    Of their shape: "yes" where the interval holds no loss of `LARGEST_LOSS` or more; else "no" where it holds losses
    alone; else "not known"; "not possible" where there is none; "nothing to lose" where the network was not seen to be
    better than a guess before.
    """
    found = np.full(np.shape(low), NOT_KNOWN, dtype=object)
    found[np.asarray(low) > 0] = CANNOT_GO
    found[np.asarray(high) < LARGEST_LOSS] = CAN_GO
    if guess is not None:
        found[np.broadcast_to(~(np.asarray(reference_low) > guess), found.shape)] = NOTHING_TO_LOSE
    found[np.isnan(low) | np.isnan(high)] = NOT_POSSIBLE
    return found

"""Which values are outlying, by a score that the outliers themselves do not move.

References
----------
Iglewicz & Hoaglin 1993, "How to Detect and Handle Outliers", ASQC Basic References in Quality Control 16, section 3.4:
the modified z-score and its threshold.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

THRESHOLD: Final = 3.5
"""Modified z-score above which a value is called outlying."""

_MAD: Final = 0.6745
_MEAN_DEVIATION: Final = float(np.sqrt(2 / np.pi))
_SMALLEST: Final = float(np.finfo(np.float64).tiny)


def modified_z_scores(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    r"""Return how far values are from their median, in units of a standard deviation that outliers do not raise.

    Parameters
    ----------
    values
        (n,), in any unit.

    Returns
    -------
    (n,), dimensionless; of normal values, a normal number of variance 1.

    Notes
    -----
    .. math:: z_i = 0.6745 \, \frac{x_i - \mathrm{median}(x)}{\mathrm{median} |x - \mathrm{median}(x)|}

    Where more than half of the values are equal, the denominator is zero. The mean absolute deviation, with the factor
    :math:`\sqrt{2 / \pi}`, replaces it. Where all are equal, no value is outlying.

    Examples
    --------
    >>> modified_z_scores(np.array([1.0, 2.0, 3.0, 4.0, 50.0])).round(2)
    array([-1.35, -0.67,  0.  ,  0.67, 31.7 ])
    """
    deviations = values - np.median(values)
    median, mean = np.median(np.abs(deviations)), np.abs(deviations).mean()
    if median > 0:
        return np.asarray(_MAD * deviations / median)
    return np.asarray(_MEAN_DEVIATION * deviations / mean if mean > 0 else deviations)


def share_scores(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the modified z-scores of the logarithm of shares (n,), each 0 or more.

    Shares are skewed, their logarithms much less, so that the threshold names few where none is outlying. One that is 0
    counts as the smallest number there is.
    """
    return modified_z_scores(np.log(np.maximum(shares, _SMALLEST)))

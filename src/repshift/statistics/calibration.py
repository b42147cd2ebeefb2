"""Whether predicted standard deviations are as large as the errors: probability integral transform and coverage.

References
----------
Dawid 1984, "Statistical Theory: The Prequential Approach", JRSS A 147, 278 (probability integral transform).
Gneiting, Balabdaoui & Raftery 2007, "Probabilistic forecasts, calibration and sharpness", JRSS B 69, 243.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

BINS: Final = 10
"""Bins of the probability integral transform."""


def integral_transform(truth: Values, mean: Values, std: Values) -> Values:
    r"""Return the share of each predicted normal distribution that lies below the truth.

    Parameters
    ----------
    truth, mean, std
        Of one shape, in one unit; a standard deviation of 0 is a distribution of one value.

    Returns
    -------
    Of the same shape, in [0, 1]: even between them where the predictions are calibrated.

    Notes
    -----
    With the truth :math:`t`, the predicted mean :math:`\mu` and standard deviation :math:`\sigma`,

    .. math:: u = \Phi\left( \frac{t - \mu}{\sigma} \right).
    """
    from scipy import special  # what only reads a file of trust need not load it

    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(truth == mean, 0.0, (truth - mean) / std)
    return np.asarray(special.ndtr(distance))


def transform_bins(transform: Values) -> Values:
    """Return in which of `BINS` bins of equal width each number in [0, 1] lies, (..., BINS) of 0 and 1."""
    place = np.clip((transform * BINS).astype(np.int64), 0, BINS - 1)
    return np.asarray(place[..., None] == np.arange(BINS), dtype=np.float64)


def within_intervals(transform: Values, levels: Sequence[float]) -> Values:
    r"""Return whether the truth lies in the central interval of each level, (..., levels) of 0 and 1.

    `transform` is of `integral_transform`, (...): the truth is in the interval of level :math:`L` where

    .. math:: |2 u - 1| \le L.
    """
    return np.asarray(np.abs(2 * transform - 1)[..., None] <= np.asarray(levels), dtype=np.float64)


def coverage_error(coverage: Values, levels: Sequence[float]) -> Values:
    r"""Return the mean absolute difference of coverages (..., levels) and their levels, (...): 0 where calibrated.

    .. math:: \frac{1}{n} \sum_{i = 1}^{n} |c_i - L_i|
    """
    return np.asarray(np.abs(coverage - np.asarray(levels)).mean(-1))

"""What an instrument does to maps: noise, and the beam of a telescope."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

_FWHM: Final = 2 * np.sqrt(2 * np.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""

_REACH: Final = 6.0
"""Standard deviations after which the Gaussian ends."""


def noisy(values: npt.NDArray[np.float64], *, std: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return values with Gaussian noise of standard deviation `std` added, in the unit of the values.

    Drawn in the order of the values: pieces one after the other get what they would get all at once.
    """
    return values + std * rng.standard_normal(values.shape)


def beamed(maps: npt.NDArray[np.floating], *, fwhm: float) -> npt.NDArray[np.float64]:
    """Return periodic maps (n_maps, size, size) seen with a Gaussian beam of full width at half maximum `fwhm`, pixels.

    Notes
    -----
    In real space, so that what is positive stays so; the mean of each map stays.
    """
    width = fwhm / _FWHM
    return np.asarray(gaussian_filter(maps, (0.0, width, width), mode="wrap", truncate=_REACH, output=np.float64))

"""The beam of a telescope."""

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.perturbation.change import Change, Pieces, Shift, Values

FWHM: Final = 2 * np.sqrt(2 * np.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""

_REACH: Final = 6.0
"""Standard deviations after which the Gaussian ends."""


def beamed(maps: npt.NDArray[np.floating], *, fwhm: float, is_periodic: bool = True) -> Values:
    """Return maps (..., y, x) seen with a Gaussian beam of full width at half maximum `fwhm`, pixels.

    Maps that are not periodic go on as their mirror image, so that what leaves them enters them too.

    Notes
    -----
    The Gaussian is integrated over pixels: along an axis, a pixel at distance k has the weight

    .. math:: w_k = (erf((k + 1/2) / (sqrt(2) s)) - erf((k - 1/2) / (sqrt(2) s))) / 2,

    with s the standard deviation in pixels. Sampled at the centres of pixels instead, a beam narrower than a pixel does
    nothing. In real space, so that what is positive stays so; the mean of each map stays.
    """
    # here, for the configuration reads no more than the declaration
    from scipy.ndimage import convolve1d

    weights = gaussian_weights(fwhm / FWHM)
    mode: Literal["wrap", "reflect"] = "wrap" if is_periodic else "reflect"
    smoothed = convolve1d(np.asarray(maps, dtype=np.float64), weights, axis=-1, mode=mode)
    return np.asarray(convolve1d(smoothed, weights, axis=-2, mode=mode))


def gaussian_weights(width: float) -> npt.NDArray[np.float64]:
    """Return the weights of pixels along an axis, (2 reach + 1,), for a standard deviation [pixels]; they sum to 1."""
    from scipy.special import erf

    reach = int(np.ceil(_REACH * width + 0.5))
    ends = erf((np.arange(-reach, reach + 2) - 0.5) / (np.sqrt(2) * width))
    weights = np.diff(ends)
    return np.asarray(weights / weights.sum())


def with_beam(pieces: Pieces, fwhm: float) -> Iterator[Values]:
    """Yield the maps seen with a beam, as `beamed`."""
    for maps in pieces():
        yield beamed(maps, fwhm=fwhm)


BEAM: Final = Change(
    name="beam",
    description="Full width at half maximum [pixels] of a periodic Gaussian that smooths the maps themselves.",
    shift=Shift("beam", "a beam", "^"),
    function=with_beam,
    units="pixel",
    maximum=128,
    on_logarithm=False,
)

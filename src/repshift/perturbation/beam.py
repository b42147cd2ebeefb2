"""The beam of a telescope."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.perturbation.change import Change, Pieces, Shift, Values

_FWHM: Final = 2 * np.sqrt(2 * np.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""

_REACH: Final = 6.0
"""Standard deviations after which the Gaussian ends."""


def beamed(maps: npt.NDArray[np.floating], *, fwhm: float) -> Values:
    """Return periodic maps (n_maps, size, size) seen with a Gaussian beam of full width at half maximum `fwhm`, pixels.

    Notes
    -----
    In real space, so that what is positive stays so; the mean of each map stays.
    """
    # here, for the configuration reads no more than the declaration
    from scipy.ndimage import gaussian_filter

    width = fwhm / _FWHM
    return np.asarray(gaussian_filter(maps, (0.0, width, width), mode="wrap", truncate=_REACH, output=np.float64))


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

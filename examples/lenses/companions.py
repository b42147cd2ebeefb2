"""Blue galaxies beside the red one, in every cut-out: without them a finder could learn that blue light is a lens.

A cut-out has none to three of them, each with a chance of one half. Their number falls with the distance as that of the
satellites of luminous red galaxies, which is nearly isothermal (Watson et al. 2010, ApJ 709, 115, arXiv 0908.3678): the
same number in each ring of equal width. They are as bright as the lensed images of the lenses that Collett 2015 expects
in DES, and have the colours and shapes of the sources: `lenses.sky` says where these are from.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from skies.sersic import sersic_transform
from skies.stamp import Stamp, shift_transform

Floats = npt.NDArray[np.float64]

N_COMPANIONS = 3
N_NUMBERS = 9
"""Random numbers of a companion."""

RANGES = {
    "distance": (1.0, 8.0),
    "direction": (0.0, 2 * np.pi),
    "magnitude": (20.4, 22.9),
    "g_r": (-0.3, 0.9),
    "r_i": (-0.2, 0.75),
    "radius": (0.2, 0.8),
    "axis_ratio": (0.35, 0.9),
    "angle": (0.0, np.pi),
}
"""Of the numbers that a companion has, evenly drawn: in arcsec, radians, i magnitudes, magnitudes of a colour."""


class Companion(NamedTuple):
    """A disk galaxy beside the one in the centre, in the units of `RANGES`: where it is, its light, its shape."""

    distance: float
    direction: float
    magnitude: float
    g_r: float
    r_i: float
    radius: float
    axis_ratio: float
    angle: float


def draw_companions(uniform: Floats) -> list[Companion]:
    """Return the companions of a cut-out, by numbers (N_COMPANIONS, N_NUMBERS) from 0 to 1."""
    low, high = np.transpose(list(RANGES.values()))
    drawn = low + uniform[:, 1:] * (high - low)
    return [Companion(*map(float, row)) for row, is_there in zip(drawn, uniform[:, 0] < 0.5, strict=True) if is_there]


def companion_transform(stamp: Stamp, companion: Companion) -> npt.NDArray[np.complex128]:
    """Return the transform of a companion of unit flux, on the grid of the stamp."""
    x, y = (companion.distance * function(companion.direction) for function in (np.cos, np.sin))
    shape = {"radius": companion.radius, "axis_ratio": companion.axis_ratio, "angle": companion.angle}
    return np.asarray(sersic_transform(stamp, 1.0, **shape) * shift_transform(stamp, x, y))

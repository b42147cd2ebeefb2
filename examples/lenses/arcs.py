r"""The arcs of a lensed galaxy: its surface brightness where each line of sight meets the source plane.

Lensing keeps surface brightness, so the image at a point of the sky is as bright as the source at the point that the
lens equation gives. An arc is brighter than its source only because it is larger.

.. math:: I(\theta) = I_\mathrm{source}(\theta - \alpha(\theta))
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from skies.sersic import half_light_constant
from skies.stamp import Stamp

from lenses.sie import Ellipsoid, deflection, rotate, shoot

Floats = npt.NDArray[np.float64]

SAMPLES = 3
"""Rays along a side of a pixel of the stamp's fine grid."""


class Source(NamedTuple):
    """An exponential disk in the source plane: its centre [arcsec], major semi-axis of half the light, shape, angle."""

    x: float
    y: float
    radius: float
    axis_ratio: float = 1.0
    angle: float = 0.0


def surface_brightness(source: Source, x: Floats, y: Floats) -> Floats:
    """Return the brightness [arcsec^-2] at points (x, y) [arcsec] of the source plane; its integral is 1."""
    major, minor = rotate(x - source.x, y - source.y, -source.angle)
    constant = half_light_constant(1.0)
    central = constant**2 / (2 * np.pi * source.axis_ratio * source.radius**2)
    return np.asarray(central * np.exp(-constant / source.radius * np.hypot(major, minor / source.axis_ratio)))


def arcs(stamp: Stamp, source: Source, lens: Ellipsoid) -> Floats:
    """Return the flux of the lensed source in the pixels of the stamp's fine grid, for a source of unit flux.

    The mean over the rays of a pixel stands for it. Rays are shot where the source may be: its light beyond six radii
    of half the light, 5e-4 of it, is left out.

    Parameters
    ----------
    stamp
        The image and its grid.
    source
        The galaxy behind the lens.
    lens
        The deflector, at the centre of the stamp.

    Returns
    -------
    (size * oversampling, size * oversampling), to be given to `Stamp.transform`. Its sum is the magnification, less
    what lies outside of the stamp.
    """
    number = stamp.size * stamp.oversampling
    step = stamp.pixel_scale / stamp.oversampling
    reach = largest_deflection(lens) + np.hypot(source.x, source.y) + 6 * source.radius
    half = min(number // 2, int(np.ceil(reach / step)))
    axis = (np.arange(2 * half * SAMPLES) - (2 * half * SAMPLES - 1) / 2) * (step / SAMPLES)
    x, y = np.meshgrid(axis, axis)
    rays = surface_brightness(source, *shoot(lens, x, y)) * (step / SAMPLES) ** 2
    image = np.zeros((number, number))
    window = slice(number // 2 - half, number // 2 + half)
    image[window, window] = rays.reshape(2 * half, SAMPLES, 2 * half, SAMPLES).sum(axis=(1, 3))
    return image


def largest_deflection(lens: Ellipsoid) -> float:
    """Return the largest angle [arcsec] by which the lens deflects: that of light on its minor axis."""
    across = deflection(lens._replace(angle=0.0), np.zeros(1), np.ones(1))
    return float(np.hypot(*across)[0])

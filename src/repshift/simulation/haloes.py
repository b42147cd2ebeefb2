"""Haloes: peaks of the smoothed density, taken as isothermal spheres."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from repshift.simulation.cosmology import Cosmology
from repshift.simulation.mesh import Mesh, to_mesh, to_spectrum
from repshift.simulation.smoothing import top_hat

_SMALLEST_RADIUS = 0.5
_RADIUS_CELLS = 1.28
_THRESHOLD = 40.0
_VIRIAL_OVERDENSITY = 200.0


@dataclass(frozen=True)
class Haloes:
    """Haloes of a box, each array (n_haloes,)."""

    cell: npt.NDArray[np.int64]
    """Flat index of the mesh point at the centre."""
    mass: npt.NDArray[np.float64]
    """M_200, Msun/h: within 200 times the mean matter density."""
    radius: npt.NDArray[np.float64]
    """r_200, Mpc/h."""


def find_haloes(matter: Mesh, cosmology: Cosmology, *, box: float) -> Haloes:
    """Find the maxima, among 27 cells, of the density in balls of radius R = max(0.5 Mpc/h, 1.28 cells).

    Parameters
    ----------
    matter
        (size, size, size), density in units of its mean.
    cosmology
        Its mean density gives the masses.
    box
        Mpc/h.

    Notes
    -----
    The threshold 40 (0.5 / R)^1.5 is lower in larger balls, which dilute the same halo. In an isothermal sphere M(<r)
    grows as r, so with the overdensity Delta inside R: r_200 = R (Delta / 200)^(1/2) and M_200 = M_R (Delta /
    200)^(1/2).
    """
    size = matter.shape[0]
    radius = max(_SMALLEST_RADIUS, _RADIUS_CELLS * box / size)
    inside = to_mesh(to_spectrum(top_hat(radius, size=size, box=box)) * to_spectrum(matter), size)
    peaks = inside == ndimage.maximum_filter(inside, size=3, mode="wrap")
    cell = np.flatnonzero(peaks & (inside > _THRESHOLD * (_SMALLEST_RADIUS / radius) ** 1.5))
    overdensity = inside.ravel()[cell]
    stretch = np.sqrt(overdensity / _VIRIAL_OVERDENSITY)
    volume = 4.0 / 3.0 * np.pi * radius**3
    return Haloes(cell, cosmology.mean_density * volume * overdensity * stretch, radius * stretch)

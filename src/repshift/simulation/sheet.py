"""The Lagrangian sheet: density and streams of matter without the lattice of the particles.

Displacement and velocity are functions on the Lagrangian lattice; between lattice points they are interpolated, and the
finer lattice is deposited. That removes the lattice from voids, where particles are further apart than cells.

References
----------
Abel, Hahn & Kaehler 2012, MNRAS 427, 61.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.simulation.clouds import deposit_values
from repshift.simulation.gravity import Particles
from repshift.simulation.mesh import Mesh


@dataclass(frozen=True)
class Moments:
    """Velocity moments of matter on the mesh."""

    density: Mesh
    """(size, size, size), in units of its mean."""
    momentum: npt.NDArray[np.float64]
    """(3, size, size, size), density times velocity, km/s."""
    square: Mesh
    """(size, size, size), density times squared velocity, (km/s)^2."""


def moments(displacement: Particles, velocity: Particles, *, box: float, planes: int | None = None) -> Moments:
    """Velocity moments of the sheet refined twofold.

    Parameters
    ----------
    displacement, velocity
        (3, size, size, size), Mpc/h and km/s, on the lattice of mesh points.
    box
        Mpc/h.
    planes
        Lagrangian planes deposited at once: bounds the memory to 8 size^2 points a plane, and changes no more than the
        order of a sum. Default: few.
    """
    size = displacement.shape[-1]
    step = planes or max(1, size // 128)
    total = np.zeros((5, size, size, size))
    for first in range(0, size, step):
        last = min(first + step, size)
        positions = refined_positions(displacement, box, first=first, last=last)
        streams = refine(velocity, first=first, last=last).reshape(3, -1)
        carried = np.stack([np.ones_like(streams[0]), *streams, np.sum(streams**2, axis=0)])
        total += deposit_values(positions, carried, size=size)
    total /= 8.0
    return Moments(total[0], total[1:4], total[4])


def refined_positions(displacement: Particles, box: float, *, first: int, last: int) -> Particles:
    """Positions of the refined sheet from plane `first` up to `last`, in cells, (3, 8 (last - first) size^2)."""
    size = displacement.shape[-1]
    positions = refine(displacement, first=first, last=last) * np.float32(size / box)
    along, across = (np.arange(start, end, 0.5, dtype=np.float32) for start, end in ((first, last), (0, size)))
    positions += np.stack(np.meshgrid(along, across, across, indexing="ij"))
    return positions.reshape(3, -1)


def refine(values: Particles, *, first: int, last: int) -> Particles:
    """Interpolate (3, size, size, size) trilinearly to half the spacing, from plane `first` up to `last` along x."""
    slab = np.take(values, range(first, last + 1), axis=1, mode="wrap")
    return _halve_spacing(_close(_halve_spacing(_close(_halve_spacing(slab, 1), 2), 2), 3), 3)


def _close(values: Particles, axis: int) -> Particles:
    """Repeat the first plane after the last: the box is periodic."""
    return np.concatenate([values, np.take(values, [0], axis=axis)], axis=axis)


def _halve_spacing(values: Particles, axis: int) -> Particles:
    """Interpolate n + 1 planes linearly to 2 n, the last plane left out."""
    values = np.moveaxis(values, axis, 0)
    middle = np.float32(0.5) * (values[:-1] + values[1:])
    fine = np.stack([values[:-1], middle], axis=1).reshape(-1, *values.shape[1:])
    return np.moveaxis(fine, 0, axis)

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


def moments(
    displacement: Particles, velocity: Particles, *, box: float, cells: int | None = None, planes: int | None = None
) -> Moments:
    """Velocity moments of the sheet refined twofold, or as often as it takes to have a point for every cell.

    Parameters
    ----------
    displacement, velocity
        (3, particles, particles, particles), Mpc/h and km/s, on a lattice whose points are mesh points.
    box
        Mpc/h.
    cells
        Cells of the mesh along one side, `particles` times a power of two. Default: `particles`.
    planes
        Lagrangian planes deposited at once: bounds the memory to 8 size^2 points a plane, and changes no more than the
        order of a sum. Default: few.

    Returns
    -------
        Moments on the mesh of `cells` a side, the mean density 1.

    Notes
    -----
    With `cells` as many as `particles` there are 8 points a cell, else one, which leaves the lattice of the points in
    voids, where they are further apart than cells. The mean of a few cells is right.
    """
    cells = cells or displacement.shape[-1]
    while 2 * displacement.shape[-1] < cells:
        displacement, velocity = (refine(values, first=0, last=values.shape[-1]) for values in (displacement, velocity))
    size = displacement.shape[-1]
    step = planes or max(1, cells // 128)
    total = np.zeros((5, cells, cells, cells))
    for first in range(0, size, step):
        last = min(first + step, size)
        positions = refined_positions(displacement, box, first=first, last=last, cells=cells)
        streams = refine(velocity, first=first, last=last).reshape(3, -1)
        carried = np.stack([np.ones_like(streams[0]), *streams, np.sum(streams**2, axis=0)])
        total += deposit_values(positions, carried, size=cells)
    total /= (2.0 * size / cells) ** 3
    return Moments(total[0], total[1:4], total[4])


def refined_positions(
    displacement: Particles, box: float, *, first: int, last: int, cells: int | None = None
) -> Particles:
    """Positions of the refined sheet from plane `first` up to `last`, in cells, (3, 8 (last - first) size^2).

    The mesh has `cells` a side, a multiple of the lattice's; None: as many.
    """
    size = displacement.shape[-1]
    spacing = (cells or size) // size
    positions = refine(displacement, first=first, last=last) * np.float32(spacing * size / box)
    along, across = (
        np.arange(start * spacing, end * spacing, 0.5 * spacing, dtype=np.float32)
        for start, end in ((first, last), (0, size))
    )
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

"""Kernels sampled in real space, periodic and of unit sum: a Gaussian and balls with a hard and a soft edge.

A kernel cut off in Fourier space rings around haloes and turns densities negative; these do neither. Lengths in Mpc/h.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from repshift.simulation.mesh import Mesh

_GAUSSIAN_REACH = 6.0
"""Deviations after which the Gaussian ends: far enough that no void is out of reach of every particle."""


def smooth(mesh: npt.NDArray[np.floating], radius: float, box: float) -> Mesh:
    """Smooth a periodic mesh (size, size, size) with a Gaussian of deviation `radius`, Mpc/h; the sum stays."""
    cells = radius * mesh.shape[0] / box
    return np.asarray(ndimage.gaussian_filter(mesh, cells, mode="wrap", truncate=_GAUSSIAN_REACH, output=np.float64))


def top_hat(radius: float, *, size: int, box: float) -> Mesh:
    """Ball of all mesh points within `radius` of mesh point (0, 0, 0), periodic, (size, size, size), of unit sum."""
    ball = (_distance(size, box) <= radius).astype(np.float64)
    return np.asarray(ball / ball.sum())


def soft_ball(radius: float, *, size: int, box: float) -> Mesh:
    """Ball about mesh point (0, 0, 0), periodic, (size, size, size), of unit sum.

    A cell at distance r weighs (radius - r) / cell + 1/2 within [0, 1], so that the edge is one cell soft and a ball
    smaller than a cell is one cell.
    """
    ball = np.clip((radius - _distance(size, box)) * (size / box) + 0.5, 0.0, 1.0)
    return np.asarray(ball / ball.sum())


def _distance(size: int, box: float) -> Mesh:
    """Periodic distance of each mesh point from mesh point (0, 0, 0), (size, size, size), Mpc/h."""
    index = np.arange(size)
    squared = (np.minimum(index, size - index) * (box / size)) ** 2
    return np.sqrt(squared[:, None, None] + squared[None, :, None] + squared[None, None, :])

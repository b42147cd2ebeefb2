"""Projection: a box seen along its three axes, in slabs a fifth of the box thick."""

import numpy as np
import numpy.typing as npt

from repshift.simulation.mesh import Mesh

N_SLABS = 5


def slab_weights(size: int) -> npt.NDArray[np.float64]:
    """Share of each cell's thickness inside each slab, (5, size): cells that a slab's face cuts count in part.

    Sums to 1 over the slabs.
    """
    faces = np.linspace(0.0, size, N_SLABS + 1)
    lower, upper = np.arange(size), np.arange(1, size + 1)
    inside = np.minimum(faces[1:, None], upper) - np.maximum(faces[:-1, None], lower)
    return np.asarray(np.clip(inside, 0.0, 1.0))


def project(mesh: Mesh) -> npt.NDArray[np.float64]:
    """Sum the cells of each slab along the line of sight: (size, size, size) to maps (15, size, size).

    The order is axis by axis, and within an axis slab by slab: map 5 axis + slab. A map keeps the other two axes in
    their order.
    """
    weights = slab_weights(mesh.shape[0])
    return np.concatenate(
        [np.einsum(sum_over, weights, mesh) for sum_over in ("sx,xyz->syz", "sy,xyz->sxz", "sz,xyz->sxy")]
    )

"""Cloud-in-cell: particles on a periodic mesh, and the mesh at the particles.

A particle is a cube of one cell; it shares what it carries among the 8 nearest mesh points by trilinear weights
(Hockney & Eastwood 1988, section 5-3). Interpolation uses the same weights as deposition, so that no particle pulls
itself. Particles are taken in chunks that fit the processor's cache, which is several times faster than all at once.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_CHUNK = 16384


def corners(positions: npt.NDArray[np.floating], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.floating]]:
    """Mesh points around each particle and the share of each.

    Parameters
    ----------
    positions
        (3, n_particles), in cells, any real number: the mesh is periodic. Mesh points lie at whole numbers.
    size
        Cells a side, a power of two.

    Returns
    -------
        Flat mesh indices (8, n_particles), and weights (8, n_particles) in [0, 1] that sum to 1 over the corners.
    """
    lower = np.floor(positions)
    upper_share = positions - lower
    share = np.stack([1 - upper_share, upper_share])
    index = lower.astype(np.int64)
    index = np.stack([index, index + 1]) & (size - 1)
    cells = (index[:, None, None, 0] * size + index[None, :, None, 1]) * size + index[None, None, :, 2]
    weights = share[:, None, None, 0] * share[None, :, None, 1] * share[None, None, :, 2]
    return cells.reshape(8, -1), weights.reshape(8, -1)


def deposit(positions: npt.NDArray[np.floating], size: int) -> npt.NDArray[np.float64]:
    """Count particles by their shares: (3, n_particles) in cells to (size, size, size), summing to n_particles."""
    count = deposit_values(positions, np.ones((1, positions.shape[1]), positions.dtype), size=size)
    return count.reshape(size, size, size)


def deposit_values(
    positions: npt.NDArray[np.floating], values: npt.NDArray[np.floating], *, size: int
) -> npt.NDArray[np.float64]:
    """Deposit what particles carry.

    Parameters
    ----------
    positions
        (3, n_particles), in cells, any real number.
    values
        (n_values, n_particles), any units.
    size
        Cells a side, a power of two.

    Returns
    -------
        (n_values, size, size, size), the sums those of `values`.
    """
    total = np.zeros((len(values), size**3))
    length = max(_CHUNK, size**3 // 16)  # on large meshes adding up costs more than missing the cache
    for chunk in _chunks(positions.shape[1], length=length):
        cells, weights = corners(positions[:, chunk], size)
        first = cells.min()
        cells = (cells - first).ravel()  # a chunk is a slab of the sheet: it reaches few of the mesh's planes
        for mesh, carried in zip(total, values[:, chunk], strict=True):
            counts = np.bincount(cells, (weights * carried).ravel())
            mesh[first : first + len(counts)] += counts
    return total.reshape(-1, size, size, size)


def interpolate(meshes: npt.NDArray[np.floating], positions: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Read meshes at particles: (n_meshes, size, size, size), (3, n_particles) in cells to (n_meshes, n_particles)."""
    size = meshes.shape[-1]
    flat = meshes.reshape(len(meshes), -1)
    values = np.empty((len(meshes), positions.shape[1]), meshes.dtype)
    for chunk in _chunks(positions.shape[1], length=_CHUNK):
        cells, weights = corners(positions[:, chunk], size)
        for mesh, read in zip(flat, values, strict=True):
            read[chunk] = np.einsum("cp,cp->p", weights, mesh[cells])
    return values


def _chunks(n_particles: int, *, length: int) -> Iterator[slice]:
    """Cut particles into slices of `length`."""
    return (slice(start, start + length) for start in range(0, n_particles, length))

"""How far pixels are from the nearest peak of their map."""

from functools import reduce
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.map_ranks import mid_ranks

Values = npt.NDArray[np.float64]

PEAK_RANK: Final = 0.99
"""A peak is a pixel above its eight neighbours and, by rank, above this share of the pixels of its map."""


def distance_edges(size: tuple[int, int]) -> tuple[float, ...]:
    """Return edges of distance [pixels] in maps of a size (y, x): 0, 1, 2, 4, ... up to half of the shorter side."""
    top = int(np.floor(np.log2(min(size) / 2)))
    return (0.0, *(2.0**power for power in range(top + 1)))


def distances_from_peaks(density: npt.NDArray[np.floating], *, periodic: bool) -> Values:
    """Return the distance [pixels] of each pixel of maps (map, y, x) from the nearest peak of its map.

    Infinite in a map without a peak. Of periodic maps the way over the edge counts too.
    """
    from scipy.spatial import KDTree  # what only reads the edges need not load it

    size = density.shape[1:]
    places = np.indices(size).reshape(2, -1).T.astype(np.float64)
    found = np.full((len(density), len(places)), np.inf)
    for row, of_map in zip(found, peaks(density, periodic=periodic), strict=True):
        if of_map.any():
            tree = KDTree(places[of_map.ravel()], boxsize=np.array(size) if periodic else None)
            row[:] = tree.query(places)[0]
    return found.reshape(density.shape)


def peaks(density: npt.NDArray[np.floating], *, periodic: bool) -> npt.NDArray[np.bool_]:
    """Return which pixels of maps (map, y, x) are peaks."""
    edges = [(0, 0), (1, 1), (1, 1)]
    around = np.pad(density, edges, mode="wrap") if periodic else np.pad(density, edges, constant_values=-np.inf)
    rows, columns = density.shape[1:]
    steps = [step for step in product(range(3), repeat=2) if step != (1, 1)]
    neighbours = (around[:, down : down + rows, right : right + columns] for down, right in steps)
    ranks = mid_ranks(density.reshape(len(density), -1)).reshape(density.shape)
    return np.asarray((density > reduce(np.maximum, neighbours)) & (ranks > PEAK_RANK))

"""How far pixels are from the nearest peak of their map."""

from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

PEAK_RANK: Final = 0.99
"""A peak is a pixel above its eight neighbours and, by rank, above this share of the pixels of its map."""


def distance_edges(size: tuple[int, int]) -> tuple[float, ...]:
    """Return edges of distance [pixels] in maps of a size (y, x): 0, 1, 2, 4, ... up to half of the shorter side."""
    top = int(np.floor(np.log2(min(size) / 2)))
    return (0.0, *(2.0**power for power in range(top + 1)))


def distances_from_peaks(density: npt.NDArray[np.floating], *, periodic: bool) -> Values:
    """Return the distance [pixels] of each pixel of maps (map, y, x) from the nearest peak; infinite without one."""
    raise NotImplementedError

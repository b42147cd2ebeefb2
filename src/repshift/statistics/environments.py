"""Environments: classes of the pixels of a map by the rank of their density, or of their value, within the map."""

from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

EDGES: Final = (0.0, 0.5, 0.8, 0.95, 0.99, 1.0)
"""Ranks between environments, as shares of the pixels of a map that are lower."""

ENVIRONMENTS: Final = ("lower half", "50-80 %", "80-95 %", "95-99 %", "top 1 %")
"""What they are called."""

FEWEST_PIXELS: Final = 10
"""Pixels of an environment in a map, on average, below which its share is that of a few pixels, and is not given."""


def environments(density: npt.NDArray[np.floating]) -> Classes:
    """Return the environment of each pixel of maps (map, y, x) or (map, pixel), from 0: of the lowest rank.

    Pixels of one value share the middle of their ranks, so they are in one environment.
    """
    raise NotImplementedError


def mid_ranks(values: npt.NDArray[np.floating]) -> Values:
    """Return ranks along the last axis, as shares in (0, 1); equal values share the middle of theirs."""
    raise NotImplementedError


def sums_by_class(values: npt.NDArray[np.floating], classes: Classes, *, n_classes: int) -> Values:
    """Return sums of values (..., map, y, x) over the pixels of each class of its map (map, y, x), (..., class, map)."""
    raise NotImplementedError

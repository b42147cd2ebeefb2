"""Environments: classes of the pixels of a map by the rank of their density, or of their value, within the map."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.map_ranks import mid_ranks

Values = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

EDGES: Final = (0.0, 0.5, 0.8, 0.95, 0.99, 1.0)
"""Ranks between environments, as shares of the pixels of a map that are lower."""

ENVIRONMENTS: Final = ("lower half", "50-80 %", "80-95 %", "95-99 %", "top 1 %")
"""What they are called."""

FEWEST_PIXELS: Final = 100
"""Pixels of all maps together below which the share of an environment is that of a few pixels, and is not given."""


def environments(density: npt.NDArray[np.floating]) -> Classes:
    """Return the environment of each pixel of maps (map, y, x), from 0, that of the lowest ranks.

    Pixels of one value share the middle of their ranks, so they are in one environment.
    """
    ranks = mid_ranks(density.reshape(len(density), -1)).reshape(density.shape)
    return np.asarray(np.searchsorted(EDGES[1:-1], ranks, side="right"), dtype=np.int64)


def sums_by_class(values: npt.NDArray[np.floating], classes: Classes, *, n_classes: int) -> Values:
    """Return sums of values over the pixels of each class of a map.

    Parameters
    ----------
    values
        (..., map, y, x).
    classes
        (map, y, x), from 0; a pixel of a class beyond `n_classes` counts nowhere.

    Returns
    -------
    (..., class, map).
    """
    lead, n_maps = values.shape[:-3], len(classes)
    found = np.empty((n_classes, n_maps, int(np.prod(lead))))
    for at, of_map in enumerate(classes.reshape(n_maps, -1)):
        pixels = values[..., at, :, :].reshape(-1, len(of_map))
        members = (of_map == np.arange(n_classes)[:, None]).astype(np.float64)
        found[:, at] = members @ pixels.astype(np.float64).T
    return np.moveaxis(found, -1, 0).reshape(*lead, n_classes, n_maps)


def pixels_by_class(classes: Classes, *, n_classes: int) -> Values:
    """Return how many pixels of each map (map, y, x) are of each class, (class, map)."""
    return sums_by_class(np.ones(classes.shape), classes, n_classes=n_classes)

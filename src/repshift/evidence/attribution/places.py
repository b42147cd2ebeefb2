"""Coordinates of a file of attributions: environments, scales, distances, and what goes along with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from repshift.statistics.environments import EDGES, ENVIRONMENTS
from repshift.statistics.scales import Scales
from repshift.vocabulary import about

_WAVES = "waves along the shorter side"


def words(values: Sequence[str]) -> Any:  # noqa: ANN401 - an array of text, of no length too
    """Return text as a coordinate."""
    return np.array(list(values), dtype=object) if values else np.array([], dtype="U1")


def ranks_of_pixels(dim: str) -> dict[str, Any]:
    """Return the coordinates of a dimension of classes by rank: names, and the shares of pixels that are lower."""
    return {
        dim: words(ENVIRONMENTS),
        f"{dim}_low": (dim, np.array(EDGES[:-1]), about("share of the pixels of a map that are lower: from")),
        f"{dim}_high": (dim, np.array(EDGES[1:]), about("share of the pixels of a map that are lower: to")),
    }


def scale_coordinates(scales: Scales, *, pixel: float | None, pixel_units: str) -> dict[str, Any]:
    """Return the coordinates of scales; their wavelength in a physical unit too where the side of a pixel is known."""
    found: dict[str, Any] = {
        "scale": ("scale", scales.middle, about("wavenumber; 0 is the mean of the map", _WAVES)),
        "scale_low": ("scale", scales.low, about("lowest wavenumber", _WAVES)),
        "scale_high": ("scale", scales.high, about("highest wavenumber, without corners", _WAVES)),
        "wavelength": ("scale", scales.wavelength, about("length of a wave", "pixel")),
    }
    if pixel is not None:
        lengths = scales.wavelength * pixel
        found["physical_wavelength"] = ("scale", lengths, about("length of a wave", pixel_units))
    return found


def distance_coordinates(edges: Sequence[float]) -> dict[str, Any]:
    """Return the coordinates of distances from the nearest peak between edges [pixels]."""
    low, high = np.array(edges[:-1], dtype=np.float64), np.array(edges[1:], dtype=np.float64)
    return {
        "distance": ("distance", (low + high) / 2, about("distance from the nearest peak", "pixel")),
        "distance_low": ("distance", low, about("distance from the nearest peak: from", "pixel")),
        "distance_high": ("distance", high, about("distance from the nearest peak: below", "pixel")),
    }

"""Coordinates of a file of attributions: environments, scales, distances, and what goes along with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from repshift.evidence.attribution.attributions import INPUT, RANDOM, AttributedMaps, AttributedShift
from repshift.evidence.attribution.map_sums import MapSums
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


def map_coordinates(found: AttributedMaps, sums: MapSums) -> dict[str, Any]:
    """Return the coordinates of the Dataset of a case."""
    coords: dict[str, Any] = {
        "simulation": ("map", np.asarray(found.simulations)),
        "output": words(found.outputs),
        "channel": words(found.channels),
        "method": words(found.methods),
        "method_label": ("method", words(found.method_labels)),
        "sensitivity": ("method", np.array(found.sensitivities, dtype=np.int8)),
        "method_other": words(found.methods),
        **ranks_of_pixels("environment"),
        **scale_coordinates(sums.scales, pixel=found.pixel, pixel_units=found.pixel_units),
        **distance_coordinates(sums.edges),
    }
    if found.faithfulness is not None:
        coords |= {"order": words([*found.methods, INPUT, RANDOM]), "fill": words(list(found.faithfulness.deletion))}
        coords["step"] = ("step", found.faithfulness.hidden, about("share of the blocks of pixels hidden, or put in"))
    if found.randomisation is not None:
        coords["depth"] = words(found.randomisation.depths)
    return coords


def shift_coordinates(found: AttributedShift, scales: Scales) -> dict[str, Any]:
    """Return the coordinates of the Dataset of a shift."""
    coords = {
        "simulation": ("map", np.asarray(found.simulations)),
        "output": words(found.outputs),
        "channel": words(found.channels),
        **ranks_of_pixels("environment"),
        **ranks_of_pixels("pixel_value"),
        **scale_coordinates(scales, pixel=found.pixel, pixel_units=found.pixel_units),
    }
    return coords | ({"layer": words(list(found.layers))} if found.layers else {})

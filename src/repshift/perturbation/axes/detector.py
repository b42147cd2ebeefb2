"""Axes of the detector: dead lines, hot pixels, cosmic rays, saturation."""

from typing import Final

import numpy as np

from repshift.perturbation.axes.axis import Argument, Axis
from repshift.perturbation.axes.masks import SHARE, filled, scattered
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values


def with_dead_lines(
    maps: Values, strength: float, *, sky: Sky, rng: np.random.Generator, direction: str, fill: str
) -> Values:
    """Return a map of which the share `strength` of its rows or columns, one at least, is dead."""
    axis = 0 if direction == "rows" else 1
    size = maps.shape[-2:][axis]
    mask = np.zeros(maps.shape[-2:], dtype=bool)
    lines = rng.permutation(size)[: max(1, round(strength * size))]
    mask[lines if axis == 0 else (slice(None), lines)] = True
    return filled(maps, mask, fill=fill, sky=sky)


def with_hot_pixels(maps: Values, strength: float, *, rng: np.random.Generator, brightness: float) -> Values:
    """Return a map of which the share `strength` of its pixels is `brightness` times as bright as its brightest."""
    return np.where(scattered(maps, strength, rng), _brightest(maps) * brightness, maps)


def with_cosmic_rays(
    maps: Values, strength: float, *, rng: np.random.Generator, brightness: float, length: float
) -> Values:
    """Return a map with the traces of `strength` cosmic rays, in all channels at the same places.

    Notes
    -----
    A trace starts anywhere, in any direction, with a length drawn from an exponential distribution of mean `length`,
    pixels. It adds `brightness` times the brightest pixel of the map to the pixels that it passes, and leaves the
    detector at its edge. Traces of few rays are among those of many.
    """
    n_y, n_x = maps.shape[-2:]
    start_y, start_x, turns, drawn = rng.random((int(strength), 4)).T[:, :, None]
    lengths = 1 - length * np.log1p(-drawn)
    steps = np.arange(0.0, lengths.max(), 0.5)
    rows = np.floor(start_y * n_y + np.sin(2 * np.pi * turns) * steps).astype(np.int64)
    columns = np.floor(start_x * n_x + np.cos(2 * np.pi * turns) * steps).astype(np.int64)
    passed = (steps < lengths) & (rows >= 0) & (rows < n_y) & (columns >= 0) & (columns < n_x)
    rays = np.arange(len(rows))[:, None] * n_y * n_x
    once = np.unique((rays + rows * n_x + columns)[passed])
    hits = np.bincount(once % (n_y * n_x), minlength=n_y * n_x).reshape(n_y, n_x)
    return maps + hits * _brightest(maps) * brightness


def _brightest(maps: Values) -> Values:
    """Return the brightest pixel of each map and channel, (n_maps, n_channels, 1, 1)."""
    return np.asarray(maps.max((-2, -1), keepdims=True))


def with_saturation(maps: Values, strength: float) -> Values:
    """Return maps of which the share `strength` of the pixels, one at least, saturates at the brightest other."""
    pixels = maps.reshape(*maps.shape[:2], -1)
    size = pixels.shape[-1]
    last = size - 1 - min(max(1, round(strength * size)), size - 1)
    level = np.partition(pixels, last, axis=-1)[..., last]
    return np.minimum(maps, level[..., None, None])


BRIGHTNESS: Final = Argument(1.0, "of each, in that of the map's brightest pixel", minimum=0.0, maximum=1e6)

DEAD_LINES: Final = Axis(
    name="dead_lines",
    label="dead lines",
    units="share of lines",
    description="Sets rows or columns at random places to 0.",
    function=with_dead_lines,
    strengths=(0.0, 0.01, 0.03, 0.06, 0.12, 0.25, 0.5),
    needs=frozenset({"rng", "sky"}),
    arguments={
        "direction": Argument("rows", "which lines die", choices=("rows", "columns")),
        "fill": Argument("zero", "what is put there: 0, the training mean, the map blurred", ("zero", "mean", "blur")),
    },
    maximum=1.0,
)

HOT_PIXELS: Final = Axis(
    name="hot_pixels",
    label="hot pixels",
    units=SHARE,
    description="Makes single pixels at random places as bright as the brightest.",
    function=with_hot_pixels,
    strengths=(0.0, 0.00025, 0.0005, 0.001, 0.003, 0.01, 0.03),
    needs=frozenset({"rng"}),
    arguments={"brightness": BRIGHTNESS},
    maximum=1.0,
)

COSMIC_RAYS: Final = Axis(
    name="cosmic_rays",
    label="cosmic rays",
    units="rays",
    description="Adds traces of cosmic rays as bright as the brightest pixel.",
    function=with_cosmic_rays,
    strengths=(0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0),
    needs=frozenset({"rng"}),
    arguments={
        "brightness": BRIGHTNESS,
        "length": Argument(6.0, "mean length of a trace, pixels", minimum=0.0, maximum=1000.0),
    },
    maximum=10000.0,
    is_whole=True,
)

SATURATION: Final = Axis(
    name="saturation",
    label="saturation",
    units=SHARE,
    description="Cuts the brightest pixels off at the brightest of the others.",
    function=with_saturation,
    strengths=(0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5),
    maximum=1.0,
)

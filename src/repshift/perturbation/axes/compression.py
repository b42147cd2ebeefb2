"""Axes of compression: coarser pixels, fewer bits, JPEG."""

from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.perturbation.axes.axis import PIXEL, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values

Images = npt.NDArray[np.uint8]

_BLOCK: Final = 8
_LONGEST: Final = 65500
"""Pixels of the side of a JPEG block, and of the longest side of a JPEG."""

BITS: Final = 16
"""Bits of which `with_quantisation` takes some away."""

BEST_QUALITY: Final = 100
"""Of a JPEG, from which `with_jpeg` takes its strength."""


def with_resolution(maps: Values, strength: float) -> Values:
    """Return maps whose blocks of `strength` pixels a side are their mean; blocks at the end may be smaller."""
    for axis in (-2, -1):
        starts = np.arange(0, maps.shape[axis], int(strength))
        counts = np.diff(starts, append=maps.shape[axis])
        sums = np.moveaxis(np.add.reduceat(maps, starts, axis=axis), axis, -1)
        maps = np.repeat(np.moveaxis(sums / counts, -1, axis), counts, axis=axis)
    return maps


def with_quantisation(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps of 16 - `strength` bits over the range of each map and channel, in what the network reads."""
    low, span, levels = _levels(sky.stretched(maps), 2 ** (BITS - int(strength)) - 1)
    return sky.unstretched(low + levels * span)


def with_jpeg(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps that were JPEGs of quality 100 - `strength`.

    Each map and channel is a grey image of 8 bits over its range, in what the network reads.
    """
    low, span, levels = _levels(sky.stretched(maps), 255)
    images = levels.astype(np.uint8).reshape(-1, *maps.shape[-2:])
    decoded = decompressed(images, quality=BEST_QUALITY - int(strength))
    return sky.unstretched(low + decoded.reshape(maps.shape) * span)


def decompressed(images: Images, *, quality: int) -> Images:
    """Return grey images (n_images, y, x) of 8 bits that were JPEGs each.

    Notes
    -----
    JPEG compresses blocks of 8 pixels a side, and repeats the last row and column to fill them. Images that are filled
    likewise and lie below each other in one JPEG are the same as in a JPEG each, in a fifth of the time.
    """
    n_y, n_x = images.shape[-2:]
    whole = np.pad(images, ((0, 0), (0, -n_y % _BLOCK), (0, -n_x % _BLOCK)), mode="edge")
    at_once = max(1, _LONGEST // whole.shape[1])
    found = [_jpeg(np.concatenate(whole[start : start + at_once]), quality) for start in range(0, len(whole), at_once)]
    return np.concatenate(found).reshape(whole.shape)[:, :n_y, :n_x]


def _levels(values: Values, steps: int) -> tuple[Values, Values, Values]:
    """Return the least pixel of each map and channel, the size of a step, and how many steps each pixel is above."""
    low = values.min((-2, -1), keepdims=True)
    span = (values.max((-2, -1), keepdims=True) - low) / steps
    return low, span, np.rint(np.divide(values - low, span, out=np.zeros_like(values), where=span > 0))


def _jpeg(image: Images, quality: int) -> Images:
    """Return an image (y, x) of 8 bits that was a JPEG."""
    from PIL import Image

    kept = BytesIO()
    Image.fromarray(image).save(kept, format="JPEG", quality=quality)
    return np.asarray(Image.open(kept))


RESOLUTION: Final = Axis(
    name="resolution",
    label="block average",
    units=PIXEL,
    description="Side of blocks of pixels that are averaged; the map keeps its size.",
    function=with_resolution,
    strengths=(0.0, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0),
    maximum=65536.0,
    is_whole=True,
)

QUANTISATION: Final = Axis(
    name="quantisation",
    label="quantisation",
    units="bits less than 16",
    description="Rounds pixels to equal steps over the range of their map, in log10 where the network takes it.",
    function=with_quantisation,
    strengths=(0.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0),
    needs=frozenset({"sky"}),
    maximum=15.0,
    is_whole=True,
)

JPEG: Final = Axis(
    name="jpeg",
    label="JPEG",
    units="100 - quality",
    description="Compresses each channel as a grey image of 8 bits over its map's range, in log10 where it is taken.",
    function=with_jpeg,
    strengths=(0.0, 1.0, 2.0, 5.0, 20.0, 50.0, 80.0),
    needs=frozenset({"sky"}),
    maximum=99.0,
    is_whole=True,
)

"""Axes of masks: one square, many pixels."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.perturbation.axes.axis import Argument, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.beam import beamed
from repshift.perturbation.change import Values

Mask = npt.NDArray[np.bool_]

BLUR: Final = 8.0
"""Full width at half maximum of the Gaussian that blurs what fills a mask, pixels."""


def with_masked_square(maps: Values, strength: float, *, sky: Sky, rng: np.random.Generator, fill: str) -> Values:
    """Return a map of which one square, of the share `strength` of its pixels, is filled.

    A map that is no square has a rectangle of its own proportions. Its place is random within the map, and such that
    a smaller square lies inside a larger one.
    """
    mask: Mask = np.zeros(maps.shape[-2:], dtype=np.bool_)
    sides = [max(1, round(np.sqrt(strength) * size)) for size in mask.shape]
    starts = [int(rng.random() * (size - side + 1)) for size, side in zip(mask.shape, sides, strict=True)]
    mask[tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))] = True
    return filled(maps, mask, fill=fill, sky=sky)


def with_masked_pixels(maps: Values, strength: float, *, sky: Sky, rng: np.random.Generator, fill: str) -> Values:
    """Return a map of which the share `strength` of the pixels, at random places, is filled."""
    return filled(maps, scattered(maps, strength, rng), fill=fill, sky=sky)


def scattered(maps: Values, share: float, rng: np.random.Generator) -> Mask:
    """Return a mask (y, x) of a share of the pixels of a map, one at least; a smaller share lies inside a larger."""
    drawn = rng.random(maps.shape[-2:])
    last = max(1, round(share * drawn.size)) - 1
    return np.asarray(drawn <= np.partition(drawn, last, axis=None)[last])


def filled(maps: Values, mask: Mask, *, fill: str, sky: Sky) -> Values:
    """Return maps whose masked pixels (y, x) are filled, in all channels.

    Parameters
    ----------
    maps, mask, sky
        Maps (n_maps, n_channels, y, x), a mask (y, x).
    fill
        ``mean``: with the training mean. ``blur``: with the map, blurred by a Gaussian in what the network reads.
        ``zero``: with 0.
    """
    if fill == "blur":
        values = sky.unstretched(beamed(sky.stretched(maps), fwhm=BLUR, is_periodic=sky.is_periodic))
    else:
        values = np.reshape(sky.fills if fill == "mean" else np.zeros(len(sky.fills)), (1, -1, 1, 1))
    return np.where(mask, values, maps)


FILL: Final = Argument("mean", "what is put there: the training mean, or the map blurred", choices=("mean", "blur"))
SHARE: Final = "share of pixels"

MASKED_SQUARE: Final = Axis(
    name="masked_square",
    label="masked square",
    units=SHARE,
    description="Masks one square at a random place.",
    function=with_masked_square,
    strengths=(0.0, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5),
    needs=frozenset({"rng", "sky"}),
    arguments={"fill": FILL},
    maximum=1.0,
)

MASKED_PIXELS: Final = Axis(
    name="masked_pixels",
    label="masked pixels",
    units=SHARE,
    description="Masks single pixels at random places.",
    function=with_masked_pixels,
    strengths=(0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1),
    needs=frozenset({"rng", "sky"}),
    arguments={"fill": FILL},
    maximum=1.0,
)

"""Maps of several channels as one picture: three bands in colour, other channels side by side.

References
----------
Lupton et al. 2004, PASP 116, 133 (astro-ph/0312483), section 2: one arcsinh stretch of the mean of the bands, which
keeps the colour of a pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize

from repshift.drawing.maps import add_scale_bar, colour_scale
from repshift.drawing.style import map_colours
from repshift.vocabulary import COLOURS, split_channel

Maps = npt.NDArray[np.floating]
Picture = npt.NDArray[np.float64]

_FROM_BLUE: Final = "ubgvrizyjhk"
"""Broad bands of one letter in the order of wavelength, 0.36 to 2.2 micrometres (Bessell 2005, ARA&A 43, 293)."""

_SOFTENING: Final = 8.0
"""Lupton's Q: how far the stretch is from linear."""

_MOST_UNLIKE: Final = 10.0
"""Ratio of the ranges of two maps from which on they share no scale."""

_ENDS: Final = (50.0, 99.5)
"""Percentiles of the pixels of a band that are drawn black and full."""


@dataclass(frozen=True)
class PictureScale:
    """How the maps of several channels are drawn, on a scale that some maps share.

    Attributes
    ----------
    channels
        Fields, or a field and a band each.
    words
        What is drawn how, in the place of a colour bar.
    scales
        Of each channel side by side; none of three bands in colour.
    lows, highs
        Of each band in colour: the values drawn black and full; none where each map has its own.
    """

    channels: tuple[str, ...]
    words: str
    scales: tuple[Normalize, ...] = ()
    lows: tuple[float, ...] = ()
    highs: tuple[float, ...] = ()

    def picture(self, values: Maps) -> Picture:
        """Return a map (channel, y, x) as red, green and blue (y, x, 3), 0 to 1; side by side it is so much wider."""
        if self.scales:
            return np.concatenate([self._coloured(number, one) for number, one in enumerate(values)], axis=1)
        lows_and_highs = (self.lows, self.highs) if self.lows else _ends([values], _bands(self.channels))
        shares = [
            np.clip((one - low) / (high - low), 0.0, None)
            for one, low, high in zip(values, *lows_and_highs, strict=True)
        ]
        bands = _bands(self.channels)
        if bands == COLOURS:
            return np.asarray(np.clip(np.stack(shares, axis=-1), 0.0, 1.0))
        return _lupton(np.stack([shares[number] for number in _reddest_first(bands)], axis=-1))

    def _coloured(self, number: int, values: Maps) -> Picture:
        scale, colours = self.scales[number], colormaps[map_colours(self.channels[number])]
        positive = np.ma.masked_less_equal(values, 0) if isinstance(scale, LogNorm) else values
        return np.asarray(colours.with_extremes(bad=colours(0.0))(scale(positive)))[..., :3]


def picture_scale(maps: Sequence[Maps], channels: Sequence[str], *, logarithmic: bool = True) -> PictureScale:
    r"""Return how maps of several channels are drawn: three bands of one field in colour, others side by side.

    Parameters
    ----------
    maps
        (channel, y, x) each, on one scale; every channel on its own.
    channels
        Names of the channels; ``image-g`` is a band. Broad bands of one letter go by their wavelength, others
        stand in its order, the reddest last; ``r, g, b`` are the colours themselves.
    logarithmic
        Whether the scales of channels side by side are.

    Notes
    -----
    Of bands, the median is drawn black and the 99.5th percentile full. With :math:`x_k` the share of band k between
    them and :math:`I` the mean of the three, the colour is

    .. math:: x_k \, \frac{\operatorname{arcsinh}(Q I)}{I \operatorname{arcsinh}(Q)}, \quad Q = 8,

    and where one is above 1 all three are divided by it. Bands ``r, g, b`` are drawn from their least to their largest
    value, without a stretch. Maps that are more than ten times brighter than others, as in other units, would leave
    these black: then each has its own ends.
    """
    names, bands = tuple(channels), _bands(channels)
    if len(bands) != 3:
        of_channels = [[one[number] for one in maps] for number in range(len(names))]
        scales = tuple(colour_scale(one, logarithmic=logarithmic) for one in of_channels)
        return PictureScale(names, f"{', '.join(names)}:\neach on its own scale", scales=scales)
    named = ", ".join(bands[number] for number in _reddest_first(bands))
    words = "RGB as they are" if bands == COLOURS else f"RGB = {named}\narcsinh stretch"
    spans = [float(np.subtract(*_ends([one], bands)[::-1]).sum()) for one in maps]
    if max(spans) > _MOST_UNLIKE * min(spans):
        return PictureScale(names, f"{words}\neach map on its own scale")
    lows, highs = _ends(maps, bands)
    return PictureScale(names, words, lows=lows, highs=highs)


def _ends(maps: Sequence[Maps], bands: tuple[str, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the values of each band that are drawn black and full."""
    pixels = [np.concatenate([one[number].ravel() for one in maps]) for number in range(3)]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    if bands == COLOURS:
        lows, highs = (float(np.min(pixels)),) * 3, (float(np.max(pixels)),) * 3
    else:
        lows, highs = (tuple(float(np.percentile(one, share)) for one in pixels) for share in _ENDS)
    return lows, _above(lows, highs)


def draw_picture(axes: Axes, picture: Picture, *, box: float | None) -> None:
    """Draw a picture (y, x, 3), the side of its map `box` [Mpc/h] long, with a scale bar; None for none."""
    height, width = picture.shape[:2]
    side = float(height) if box is None else box
    axes.imshow(picture, origin="lower", extent=(0, side * width / height, 0, side))
    axes.set(xticks=[], yticks=[], anchor="N")  # below its heading, also where it is wider than high
    if box is not None:
        add_scale_bar(axes, box)


def _bands(channels: Sequence[str]) -> tuple[str, ...]:
    """Return the bands of three channels of one field; nothing of others."""
    fields, bands = zip(*map(split_channel, channels), strict=True)
    return bands if len(bands) == 3 and len(set(fields)) == 1 and all(bands) else ()


def _reddest_first(bands: tuple[str, ...]) -> list[int]:
    """Return the places of bands from the reddest: by their letters where all are known, else from the last."""
    names = [band.lower() for band in bands]
    if all(name in _FROM_BLUE and len(name) == 1 for name in names):
        return sorted(range(len(names)), key=lambda number: -_FROM_BLUE.index(names[number]))
    return list(range(len(names)))[::-1]


def _above(lows: tuple[float, ...], highs: tuple[float, ...]) -> tuple[float, ...]:
    """Return the upper ends of scales, above the lower ones also where all pixels are equal."""
    return tuple(high if high > low else low + 1.0 for low, high in zip(lows, highs, strict=True))


def _lupton(shares: Picture) -> Picture:
    """Return the stretched picture of shares (y, x, 3), not negative."""
    mean = shares.mean(axis=-1, keepdims=True)
    stretch, linear = np.arcsinh(_SOFTENING * mean), mean * np.arcsinh(_SOFTENING)
    stretched = shares * np.divide(stretch, linear, out=np.zeros_like(mean), where=mean > 0)
    return np.asarray(stretched / np.maximum(stretched.max(axis=-1, keepdims=True), 1.0))

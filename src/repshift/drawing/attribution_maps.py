"""Maps of an attribution: the map, what each method gives, and the same of the network with its weights shuffled.

Colours are symmetric about 0. All domains share the scale of a method and output, so that they compare; a null has its
own, for shuffled weights change the size of every output.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from repshift.drawing.layout import add_panel, add_words, fit_words
from repshift.drawing.maps import add_scale_bar
from repshift.drawing.pictures import PictureScale, draw_picture, picture_scale
from repshift.drawing.style import map_colours

DIVERGING: Final = "RdBu_r"
"""Colours of what has a sign: blue below 0, red above."""

_BAR: Final = 0.06
_CLIPPED: Final = 99.5
"""Percentile of the sizes at which the colours end: a single pixel leaves the rest readable."""

Array = npt.NDArray[np.floating]


def example_of(case: xr.Dataset) -> int:
    """Return the place of the map that is drawn: the one that has a null."""
    return int(case.attrs["example"])


def box_of(case: xr.Dataset, n_pixels: int) -> float | None:
    """Return the height [Mpc/h] of maps of so many pixels; None where it is not known."""
    pixel = float(case.attrs.get("pixel", 0.0))
    return n_pixels * pixel if pixel > 0 and str(case.attrs.get("pixel_units")) == "Mpc/h" else None


def over_channels(values: Array) -> Array:
    """Return the sum over channels of (channel, y, x): what a pixel contributes; NaN where there is none."""
    return np.asarray(np.where(np.isnan(values).all(axis=0), np.nan, np.nansum(values, axis=0)))


def attribution_of_example(case: xr.Dataset, method: str, output: str) -> Array:
    """Return the attribution (y, x) of the map that is drawn, over all channels."""
    held = case["attribution"].sel({"method": method, "output": output}).isel(map=example_of(case))
    return over_channels(held.to_numpy())


def signed_scale(maps: Sequence[Array]) -> Normalize:
    """Return a scale that is symmetric about 0, of the sizes of all but the largest pixels of all maps."""
    sizes = np.concatenate([np.abs(values[np.isfinite(values)]) for values in maps])
    end = float(np.percentile(sizes, _CLIPPED)) if len(sizes) else 0.0
    end = end or float(sizes.max(initial=0.0)) or 1.0
    return Normalize(-end, end)


def draw_signed(axes: Axes, values: Array, scale: Normalize) -> None:
    """Draw a map (y, x) of what has a sign; grey where there is no number."""
    colours = colormaps[DIVERGING].with_extremes(bad="0.8")
    axes.imshow(values, origin="lower", cmap=colours, norm=scale)
    axes.set(xticks=[], yticks=[])


def add_signed_bar(figure: Figure, left: float, top: float, width: float, *, scale: Normalize, words: str) -> Colorbar:
    """Add the colour bar of what has a sign below a column, with its ends, 0 and its unit."""
    axes = add_panel(figure, left, top, width, _BAR, label="signed colour bar")
    bar = figure.colorbar(ScalarMappable(scale, DIVERGING), cax=axes, orientation="horizontal", extend="both")
    end = _round_below(float(scale.vmax or 1.0))
    bar.set_ticks([-end, 0, end], labels=[f"\N{MINUS SIGN}{end:g}", "0", f"{end:g}"])
    bar.minorticks_off()
    bar.ax.tick_params(length=1.5)
    _label(bar, words, width)
    return bar


def add_input_bar(
    figure: Figure, left: float, top: float, width: float, *, field: str, scale: PictureScale | Normalize
) -> None:
    """Add the colour bar of maps as the network reads them below a column; of a picture, words on its channels."""
    if isinstance(scale, PictureScale):
        fit_words(add_words(figure, left, top, scale.words), width)
        return
    axes = add_panel(figure, left, top, width, _BAR, label="input colour bar")
    bar = figure.colorbar(ScalarMappable(scale, map_colours(field)), cax=axes, orientation="horizontal")
    bar.ax.xaxis.set_major_locator(MaxNLocator(nbins=3))
    bar.minorticks_off()
    bar.ax.tick_params(length=1.5)
    _label(bar, "as the network reads it", width)


def _round_below(end: float) -> float:
    """Return the largest number of one digit, 1, 2, 3, 5 or 7, that is not above 0.9 of the end of a scale."""
    power = 10.0 ** math.floor(math.log10(0.9 * end))
    return float(f"{max(one for one in (1, 2, 3, 5, 7) if one * power <= 0.9 * end) * power:.1g}")


def _label(bar: Colorbar, words: str, width: float) -> None:
    bar.set_label(words, labelpad=1.0)
    fit_words(bar.ax.xaxis.label, width)


def input_scale(maps: Sequence[Array], channels: Sequence[str]) -> PictureScale | Normalize:
    """Return the one scale of maps (channel, y, x) as a network reads them: of a field's colours, or of a picture."""
    if len(channels) > 1:
        return picture_scale(maps, channels, logarithmic=False)
    return Normalize(float(min(map(np.min, maps))), float(max(map(np.max, maps))))


def draw_input(axes: Axes, values: Array, *, field: str, scale: PictureScale | Normalize, box: float | None) -> None:
    """Draw a map (channel, y, x) as a network reads it, with a scale bar where its side `box` [Mpc/h] is known."""
    if isinstance(scale, PictureScale):
        draw_picture(axes, scale.picture(values), box=None)
        return
    height, width = values.shape[-2:]
    side = float(height) if box is None else box
    axes.imshow(
        values[0], origin="lower", cmap=map_colours(field), norm=scale, extent=(0, side * width / height, 0, side)
    )
    axes.set(xticks=[], yticks=[])
    if box is not None:
        add_scale_bar(axes, box)

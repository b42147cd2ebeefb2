"""Example maps of a field on one colour scale."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from repshift.drawing.layout import add_panel
from repshift.drawing.style import map_colours
from repshift.vocabulary import InputError

_NICE_LENGTHS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_OUTLINE: Final = withStroke(linewidth=1.4, foreground="black")


def colour_scale(maps: Sequence[npt.NDArray[np.float32]], *, logarithmic: bool = True) -> Normalize:
    """Return a scale from the smallest, on a logarithmic one the smallest positive, to the largest value of all maps.

    Raises
    ------
    InputError
        If the scale is logarithmic and no value is positive.
    """
    if not logarithmic:
        return Normalize(float(min(map(np.min, maps))), float(max(map(np.max, maps))))
    positive = np.concatenate([values[values > 0] for values in maps])
    if positive.size == 0:
        raise InputError("The example maps hold no positive value, so they have no logarithmic colour scale.")
    return LogNorm(float(positive.min()), float(positive.max()))


def draw_map(axes: Axes, values: npt.NDArray[np.float32], *, field: str, scale: Normalize, box: float | None) -> None:
    """Draw one map.

    Parameters
    ----------
    axes
        Axes to draw on.
    values
        (y, x), in the unit of the field; on a logarithmic scale zeros get the lowest colour.
    field
        Name of the field.
    scale
        Colour scale, shared by the maps to compare.
    box
        Height [Mpc/h], for a scale bar; None for none.
    """
    side = float(values.shape[0]) if box is None else box
    width = side * values.shape[1] / values.shape[0]
    positive = np.ma.masked_less_equal(values, 0) if isinstance(scale, LogNorm) else values
    axes.imshow(positive, origin="lower", cmap=_colours(field), norm=scale, extent=(0, width, 0, side))
    axes.set(xticks=[], yticks=[])
    if box is not None:
        add_scale_bar(axes, box)


def add_map_colour_bar(
    figure: Figure, left: float, top: float, height: float, *, field: str, scale: Normalize
) -> Colorbar:
    """Add the colour bar of the maps of a field, at a place in inches, without a label."""
    bar_axes = add_panel(figure, left, top, 0.07, height, label="map colour bar")
    bar = figure.colorbar(ScalarMappable(scale, _colours(field)), cax=bar_axes)
    bar.minorticks_off()
    return bar


def _colours(field: str) -> Colormap:
    colours = colormaps[map_colours(field)]
    return colours.with_extremes(bad=colours(0.0))


def add_scale_bar(axes: Axes, box: float) -> None:
    """Add a scale bar to a map whose side is `box` [Mpc/h] long."""
    length = max((nice for nice in _NICE_LENGTHS if nice <= box / 3), default=box / 4)
    start, height = 0.06 * box, 0.07 * box
    axes.plot([start, start + length], [height, height], color="white", linewidth=1.2, path_effects=[_OUTLINE])
    axes.annotate(
        rf"{length:g} Mpc/$h$",
        (start, height),
        xytext=(0, 3),
        textcoords="offset points",
        color="white",
        path_effects=[_OUTLINE],
    )
    axes.set(xlim=axes.images[0].get_extent()[:2], ylim=(0, box))

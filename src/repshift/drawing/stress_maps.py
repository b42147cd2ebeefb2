"""One map along each axis of a stress: a row an axis, a column a strength, in the colours of the unperturbed map."""

from collections.abc import Callable, Sequence
from typing import Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from repshift.drawing.layout import add_panel, add_words, shortened, width_of
from repshift.drawing.maps import add_map_colour_bar, colour_scale, draw_map
from repshift.drawing.pictures import draw_picture, picture_scale
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.stress_axes import StressAxis, axes_of, levels, strength_words
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, field_label
from repshift.vocabulary import Field, InputError

MOST_STRENGTHS: Final = 8
"""Maps of a row: of more strengths, some are left out."""

_LEFT: Final = 0.08
_BAR: Final = 0.6
_GAP: Final = 0.04
_TOP: Final = 0.3
_HEADING: Final = 0.16
_STRENGTH: Final = 0.14
_BETWEEN: Final = 0.1
_LARGEST: Final = 0.95
_LETTERS: Final = 40

Draw = Callable[[Axes, npt.NDArray[np.float32]], None]
"""Draws a map of a row on its axes."""


def draw_stress_maps(
    case: xr.Dataset,
    *,
    axes: Sequence[str] | None = None,
    field: Field | None = None,
    channels: Sequence[str] = (),
    logarithmic: bool = True,
    plotting: Plotting | None = None,
) -> Figure:
    """Draw one map at each strength of each axis.

    Parameters
    ----------
    case
        As the stage stress writes it, with ``example`` (level, y, x) or (level, channel, y, x).
    axes
        Those drawn; None: all.
    field
        What the field is, where CMD has it not.
    channels
        Names of the channels; none where there is one.
    logarithmic
        Whether the colour scale is.
    plotting
        Colours and labels of domains and models; None: those of the house.

    Returns
    -------
    Two columns wide. Each row has the colours of its unperturbed map: what lies beyond has those of the ends.

    Raises
    ------
    InputError
        If the case has no example, or no such axis.
    """
    named = [axis for axis in axes_of([case]) if axes is None or axis.name in axes]
    if "example" not in case or not named:
        raise InputError("The sheet of maps along the axes of a stress needs the variable 'example' and an axis of it.")
    side = _side(named)
    row = _row(side)
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(PAGE_WIDTH, _TOP + len(named) * row))
        looks = plotting or HOUSE
        names = (
            looks.model_label(str(case.attrs["model"])),
            looks.domain_label(str(case.attrs["domain"]), str(case.attrs["test_suite"])),
        )
        words = "{}: a map of {} along each axis".format(*(shortened(name, _LETTERS) for name in names))
        add_words(figure, _LEFT, 0.06, words, fontweight="bold")
        for place, axis in enumerate(named):
            top = _TOP + place * row
            _draw_axis(figure, case, axis, top, side, field, (tuple(channels), logarithmic))
    return figure


def pages_of_maps(case: xr.Dataset) -> list[list[str]]:
    """Return the axes of each page of A4, in their order."""
    named = axes_of([case])
    most = int((PAGE_HEIGHT - _TOP) / _row(_side(named)))
    names = [axis.name for axis in named]
    return [names[first : first + most] for first in range(0, len(names), most)]


def drawn_levels(case: xr.Dataset, axis: str) -> list[int]:
    """Return the places of the levels of an axis that are drawn: all, or as many as there is room for, 0 among them."""
    places = [int(place) for place in levels(case, axis)]
    if len(places) <= MOST_STRENGTHS:
        return places
    chosen = {int(order) for order in np.linspace(0, len(places) - 1, MOST_STRENGTHS).round()}
    (zero,) = np.flatnonzero(case["strength"].to_numpy()[places] == 0)
    if zero not in chosen:
        chosen = chosen - {min(chosen, key=lambda order: abs(order - zero))} | {int(zero)}
    return [places[order] for order in sorted(chosen)]


def _side(axes: Sequence[StressAxis]) -> float:
    """Return the side of a map."""
    most = min(MOST_STRENGTHS, max(len(axis.strengths) for axis in axes))
    return min(_LARGEST, (PAGE_WIDTH - 2 * _LEFT - _BAR - (most - 1) * _GAP) / most)


def _row(side: float) -> float:
    return _HEADING + _STRENGTH + side + _BETWEEN


def _draw_axis(
    figure: Figure,
    case: xr.Dataset,
    axis: StressAxis,
    top: float,
    side: float,
    field: Field | None,
    about: tuple[tuple[str, ...], bool],
) -> None:
    """Draw the maps of an axis."""
    title = add_words(figure, _LEFT, top, axis.title, fontweight="bold", gid=f"axis {axis.name}")
    if axis.note:
        add_words(figure, _LEFT + 0.08 + width_of(title), top, axis.note, fontstyle="italic")
    maps, strengths = case["example"].to_numpy(), case["strength"].to_numpy()
    places = drawn_levels(case, axis.name)
    unperturbed = next(maps[place] for place in places if strengths[place] == 0)
    top += _HEADING + _STRENGTH
    right = _LEFT + len(places) * (side + _GAP)
    draw = _drawing(figure, case, unperturbed, (right, top, side), field, about)
    for column, place in enumerate(places):
        left = _LEFT + column * (side + _GAP)
        add_words(
            figure, left + side / 2, top - 0.02, strength_words(float(strengths[place])), ha="center", va="bottom"
        )
        draw(add_panel(figure, left, top, side, side, label=f"{axis.name} {strengths[place]:g}"), maps[place])


def _drawing(
    figure: Figure,
    case: xr.Dataset,
    unperturbed: npt.NDArray[np.float32],
    bar: tuple[float, float, float],
    field: Field | None,
    about: tuple[tuple[str, ...], bool],
) -> Draw:
    """Return what draws the maps of a row on the scale of the unperturbed map; beside them, what the scale is."""
    channels, logarithmic = about
    left, top, side = bar
    if unperturbed.ndim == 3:
        scale = picture_scale([unperturbed], channels, logarithmic=logarithmic)
        words = scale.words.replace("\n", ", ")
        add_words(figure, PAGE_WIDTH - _LEFT, top - _STRENGTH - _HEADING, words, ha="right", gid="colours")
        return lambda axes, values: draw_picture(axes, scale.picture(values), box=None)
    name = str(case.attrs["field"])
    norm: Normalize = colour_scale([unperturbed], logarithmic=logarithmic)
    add_map_colour_bar(figure, left, top, side, field=name, scale=norm).set_label(field_label(name, field))
    return lambda axes, values: draw_map(axes, values, field=name, scale=norm, box=None)

"""Which pixels carry a shift: the attribution of a shift between a domain and its twin, a figure a model."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from repshift.drawing.attribution_maps import (
    Array,
    add_input_bar,
    add_signed_bar,
    box_of,
    draw_input,
    draw_signed,
    input_scale,
    over_channels,
    signed_scale,
)
from repshift.drawing.attribution_shift import (
    DIFFERENCE,
    PART,
    Division,
    divisions_of,
    draw_division,
    numbers_of,
    part_names,
    shift_ends,
    wavelength_units,
)
from repshift.drawing.attribution_shift_page import HEADING, LEFT, PANEL, TITLE, TOP, ShiftRow, foot_of, rows_of
from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened
from repshift.drawing.model_title import LETTERS, add_model_title
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import (
    LINE_HEIGHT,
    PAGE_WIDTH,
    PUBLICATION,
    decimals_of,
    interval,
    number,
    parameter_label,
)

_PART: Final = 0.42
"""Most of the width of a part of a shift."""

_PROPORTION: Final = "the same in proportion to |twin $-$ map|; by wavelength, to its square"

_PANEL_LEFT: Final = 0.5
_PANEL_GAP: Final = 0.12


def draw_figure6(
    shifts: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw where the shift of a network's outputs comes from, between the maps of a domain and their twins.

    Parameters
    ----------
    shifts
        Of one model, as the action `shift` of the stage attribution writes them.
    outputs
        Those drawn; none of these, or none given: the first two.
    fields
        What fields are that CMD has not, in words, by name.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.

    Returns
    -------
    Two columns wide. Above a map, its twin, their difference, and of each output the contribution of each pixel to the
    change of the output. Below, a row an output, the parts of the mean change by environment, pixel value, scale and
    layer; grey bars are what the parts were in proportion to the difference of the maps.

    Raises
    ------
    InputError
        If there is nothing to draw, or the shifts are of several models.
    """
    rows = rows_of(shifts, outputs)
    looks = (plotting or HOUSE).of(row.case.attrs["test_suite"] for row in rows)
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, TOP + sum(row.height for row in rows) + foot_of(rows)))
        add_model_title(figure, LEFT, rows[0].case, looks, fields)
        top = TOP
        for row in rows:
            _draw_maps(figure, row, top, looks)
            for place, output in enumerate(row.outputs):
                _draw_parts(figure, row, output, top + row.maps + place * row.parts)
            top += row.height
        _foot(figure, rows, top)
    return figure


def _labels(case: xr.Dataset, plotting: Plotting) -> tuple[str, str]:
    """Return what the domain and its twin are called."""
    domain, twin = str(case.attrs["domain"]), str(case.attrs["twin"])
    return plotting.domain_label(domain, str(case.attrs["test_suite"])), plotting.domain_label(twin, twin)


def _draw_maps(figure: Figure, row: ShiftRow, top: float, plotting: Plotting) -> None:
    """Draw a map, its twin, their difference, and the contributions of the pixels to the change of each output."""
    case, labels = row.case, [shortened(label, LETTERS) for label in _labels(row.case, plotting)]
    add_words(figure, LEFT, top, f"From {labels[0]} to {labels[1]}", fontweight="bold", gid="twins")
    for place, output in enumerate(row.outputs):
        add_words(figure, LEFT, top + (1 + place) * LINE_HEIGHT * 1.1, shift_words(case, output), gid=f"shift {output}")
    upper = top + HEADING + LINE_HEIGHT * len(row.outputs)
    pair = [case[name].isel(map=row.example).to_numpy() for name in ("input", "twin_input")]
    _draw_pair(figure, row, upper, pair, [shortened(label, 16) for label in labels])
    signed = {"difference": (over_channels(pair[1] - pair[0]), "Twin less map", "as the network reads it")}
    for output in row.outputs:
        held = case["attribution"].sel(output=output).isel(map=row.example).to_numpy()
        title = f"Part of the shift of {parameter_label(output)}"
        signed[f"attribution {output}"] = (over_channels(held), title, "contribution of a pixel")
    for column, (name, (values, title, units)) in enumerate(signed.items(), start=2):
        _draw_signed(figure, row, column, upper, (name, values, title, units))


def shift_words(case: xr.Dataset, output: str) -> str:
    """Return the mean change of an output from map to twin with its interval, and what pixels leave over."""
    value, low, high = (float(end) for end in numbers_of(case, "shift", output))
    ends = f" {interval(low, high)}" if math.isfinite(low) else ""
    rest = number(float(case["remainder"].sel(output=output)), 3)
    size = number(value, decimals_of(value, low, high) if ends else 2)
    return f"Shift of {parameter_label(output)}: {size}{ends}; left over: {rest}"


def _head(figure: Figure, row: ShiftRow, column: int, upper: float, words: str) -> None:
    """Write the title of a column, centred above its map."""
    left = row.left_of(column) + row.width / 2
    fit_words(add_words(figure, left, upper - 0.03, words, ha="center", va="bottom"), row.width)


def _draw_pair(figure: Figure, row: ShiftRow, upper: float, pair: Sequence[Array], titles: Sequence[str]) -> None:
    """Draw a map and its twin on one scale."""
    case, below = row.case, upper + row.side + 0.05
    field, channels = str(case.attrs["field"]), [str(name) for name in case["channel"].to_numpy()]
    scale = input_scale(pair, channels)
    for column, (values, title) in enumerate(zip(pair, titles, strict=True)):
        _head(figure, row, column, upper, title)
        label = ("input", "twin")[column]
        axes = add_panel(figure, row.left_of(column), upper, row.width, row.side, label=label)
        draw_input(axes, values, field=field, scale=scale, box=box_of(case, values.shape[-2]))
        add_input_bar(figure, row.left_of(column), below, row.width, field=field, scale=scale)


def _draw_signed(figure: Figure, row: ShiftRow, column: int, upper: float, what: tuple[str, Array, str, str]) -> None:
    """Draw a map of what has a sign, with its title and its colour bar."""
    name, values, title, units = what
    left, scale = row.left_of(column), signed_scale([values])
    _head(figure, row, column, upper, title)
    draw_signed(add_panel(figure, left, upper, row.width, row.side, label=name), values, scale)
    add_signed_bar(figure, left, upper + row.side + 0.05, row.width, scale=scale, words=units)


def _draw_parts(figure: Figure, row: ShiftRow, output: str, top: float) -> None:
    """Draw the parts of the shift of an output: panels of one scale, except that of layers."""
    case, divisions = row.case, divisions_of(row.case)
    alike = [shift_ends(case, [output], one) for one in divisions if one.adds_up]
    ends = min(low for low, _ in alike), max(high for _, high in alike)
    gaps = [_PANEL_LEFT if place == 0 or not one.adds_up else _PANEL_GAP for place, one in enumerate(divisions)]
    parts = [len(part_names(case, one)) + 0.2 for one in divisions]
    each = min(_PART, (PAGE_WIDTH - LEFT - sum(gaps)) / sum(parts))
    left = 0.0
    for gap, division, count in zip(gaps, divisions, parts, strict=True):
        left += gap
        width = each * count
        axes = add_panel(figure, left, top + TITLE, width, PANEL, label=f"{division.dim} {output}")
        title = add_words(
            figure, left + width / 2, top + TITLE - 0.03, _panel_title(case, division), ha="center", va="bottom"
        )
        fit_words(title, width + 0.1)
        draw_division(axes, case, division, output, ends if division.adds_up else shift_ends(case, [output], division))
        axes.tick_params(labelleft=gap > _PANEL_GAP)
        if division is divisions[0]:
            axes.set_ylabel(f"Part of the shift of {parameter_label(output)}")
        left += width


def _panel_title(case: xr.Dataset, division: Division) -> str:
    """Return what stands above a panel."""
    units = f" [{wavelength_units(case)}]" if division.dim == "scale" else ""
    ranked = f" of {case.attrs['environment']}" if division.dim == "environment" else ""
    return f"{division.title}{ranked}{units}"


def _foot(figure: Figure, rows: Sequence[ShiftRow], top: float) -> None:
    """Say below the panels what marks mean."""
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "color": PART}
    handles: list[Artist] = [
        Line2D([], [], marker="o", label="part of the shift, with its interval", **plain),
        Patch(color=DIFFERENCE, lw=0, label=_PROPORTION),
    ]
    if any("layer_offset_shift" in row.case for row in rows):
        handles += [
            Line2D([], [], marker="o", mfc="white", label="by the mean change of each channel of a layer", **plain),
            Line2D([], [], color=PART, lw=0.6, ls=":", label="the whole shift"),
        ]
    add_legend(figure, LEFT, top + foot_of(rows) - 0.06, handles, columns=2)

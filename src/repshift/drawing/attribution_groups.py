"""A group of maps of figure 5: an output, a row a domain, a column what is drawn of the map."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from repshift.drawing.attribution_maps import (
    add_input_bar,
    add_signed_bar,
    attribution_of_example,
    box_of,
    draw_input,
    draw_signed,
    example_of,
    input_scale,
    over_channels,
    signed_scale,
)
from repshift.drawing.attribution_page import GAP, HEADING, AttributedMethod, Section
from repshift.drawing.layout import add_panel, add_words, fit_words, shortened
from repshift.drawing.stress_curves import Curve
from repshift.drawing.style import LINE_HEIGHT, capitalised, parameter_label

_CHARACTER: Final = 0.062
"""Height of a character of the name of a domain beside its row [inch]."""


def draw_group(figure: Figure, curves: Sequence[Curve], section: Section, output: str, top: float) -> None:
    """Draw the maps of an output, a row a domain, with the colour bars of the columns below."""
    about = f"Attribution of {parameter_label(output)}"
    add_words(figure, 0.08, top, about, fontweight="bold", gid=f"output {output}")
    for row, curve in enumerate(curves):
        middle = _row(section, top, row) + section.side / 2
        name = shortened(curve.label, max(3, int(section.side / _CHARACTER) - 3))
        add_words(figure, 0.08, middle, name, rotation=90, va="center", color=curve.colour)
    _draw_inputs(figure, curves, section, output, top)
    for place, method in enumerate(section.methods):
        _draw_method(figure, curves, section, output, method, column=1 + 2 * place, top=top)


def _row(section: Section, top: float, row: int) -> float:
    """Return the upper edge of a row of maps, or of the bars below the last one."""
    return top + HEADING + row * (section.side + GAP)


def _head(figure: Figure, section: Section, column: int, top: float, words: str, *, line: int) -> None:
    """Write a line of the heading of a column, which is centred above its maps."""
    left = section.left_of(column) + section.width / 2
    height = top + HEADING - 0.03 - (1 - line) * LINE_HEIGHT
    text = add_words(figure, left, height, words, ha="center", va="bottom")
    fit_words(text, section.width)


def _draw_inputs(figure: Figure, curves: Sequence[Curve], section: Section, output: str, top: float) -> None:
    """Draw a map of each domain as the network reads it."""
    maps = [curve.case["input"].isel(map=example_of(curve.case)).to_numpy() for curve in curves]
    case = curves[0].case
    field, channels = str(case.attrs["field"]), [str(name) for name in case["channel"].to_numpy()]
    scale = input_scale(maps, channels)
    left, below = section.left_of(0), _row(section, top, len(curves))
    _head(figure, section, 0, top, "Map", line=1)
    for row, (curve, values) in enumerate(zip(curves, maps, strict=True)):
        label = f"input {curve.name} {output}"
        axes = add_panel(figure, left, _row(section, top, row), section.width, section.side, label=label)
        draw_input(axes, values, field=field, scale=scale, box=box_of(curve.case, values.shape[-2]))
    add_input_bar(figure, left, below, section.width, field=field, scale=scale)


def _draw_method(
    figure: Figure,
    curves: Sequence[Curve],
    section: Section,
    output: str,
    method: AttributedMethod,
    *,
    column: int,
    top: float,
) -> None:
    """Draw what a method gives of each domain, on one scale, and beside it the null of each, on its own."""
    maps = [attribution_of_example(curve.case, method.name, output) for curve in curves]
    scale, left = signed_scale(maps), section.left_of(column)
    _head(figure, section, column, top, capitalised(method.label), line=1)
    _head(figure, section, column + 1, top, "Weights shuffled,", line=0)
    _head(figure, section, column + 1, top, "scale of its own", line=1)
    for row, (curve, values) in enumerate(zip(curves, maps, strict=True)):
        upper, about = _row(section, top, row), f"{method.name} {curve.name} {output}"
        axes = add_panel(figure, left, upper, section.width, section.side, label=f"attribution {about}")
        draw_signed(axes, values, scale)
        _draw_null(figure, curve, section, (output, method.name), column=column + 1, top=upper)
    below = _row(section, top, len(curves))
    add_signed_bar(figure, left, below, section.width, scale=scale, words=_unit(curves, method.name))


def _draw_null(figure: Figure, curve: Curve, section: Section, of: tuple[str, str], *, column: int, top: float) -> None:
    """Draw the attribution of the network with all weights shuffled; nothing where there is none."""
    output, method = of
    if "null_attribution" not in curve.case:
        return
    values = over_channels(curve.case["null_attribution"].sel({"method": method, "output": output}).to_numpy())
    if np.isfinite(values).any():
        label = f"null {method} {curve.name} {output}"
        axes = add_panel(figure, section.left_of(column), top, section.width, section.side, label=label)
        draw_signed(axes, values, signed_scale([values]))


def _unit(curves: Sequence[Curve], method: str) -> str:
    """Return the unit of a method's map: of the output, or of the output for each unit of the map."""
    case = curves[0].case
    sensitive = bool(case["sensitivity"].sel({"method": method}) == 1)
    return "change per unit of pixel" if sensitive else "contribution of a pixel"

"""How far the sky may move before a network breaks, and whether it knows: a row an axis, a page a model."""

import math
from collections.abc import Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened, width_of
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.stress_axes import StressAxis, axes_of
from repshift.drawing.stress_curves import (
    LABELS,
    draw_curves,
    drawn_values,
    panel_of_axis,
    scale_values,
)
from repshift.drawing.stress_page import (
    GAP,
    HEADING,
    NAMES,
    PAGE_HEIGHT,
    SCORES,
    TOP,
    Page,
    drawn_outputs,
    home_scores,
    in_order,
    page_of,
)
from repshift.drawing.stress_scores import (
    FALSE_ALARM,
    MARKERS,
    Score,
    draw_positions,
    draw_warnings,
    has_numbers,
    least_ratio,
    warns,
)
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, parameter_label, relation
from repshift.vocabulary import CRITICAL_FALL

_LETTERS: Final = 29
"""Characters of the name of a model or domain."""


def draw_figure4(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    axes: Sequence[str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw how a network does along each axis, and whether scores that need no labels warn before.

    Parameters
    ----------
    cases
        Of one model, as the stage stress writes them; the one in distribution is drawn first. Without scores, curves
        alone are drawn.
    outputs
        Those drawn; none of these, or none given: the first two.
    axes
        Those drawn; None: all that any case has.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.

    Returns
    -------
    Two columns wide. From the left: R^2 of each output (of classes accuracy and log loss; the bias where the truth does
    not spread) with the simultaneous band of its change from strength 0 and the critical strength; the critical
    strength of each score over that of the error; the strength at which each score is that of another suite.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    looks = (plotting or HOUSE).of(case.attrs["test_suite"] for case in cases)
    page = page_of(cases, outputs=outputs, axes=axes, plotting=looks)
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, TOP + len(page.axes) * page.row + page.foot))
        _title(figure, page, looks)
        for place, axis in enumerate(page.axes):
            _draw_row(figure, page, axis, TOP + place * page.row)
        _foot(figure, page, TOP + len(page.axes) * page.row)
    return figure


def pages_of_axes(cases: Sequence[xr.Dataset], *, outputs: Sequence[str] = ()) -> list[list[str]]:
    """Return the axes of each page of A4, in their order, about as many on each."""
    cases = in_order(cases)
    names = [axis.name for axis in axes_of(cases)]
    page = Page([], [], home_scores(cases, drawn_outputs(cases[0], outputs)), [], ())
    most = max(1, int((PAGE_HEIGHT - TOP - page.foot) / page.row))
    each = math.ceil(len(names) / math.ceil(len(names) / most))
    return [names[first : first + each] for first in range(0, len(names), each)]


def _title(figure: Figure, page: Page, plotting: Plotting) -> None:
    """Write the model, what its cases are drawn like, and what the columns are."""
    model = str(page.curves[0].case.attrs["model"])
    name = shortened(plotting.model_label(model), _LETTERS)
    add_words(figure, 0.08, 0.06, name, fontweight="bold", color=plotting.model_colour(model), gid=f"title {model}")
    handles: list[Artist] = [
        Line2D(
            [],
            [],
            ls=one.line,
            color=one.colour,
            label=f"{shortened(one.label, _LETTERS)}, {relation(one.case.attrs['in_distribution'] == 'true')}",
        )
        for one in page.curves
    ]
    add_legend(figure, 2.2, 0.18, handles, columns=len(handles))
    centre: dict[str, Any] = {"horizontalalignment": "center", "verticalalignment": "bottom"}
    for place, panel in enumerate(page.panels):
        words = f"{LABELS[panel.variable]} of {parameter_label(panel.output)}"
        title = add_words(figure, page.left_of(place) + page.width / 2, TOP - 0.03, words, **centre)
        fit_words(title, page.width)
    if page.scores:
        middle = page.left_of_scores + SCORES / 2
        add_words(figure, middle, TOP - 0.03, "Early warning: left of\n1 the score comes first", **centre)
    if page.others:
        middle = page.left_of_scores + SCORES * 1.5 + GAP
        add_words(figure, middle, TOP - 0.03, "Where the other\nsuite lies", **centre)


def _title_row(figure: Figure, axis: StressAxis, top: float, *, instead: str) -> None:
    """Write what an axis is, whether it moves labels, and the number drawn in place of that of the columns."""
    title = add_words(figure, 0.08, top, axis.title, fontweight="bold", gid=f"axis {axis.name}")
    left = 0.16 + width_of(title)
    if axis.note:
        moves = add_words(figure, left, top, axis.note, fontstyle="italic", gid=f"moves {axis.name}")
        left += width_of(moves) + 0.12
    if instead:
        words = f"{LABELS[instead]} in place of R²"
        add_words(figure, left, top, words, fontstyle="italic", gid=f"instead {axis.name}")


def _draw_row(figure: Figure, page: Page, axis: StressAxis, top: float) -> None:
    """Draw the panels of an axis."""
    panels = [panel_of_axis(panel, page.curves, axis) for panel in page.panels]
    _title_row(figure, axis, top, instead=panels[0].variable if panels[0] not in page.panels else "")
    top += HEADING
    for place, panel in enumerate(panels):
        label = f"{axis.name} {panel.variable} {panel.output}"
        panel_axes = add_panel(figure, page.left_of(place), top, page.width, page.height, label=label)
        alike = [one for one in panels if one.variable == panel.variable]
        whole = page.axes if panel in page.panels else [axis]
        scale_values(panel_axes, panel.variable, drawn_values(page.curves, alike, whole))
        draw_curves(panel_axes, page.curves, axis, panel, width=page.width)
        panel_axes.tick_params(labelleft=place == 0 or panel.variable != panels[place - 1].variable)
    if page.scores:
        _draw_scores(figure, page, axis, top)


def _draw_scores(figure: Figure, page: Page, axis: StressAxis, top: float) -> None:
    """Draw the panels of scores along an axis, their names before them; none where no score has a number."""
    home = next((curve.case for curve in page.curves if warns(curve.case, axis)), None)
    has_places = any(has_numbers(curve.case, "position", axis) for curve in page.others)
    left = page.left_of_scores
    if home is not None:
        warnings = add_panel(figure, left, top, SCORES, page.height, label=f"{axis.name} warnings")
        least = least_ratio(page.curves[0].case, page.outputs)
        draw_warnings(warnings, home, axis, page.scores, outputs=page.outputs, least=least)
        _name_scores(figure, warnings, page.scores)
    if has_places:
        positions = add_panel(figure, left + SCORES + GAP, top, SCORES, page.height, label=f"{axis.name} positions")
        draw_positions(positions, page.others, axis, page.scores, width=SCORES)
        if home is None:
            _name_scores(figure, positions, page.scores)


def _name_scores(figure: Figure, axes: Axes, scores: Sequence[Score]) -> None:
    axes.set_yticks(range(len(scores)), [score.label for score in scores])
    axes.tick_params(axis="y", length=0, pad=3)
    for text, score in zip(axes.get_yticklabels(), scores, strict=True):
        text.set_color(score.colour)
        fit_words(text, NAMES - 0.1)


def _foot(figure: Figure, page: Page, top: float) -> None:
    """Say below the rows what bands and marks mean."""
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 3.5, "color": "0.35"}
    handles: list[Artist] = [
        Patch(color="0.35", alpha=0.25, lw=0, label="change from strength 0: 95 %, all strengths and axes"),
        Line2D([], [], marker="o", **plain, label=f"critical strength: a fall of {CRITICAL_FALL:g}, with its interval"),
        Line2D([], [], marker=">", mfc="white", **plain, label="not reached"),
    ]
    if page.scores:
        markers = zip(page.outputs, MARKERS, strict=False)
        handles += [Line2D([], [], marker=one, **plain, label=parameter_label(name)) for name, one in markers]
        if any(axis.strengths[0] < 0 for axis in page.axes):
            handles += [Line2D([], [], marker="o", **plain, mfc="white", label="negative strengths")]
        if (page.curves[0].case["false_alarm"] == 1).any():
            about: dict[str, Any] = {"linestyle": "none", "markersize": 4, "color": FALSE_ALARM}
            handles += [Line2D([], [], marker="x", **about, label="false alarm: the axis costs nothing")]
    if page.others:
        handles += [
            Line2D(
                [], [], ls="none", marker="D", ms=3, color=one.colour, label=f"where {shortened(one.label, 20)} lies"
            )
            for one in page.others
        ]
    add_legend(figure, 0.08, top + page.foot - 0.06, handles, columns=3)

"""Trust map by map: which score ranks the errors, and which intervals hold at home and abroad."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, in_lines, shortened
from repshift.drawing.model_title import LETTERS, add_model_title
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, parameter_label, relation
from repshift.drawing.trust_curves import TrustPanel, draw_panel, title_of
from repshift.drawing.trust_page import (
    CURVE,
    HEADING,
    LEFT,
    MARK,
    SCATTER,
    TITLE,
    TOP,
    TrustSection,
    sections_of,
)
from repshift.drawing.trust_scores import draw_scatter, draw_scores, errors_of

_CENTRE: Final[dict[str, Any]] = {"horizontalalignment": "center", "verticalalignment": "bottom"}
_LETTERS: Final = 20
"""Characters of a line of a title."""

_FOOT: Final = 2 * LINE_HEIGHT * 1.25 + 0.12


def draw_figure9(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw what trust scores of a network are worth, and what its intervals hold.

    Parameters
    ----------
    cases
        Of one model, as the stage trust writes them; the one in distribution is drawn first.
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
    Two columns wide, of each output from the top: a row a score, with its rank correlation with the absolute error,
    its AUC of finding the worst maps, its risk, its AUC of telling domains apart, dotted those of the baseline; risk
    against the share of maps kept; calibration; coverage and width of conformal intervals; errors against each score.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    looks = (plotting or HOUSE).of(case.attrs["test_suite"] for case in cases)
    sections = sections_of(cases, outputs, looks)
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, TOP + sum(section.height for section in sections) + _FOOT))
        _title(figure, sections[0], looks, fields)
        top = TOP
        for section in sections:
            _draw_section(figure, section, top)
            top += section.height
        _foot(figure, sections[0], top)
    return figure


def pages_of_outputs(cases: Sequence[xr.Dataset], *, outputs: Sequence[str] = ()) -> list[list[str]]:
    """Return the outputs of each page of A4, in their order, as many as there is room for."""
    pages: list[list[str]] = []
    used = PAGE_HEIGHT
    for section in sections_of(cases, outputs, HOUSE):
        if used + section.height > PAGE_HEIGHT:
            pages.append([])
            used = TOP + _FOOT
        pages[-1].append(section.output)
        used += section.height
    return pages


def _title(figure: Figure, section: TrustSection, plotting: Plotting, fields: Mapping[str, str] | None) -> None:
    """Write the model, what it reads, and what its domains are drawn like."""
    add_model_title(figure, LEFT, section.curves[0].case, plotting, fields)
    handles: list[Artist] = [
        Line2D(
            [],
            [],
            marker="o",
            ms=3,
            lw=0.8,
            color=one.colour,
            label=f"{shortened(one.label, LETTERS)}, {_relation(one.case)}",
        )
        for one in section.curves
    ]
    add_legend(figure, LEFT, TOP - 0.1, handles, columns=3)


def _relation(case: xr.Dataset) -> str:
    return relation(str(case.attrs["in_distribution"]) == "true")


def _draw_section(figure: Figure, section: TrustSection, top: float) -> None:
    """Draw all of one output."""
    add_words(
        figure,
        LEFT,
        top,
        f"Trust in {parameter_label(section.output)}",
        fontweight="bold",
        gid=f"output {section.output}",
    )
    top += HEADING
    if section.columns:
        _draw_scores(figure, section, top)
        top += section.scores_height
    for line, panels in enumerate(section.panel_lines):
        _draw_panels(figure, section, panels, top + TITLE)
        top += section.height_of_line(line)
    if section.scatter_lines:
        _draw_scatters(figure, section, top)


def _draw_panels(figure: Figure, section: TrustSection, panels: Sequence[TrustPanel], upper: float) -> None:
    """Draw a line of panels of curves."""
    for column, panel in enumerate(panels):
        left, width = section.left_of_panel(column), section.panel_width
        axes = add_panel(figure, left, upper, width, CURVE, label=panel.label)
        draw_panel(axes, section.curves, section.scores, panel)
        words = add_words(figure, left + width / 2, upper - 0.03, title_of(panel, section.curves), **_CENTRE)
        fit_words(words, width + 0.2)


def _draw_scores(figure: Figure, section: TrustSection, top: float) -> None:
    """Draw a row a score, its name and its mark on the left."""
    upper, height = top + TITLE, section.rows_height
    marks = add_panel(figure, LEFT, upper, MARK, height, label=f"marks {section.output}")
    marks.set(xlim=(-1, 1), ylim=(len(section.scores) - 0.5, -0.5))
    marks.set_axis_off()
    each = height / len(section.scores)
    for place, score in enumerate(section.scores):
        marks.plot(
            [-1, 1], [place] * 2, color=score.colour, lw=1.4, ls="--" if score.is_baseline else "-", gid=score.name
        )
        start = LEFT + MARK + 0.05
        about: dict[str, Any] = {"verticalalignment": "center", "gid": f"score {score.name}"}
        name = add_words(figure, start, upper + (place + 0.5) * each, score.label, **about)
        fit_words(name, section.names - start - 0.06)
    for place, column in enumerate(section.columns):
        left = section.left_of(place)
        axes = add_panel(figure, left, upper, section.width, height, label=f"{column.variable} {section.output}")
        draw_scores(axes, section.curves, section.scores, column, section.output)
        words = add_words(figure, left + section.width / 2, upper - 0.03, column.title, **_CENTRE)
        fit_words(words, section.width + 0.06)


def _draw_scatters(figure: Figure, section: TrustSection, top: float) -> None:
    """Draw the errors of maps against each score."""
    ends = errors_of(section.curves, section.output)
    for place, score in enumerate(section.scores):
        line, column = divmod(place, section.scatters_a_line)
        left, upper = section.left_of_scatter(column), top + line * section.scatter_line + TITLE
        axes = add_panel(
            figure, left, upper, section.scatter_width, SCATTER, label=f"scatter {score.name} {section.output}"
        )
        axes.set_yscale("log")
        axes.set_ylim(ends[0] / 1.5, ends[1] * 1.5)
        draw_scatter(axes, section.curves, score, section.output)
        if column == 0:
            axes.set_ylabel("|error|", labelpad=0)
        else:
            axes.tick_params(which="both", labelleft=False)
            axes.yaxis.set_minor_locator(NullLocator())  # the first of a line has them; they take a third of the time
        title = in_lines(score.label, _LETTERS)
        words = add_words(figure, left + section.scatter_width / 2, upper - 0.03, title, **_CENTRE)
        fit_words(words, section.scatter_width + 0.08)


def _foot(figure: Figure, section: TrustSection, top: float) -> None:
    """Say below the panels what marks mean."""
    baseline = next((score for score in section.scores if score.is_baseline), None)
    words = []
    if baseline is not None:
        words.append(f"Dotted and dashed: {baseline.label}, the baseline.")
    if any(panel.name == "conformal" for panel in section.panels):
        case = section.curves[0].case
        level = (
            f"{100 * float(case.attrs['level']):g} %, attainable {100 * float(case.attrs['level_attainable']):.3g} %"
        )
        words.append(f"Conformal intervals of level {level}; pale: range of halves; open: some intervals are infinite.")
    for place, line in enumerate(words):
        add_words(figure, LEFT, top + 0.04 + place * LINE_HEIGHT * 1.25, line, gid=f"foot {place}")

"""Pruning: what layers are worth, whether CKA says so, and whether it is a cause of how a network does elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened
from repshift.drawing.model_title import LETTERS, add_model_title
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.pruning_page import (
    AXIS,
    HEADING,
    LEFT,
    LEGEND,
    ONE_LINE,
    PANEL,
    ROW,
    TICKS,
    TITLE,
    TOP,
    PruningPage,
    page_of,
)
from repshift.drawing.pruning_series import WAYS, correlation_words, draw_losses, marker_of, ways_of
from repshift.drawing.pruning_training import CAUSE_KINDS, draw_cause, draw_retrained, kinds_of, row_words
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, capitalised, parameter_label, relation

_SAID: Final = 4.5
"""Left edge of what correlations are of [inch]."""

_CENTRE: Final[dict[str, Any]] = {"horizontalalignment": "center", "verticalalignment": "bottom"}
_PLAIN: Final[dict[str, Any]] = {"ls": "none", "ms": 3, "color": "0.35"}


def draw_figure8(
    cases: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw what layers of a network are worth, by what replaces them, and what moving CKA does.

    Parameters
    ----------
    cases
        Of one model, as the actions `replace`, `retrain` and `cause` of the stage pruning write them, in any order.
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
    Two columns wide. From the top, a line an output: the score that each replaced layer loses, by depth, by CKA with
    the layer before and by the parameters saved; of runs of layers by their number. Then what replaced networks lose
    after training, of the score of the unchanged network after the same. Then the scores of networks whose CKA the
    loss moved, against the CKA reached.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    looks = (plotting or HOUSE).of(case.attrs["test_suite"] for case in cases)
    page = page_of(cases, outputs, looks)
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, page.height))
        _title(figure, page, looks, fields)
        top = TOP
        if page.losses_height:
            _draw_losses(figure, page, top)
        if page.rows_height:
            _draw_retrained(figure, page, top + page.losses_height)
        if page.cause_height:
            _draw_cause(figure, page, top + page.losses_height + page.rows_height)
    return figure


def _title(figure: Figure, page: PruningPage, plotting: Plotting, fields: Mapping[str, str] | None) -> None:
    """Write the model, what it reads, and what its domains are drawn like."""
    curves = {one.name: one for held in page.curves.values() for one in held}
    add_model_title(figure, LEFT, next(iter(curves.values())).case, plotting, fields)
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
        for one in curves.values()
    ]
    add_legend(figure, LEFT, TOP - 0.1, handles, columns=3)


def _relation(case: xr.Dataset) -> str:
    return relation(str(case.attrs["in_distribution"]) == "true")


def _score(case: xr.Dataset) -> str:
    """Return what the score of a case is called."""
    return "$R^2$" if str(case.attrs["score"]) == "r2" else capitalised(str(case.attrs["score"]))


def _draw_losses(figure: Figure, page: PruningPage, top: float) -> None:
    """Draw what replaced layers lose, a line an output."""
    curves, ways = page.curves["replaced"], ways_of(page.curves["replaced"])
    words = f"{_score(curves[0].case)} lost where a layer is replaced, without training"
    add_words(figure, LEFT, top, words, fontweight="bold", gid="losses")
    top += HEADING
    for line, output in enumerate(page.outputs):
        upper = top + line * page.losses_line + TITLE
        for place, one in enumerate(page.relations):
            left, width = page.left_of(place), page.width_of(place)
            axes = add_panel(figure, left, upper, width, PANEL, label=f"{one.name} {output}")
            draw_losses(axes, curves, one, output)
            axes.tick_params(labelleft=place == 0)
            said = correlation_words(curves[0].case, one, ways[-1], output)
            title = f"{parameter_label(output)}, {one.title}" + (f"\n$\\rho$ = {said}" if said else "")
            fit_words(add_words(figure, left + width / 2, upper - 0.03, title, **_CENTRE), width + 0.1)
    handles: list[Artist] = [
        Line2D([], [], marker=marker_of(way, ways), **_PLAIN, label=f"replaced by {_way_words(way)}") for way in ways
    ]
    if any("is_linear" in one.case and (one.case["is_linear"] == 1).any() for one in curves):
        handles.append(Line2D([], [], marker="o", mfc="white", **_PLAIN, label="layer that is linear"))
    add_legend(figure, LEFT, top + page.losses_height - HEADING - 0.1, handles, columns=3)
    said = f"$\\rho$: rank correlation on {shortened(curves[0].label, LETTERS)}, {_way_words(ways[-1])}"
    foot = top + page.losses_height - HEADING - 0.1
    fit_words(add_words(figure, _SAID, foot, said, va="bottom", gid="correlations"), PAGE_WIDTH - _SAID - LEFT)


def _way_words(way: str) -> str:
    return WAYS[way][1] if way in WAYS else way


def _draw_retrained(figure: Figure, page: PruningPage, top: float) -> None:
    """Draw what replaced networks lose after training, a row a network."""
    curves = page.curves["retrained"]
    words = f"{_score(curves[0].case)} lost after training, less than the unchanged network has after the same training"
    add_words(figure, LEFT, top, words, fontweight="bold", gid="retrained")
    upper = top + HEADING + ONE_LINE
    for place, row in enumerate(page.rows):
        middle = upper + (place + 0.5) * ROW
        fit_words(
            add_words(figure, LEFT, middle, row_words(row), va="center", gid=f"row {row[0]}"), page.names - LEFT - 0.1
        )
    for place, output in enumerate(page.outputs):
        left = page.left_of_rows(place)
        axes = add_panel(figure, left, upper, page.row_width, len(page.rows) * ROW, label=f"retrained {output}")
        draw_retrained(axes, curves, page.rows, output)
        add_words(figure, left + page.row_width / 2, upper - 0.03, parameter_label(output), **_CENTRE)
    handles: list[Artist] = [
        Line2D([], [], marker="o", **_PLAIN, label="after training, of the control's score"),
        Line2D([], [], marker="|", **_PLAIN, label="before, of the score of the network as it is"),
    ]
    add_legend(figure, LEFT, upper + len(page.rows) * ROW + TICKS + LEGEND, handles, columns=2)


def _draw_cause(figure: Figure, page: PruningPage, top: float) -> None:
    """Draw scores against the CKA that the loss reached."""
    words = "Is the likeness of layers a cause? Scores against the CKA that the loss reached"
    add_words(figure, LEFT, top, words, fontweight="bold", gid="cause")
    each = 2 * len(page.outputs)
    for place, (curve, score, output) in enumerate(page.cause_panels):
        line, column = divmod(place, each)
        left, upper = page.left_of_cause(column), top + HEADING + line * page.cause_line + TITLE
        axes = add_panel(figure, left, upper, page.cause_width, PANEL, label=f"{score} {curve.name} {output}")
        draw_cause(axes, curve.case, output, score=score)
        axes.set_xlabel("mean CKA of layers")
        where = curve.label if score == "target_score" else "at home"
        title = f"{_score(curve.case)} of {parameter_label(output)},\n{shortened(where, LETTERS)}"
        fit_words(
            add_words(figure, left + page.cause_width / 2, upper - 0.03, title, **_CENTRE), page.cause_width + AXIS / 2
        )
    kinds = list(dict.fromkeys(kind for curve in page.curves["cause"] for kind in kinds_of(curve.case)))
    handles: list[Artist] = []
    for name in kinds:
        marker, colour, label = CAUSE_KINDS[name]
        handles.append(Line2D([], [], marker=marker, ls="none", ms=3, color=colour, label=label))
    handles.append(Line2D([], [], marker="o", mfc="white", **_PLAIN, label="open: the score at home was not held"))
    add_legend(figure, LEFT, top + page.cause_height - 0.06, handles, columns=3)

"""The ladder of repairs of a network for a domain: what each brings, at what price, and beside which control."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repshift.drawing.layout import add_legend, add_panel, add_words, fit_words, shortened
from repshift.drawing.model_title import LETTERS, add_model_title
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.repair_curves import draw_lines, title_of
from repshift.drawing.repair_ladder import ladders_of
from repshift.drawing.repair_page import (
    CURVE,
    FOOT_LINE,
    HEADING,
    LEFT,
    NAME,
    NUMBER,
    NUMBER_TITLE,
    TITLE,
    TOP,
    Part,
    RepairSection,
    pages_of,
    sections_of,
)
from repshift.drawing.repair_rungs import CONTROL, DAGGER, draw_rungs, name_rungs
from repshift.drawing.repair_similarity import (
    NUMBERS_A_LINE,
    draw_matrices,
    draw_numbers,
    least_score,
    number_title,
)
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, parameter_label

_CENTRE: Final[dict[str, Any]] = {"horizontalalignment": "center", "verticalalignment": "bottom"}


def draw_figure7(
    repairs: Sequence[xr.Dataset],
    *,
    outputs: Sequence[str] = (),
    page: int | None = None,
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
    kind: type[Figure] = Figure,
) -> Figure:
    """Draw the repairs of a network for some domains.

    Parameters
    ----------
    repairs
        Of one model, as the actions `ladder` and `train` of the stage repair write them, several of a domain together.
    outputs
        Those drawn; none of these, or none given: the first two.
    page
        Of `n_pages`, from 0; None: all on one.
    fields
        What fields are that CMD has not, in words, by name.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.
    kind
        Of figure that is drawn.

    Returns
    -------
    Two columns wide, a section a domain. From the top: a row a rung, with its score on the target, at home and on both
    mixed, intervals, the range of splits and seeds, and the control below; scores against the simulations that tuned
    the rungs, and against their labels; CKA of layers before and after; gains against numbers without labels. Of a
    target without labels the rungs have such numbers in place of scores.

    Raises
    ------
    InputError
        If there is nothing to draw, or the files are of several models.
    """
    looks = (plotting or HOUSE).of(str(case.attrs[name]) for case in repairs for name in ("train_suite", "test_suite"))
    sections = sections_of(ladders_of(repairs, outputs, looks))
    sections = sections if page is None else pages_of(sections)[page]
    with matplotlib.rc_context(PUBLICATION):
        figure = kind(figsize=(PAGE_WIDTH, TOP + sum(section.height for section in sections)))
        add_model_title(figure, LEFT, sections[0].ladder.case, looks, fields)
        top = TOP
        for section in sections:
            _draw_section(figure, section, top)
            top += section.height
    return figure


def n_pages(repairs: Sequence[xr.Dataset], *, outputs: Sequence[str] = ()) -> int:
    """Return how many pages of A4 the figure takes."""
    return len(pages_of(sections_of(ladders_of(repairs, outputs, HOUSE))))


def _draw_section(figure: Figure, section: RepairSection, top: float) -> None:
    """Draw parts of one target."""
    names = [shortened(section.ladder.labels[side], LETTERS) for side in ("home", "target")]
    add_words(figure, LEFT, top, f"From {names[0]} to {names[1]}", fontweight="bold", gid="heading")
    top += NAME
    for part in section.parts:
        _DRAWN[part](figure, section, top)
        top += section.height_of(part)


def _draw_rungs(figure: Figure, section: RepairSection, top: float) -> None:
    """Draw a row a rung, and what marks mean."""
    score = (
        section.ladder.score_label if section.ladder.is_scored else "numbers that need no labels: the target has none"
    )
    add_words(figure, LEFT, top, f"Rungs by {score}", fontweight="bold", gid="score")
    top += HEADING
    for place in range(section.bands):
        _draw_band(figure, section, place, top)
        top += section.band
    _rung_legend(figure, section, top)


def _draw_band(figure: Figure, section: RepairSection, place: int, top: float) -> None:
    """Draw a row a rung, with as many columns as there is room for."""
    columns = section.columns_of_band(place)
    name_rungs(figure, section.rows, left=LEFT, top=top + TITLE, row=section.row, right=section.names)
    for number, column in enumerate(columns):
        left = section.left_of(number)
        title = add_words(
            figure, left + section.width / 2, top + TITLE - 0.03, column.title.replace(", ", ",\n", 1), **_CENTRE
        )
        fit_words(title, section.width + 0.04)
        height = len(section.rows) * section.row
        axes = add_panel(figure, left, top + TITLE, section.width, height, label=f"rungs {column.label}")
        draw_rungs(axes, section.rows, column, is_r2=section.ladder.is_r2)


def _rung_legend(figure: Figure, section: RepairSection, top: float) -> None:
    """Say below the rungs what marks mean."""
    plain: dict[str, Any] = {"ls": "none", "ms": 3, "color": "0.35"}
    handles: list[Artist] = [
        Line2D([], [], marker="D", **plain, label="no repair"),
        Line2D([], [], marker="o", **plain, label="repair without labels"),
    ]
    if any(entry.is_labelled for entry in section.rows):
        handles.append(Line2D([], [], marker="s", **plain, label="with labels of the target"))
    if any(column.judged_on for column in section.columns):
        handles.append(Line2D([], [], lw=3.2, color="0.35", alpha=0.25, label="range of splits and seeds"))
    if any(entry.word("control") for entry in section.rows):
        words = "control: the same steps, that term off"
        handles.append(Line2D([], [], marker="v", ls="none", ms=3, color=CONTROL, mfc="white", label=words))
    handles.append(Line2D([], [], ls=":", lw=0.6, color="0.5", label="network as it is"))
    add_legend(figure, LEFT, top + 2 * FOOT_LINE, handles, columns=3)
    if any(entry.needs_same_prior for entry in section.rows):
        words = f"{DAGGER} needs the labels of the target distributed as at home"
        add_words(figure, LEFT, top + 2 * FOOT_LINE + 0.03, words, gid="prior")


def _draw_curves(figure: Figure, section: RepairSection, top: float) -> None:
    """Draw scores against what rungs were tuned on."""
    words = f"{section.ladder.score_label} on the target by what a rung was tuned on; marks as beside its name"
    add_words(figure, LEFT, top, words, fontweight="bold")
    top += HEADING
    for place, panel in enumerate(section.curves):
        left = section.left_of_curve(place)
        axes = add_panel(figure, left, top + TITLE, section.curve_width, CURVE, label=panel.label)
        draw_lines(axes, section.ladder, panel)
        words = title_of(section.ladder, panel)
        fit_words(
            add_words(figure, left + section.curve_width / 2, top + TITLE - 0.03, words, **_CENTRE),
            section.curve_width + 0.1,
        )
        if panel.against == "simulations":
            axes.set_xlabel("simulations")


def _draw_numbers(figure: Figure, section: RepairSection, top: float) -> None:
    """Draw scores on the target against numbers that need no labels."""
    ladder = section.ladder
    words = f"{ladder.score_label} on the target after a repair, against the change of a number that needs no labels"
    add_words(figure, LEFT, top, words, fontweight="bold")
    least, each, width = least_score(ladder), section.number_lines, section.number_width
    panels = [(output, name) for output in ladder.outputs for name in section.numbers]
    for place, (output, name) in enumerate(panels):
        row, number = divmod(place, len(section.numbers))
        line, column = divmod(number, NUMBERS_A_LINE)
        left = section.left_of_number(column)
        upper = top + HEADING + (row * each + line) * section.number_line + NUMBER_TITLE
        axes = add_panel(figure, left, upper, width, NUMBER, label=f"number {name} {output}")
        draw_numbers(axes, ladder, name, output, least=least)
        axes.tick_params(labelleft=column == 0)
        if column == 0:
            axes.set_ylabel(parameter_label(output), labelpad=0)
        words = number_title(ladder, name, section.numbers[name], output)
        fit_words(add_words(figure, left + width / 2, upper - 0.03, words, **_CENTRE), width + 0.06)
    said = "$\\rho$: rank correlation of the change and the gain, over n repairs without training"
    add_words(figure, LEFT, top + section.numbers_height - 0.1, said, gid="correlations")


def _draw_similarity(figure: Figure, section: RepairSection, top: float) -> None:
    """Draw matrices of CKA."""
    name = shortened(section.ladder.labels["target"], LETTERS)
    add_words(figure, LEFT, top, f"Similarity of layers on {name}, as it is and after repairs", fontweight="bold")
    draw_matrices(figure, section.ladder, top + HEADING)


_DRAWN: Final[dict[Part, Callable[[Figure, RepairSection, float], None]]] = {
    "rungs": _draw_rungs,
    "curves": _draw_curves,
    "matrices": _draw_similarity,
    "numbers": _draw_numbers,
}
"""What draws each part of a section."""

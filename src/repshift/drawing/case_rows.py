"""What a row of cases shows beside its maps: their matrices of CKA, and the statistics of these."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repshift.drawing.cases import DrawnCase, case_title
from repshift.drawing.layout import add_legend, add_panel, add_words
from repshift.drawing.matrices import add_matrix, add_scores
from repshift.drawing.rows import LAYER_NAMES, MATRIX, Row
from repshift.drawing.spectra import Ranges, draw_distribution, draw_eigenvalues, draw_tests, legend_handles
from repshift.drawing.style import LINE_HEIGHT

Title = Callable[[DrawnCase, Sequence[DrawnCase]], str]
"""Returns the words above the matrix of a case of a row."""

Draw = Callable[[Axes], None]
"""Draws a panel."""


def draw_matrices(figure: Figure, row: Row, *, title: Title = case_title) -> None:
    """Draw the matrices of the cases of a row, each with its scores below."""
    for index, case in enumerate(row.cases):
        left, top = row.matrix_corner(index)
        how: dict[str, Any] = {"rows": case.layers, "columns": case.layers}
        how |= {"label": f"cka {case.model} {case.domain}", "ticks": {"labelleft": index % row.columns == 0}}
        add_matrix(figure, left, top, MATRIX, case.similarity, **how)
        words = title(case, row.cases)
        add_words(figure, left + MATRIX / 2, top - 0.03, words, ha="center", va="bottom", linespacing=1.1)
        add_scores(figure, left, top + MATRIX + LAYER_NAMES, MATRIX, case)


def draw_statistics(
    figure: Figure, row: Row, *, ranges: Ranges, estimator: str, more: Sequence[tuple[str, Draw]] = ()
) -> None:
    """Draw the off-diagonal values, the eigenvalues, the test where there is one, and `more` panels by name."""
    left, width, model = row.statistics, row.statistics_width, row.cases[0].model
    handles = legend_handles(row.cases)
    top = row.content + max(0, len(handles) - 2) * LINE_HEIGHT
    axis, axis_below = 0.35, 0.25
    panels: list[tuple[str, Draw]] = [
        ("distribution", partial(draw_distribution, cases=row.cases, ranges=ranges, estimator=estimator)),
        ("eigenvalues", partial(draw_eigenvalues, cases=row.cases, ranges=ranges, estimator=estimator)),
    ]
    if any(case.test for case in row.cases):
        panels.append(("test", partial(draw_tests, cases=row.cases)))
    panels += more
    height = (row.bottom - top - axis_below + axis) / len(panels) - axis
    for index, (name, draw) in enumerate(panels):
        axes = add_panel(figure, left, top + index * (height + axis), width, height, label=f"{name} {model}")
        draw(axes)
        axes.yaxis.set_label_coords(-0.33 / width, 0.5)
    add_legend(figure, left, top - 0.03, handles)

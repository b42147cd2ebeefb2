"""The same layers by several measures of similarity: a group of rows a model, a row a case, a column a measure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib
import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.cases import DrawnCase, case_label, select_cases
from repshift.drawing.layout import add_letter, add_words
from repshift.drawing.matrices import Scale, add_colour_bar, add_matrix, distance_scale, similarity_scale
from repshift.drawing.plotting import Plotting
from repshift.drawing.style import (
    COLUMN_WIDTH,
    LINE_HEIGHT,
    PAGE_WIDTH,
    PUBLICATION,
    capitalised,
    field_words,
    interval,
    number,
)
from repshift.similarity.measures import measure_of
from repshift.vocabulary import InputError

_MOST_COLUMNS: Final = 7
_LARGEST: Final = 1.4
_LEFT: Final = 0.42
_RIGHT: Final = 0.08
_GAP: Final = 0.1
_TOP: Final = 0.04
_HEADING: Final = 0.16
_TITLES: Final = 2.4 * LINE_HEIGHT
_LABEL: Final = 1.4 * LINE_HEIGHT
_MEAN: Final = 1.4 * LINE_HEIGHT
_ENDS: Final = LINE_HEIGHT
_BETWEEN: Final = 0.08
"""Between the bands of a model, and the models."""

_COLOUR_BAR: Final = 0.5
_WIDEST_BAR: Final = 2.6
_BETWEEN_BARS: Final = 0.25
_LABEL_PITCH: Final = 0.125
"""Least distance of two names of layers."""

Cases = Mapping[str, Sequence[DrawnCase]]
"""The cases of one model, by measure."""


@dataclass(frozen=True)
class Grid:
    """Where matrices lie: `columns` side by side, of a side of `matrix` inches each, measures folded over bands."""

    bands: tuple[tuple[str, ...], ...]
    columns: int
    matrix: float
    with_ends: bool

    @property
    def width(self) -> float:
        """Width of a full row of matrices."""
        return self.columns * (self.matrix + _GAP) - _GAP

    @property
    def page_width(self) -> float:
        """Width of the page."""
        return max(COLUMN_WIDTH, _LEFT + self.width + _RIGHT)

    def height(self, n_cases: int) -> float:
        """Return the height of a model's group."""
        return _HEADING + len(self.bands) * self.band(n_cases)

    def band(self, n_cases: int) -> float:
        """Return the height of a band of measures."""
        return _TITLES + n_cases * self.step + _BETWEEN

    @property
    def step(self) -> float:
        """Height of a case's row: its label, its matrices, their means."""
        return _LABEL + self.matrix + _MEAN + (_ENDS if self.with_ends else 0.0)

    def left(self, column: int) -> float:
        """Return the left edge of a matrix."""
        return _LEFT + column * (self.matrix + _GAP)


def draw_measures(
    summary: xr.Dataset,
    *,
    models: Sequence[str],
    measures: Sequence[str],
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
) -> Figure:
    """Draw the matrices of a model's cases by several measures, each similarity from 0 to 1, each distance from 0.

    Below each stands the mean of distinct layers and, where it is to be trusted, its interval.

    Parameters
    ----------
    summary
        Dimensions case, measure, layer, layer_other, as the summary stage writes it.
    models
        Names of the models, a group of rows each, with all their cases in the order of the dataset.
    measures
        Names of the measures, a column each; more than seven fold over.
    fields
        What fields are that CMD has not, in words, by name.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    At most two columns wide.

    Raises
    ------
    InputError
        If there is no model or no measure to draw, or the summary lacks one.
    """
    if not models or not measures:
        raise InputError(f"Nothing to draw: {len(models)} models and {len(measures)} measures. Name some of both.")
    groups = [
        {name: select_cases(summary, model, measure=name, plotting=plotting) for name in measures} for model in models
    ]
    scales = {name: _scale(summary, groups, name) for name in measures}
    drawn = [case for cases in groups for of_measure in cases.values() for case in of_measure]
    grid = _grid(measures, with_ends=any(map(_has_ends, drawn)))
    heights = [grid.height(len(cases[measures[0]])) for cases in groups]
    with matplotlib.rc_context(PUBLICATION):
        below = _TOP + sum(heights)
        figure = Figure(figsize=(grid.page_width, below + _COLOUR_BAR))
        for index, cases in enumerate(groups):
            top = _TOP + sum(heights[:index])
            first = cases[measures[0]][0]
            add_letter(figure, 0.08, top - 0.01, index)
            heading = f"{field_words(first.field, fields)}: model {first.model_label}"
            add_words(figure, _LEFT, top, heading, fontweight="bold", color=first.plotting.model_colour(first.model))
            _draw_group(figure, grid, top + _HEADING, cases, scales=scales)
        _add_colour_bars(figure, grid, below + 0.04, scales)
    return figure


def _scale(summary: xr.Dataset, groups: Sequence[Cases], measure: str) -> Scale:
    """Return the scale of a measure: angles up to a right one, other distances up to the largest that is drawn."""
    about = summary.sel(measure=measure)
    if not about["distance"].item():
        return similarity_scale()
    units = str(about["measure_units"].item())
    highest = max(float(case.similarity.max()) for cases in groups for case in cases[measure])
    return distance_scale(math.pi / 2 if units == "rad" else highest, units)


def _grid(measures: Sequence[str], *, with_ends: bool) -> Grid:
    n_bands = -(-len(measures) // _MOST_COLUMNS)
    columns = -(-len(measures) // n_bands)
    room = (PAGE_WIDTH - _LEFT - _RIGHT + _GAP) / columns - _GAP
    bands = tuple(tuple(measures[first : first + columns]) for first in range(0, len(measures), columns))
    return Grid(bands, columns, min(_LARGEST, room), with_ends)


def _draw_group(figure: Figure, grid: Grid, top: float, cases: Cases, *, scales: Mapping[str, Scale]) -> None:
    for measures in grid.bands:
        for column, measure in enumerate(measures):
            middle = grid.left(column) + grid.matrix / 2
            for line, words in enumerate(reversed(measure_of(measure).label.split("\n"))):
                height = top + _TITLES - 0.03 - line * LINE_HEIGHT
                add_words(figure, middle, height, words, ha="center", va="baseline")
            _draw_column(figure, grid, column, top + _TITLES, cases[measure], scale=scales[measure], measure=measure)
        top += grid.band(len(cases[measures[0]]))


def _draw_column(
    figure: Figure, grid: Grid, column: int, top: float, cases: Sequence[DrawnCase], *, scale: Scale, measure: str
) -> None:
    left, side = grid.left(column), grid.matrix
    most = max(2, int(side / _LABEL_PITCH))
    for row, case in enumerate(cases):
        upper = top + row * grid.step + _LABEL
        if column == 0:
            add_words(figure, left, upper - 0.03, case_label(case, cases), va="bottom")
        how: dict[str, Any] = {"scale": scale, "most": most, "ticks": {"labelleft": column == 0, "labelbottom": False}}
        how |= {"rows": case.layers, "columns": case.layers, "label": f"{measure} {case.model} {case.domain}"}
        add_matrix(figure, left, upper, side, case.similarity, **how)
        add_words(figure, left + side / 2, upper + side + 0.03, _mean_words(case, scale), ha="center")
        if case.mean_ends is not None and _has_ends(case):
            add_words(figure, left + side / 2, upper + side + 0.03 + _ENDS, interval(*case.mean_ends), ha="center")


def _add_colour_bars(figure: Figure, grid: Grid, top: float, scales: Mapping[str, Scale]) -> None:
    """Add one bar for all similarities and one for each distance."""
    distances = {name: scale for name, scale in scales.items() if scale.distance}
    bars = distances if len(distances) == len(scales) else {"similarity": similarity_scale(), **distances}
    width = min(_WIDEST_BAR, (grid.page_width - _LEFT - _RIGHT + _BETWEEN_BARS) / len(bars) - _BETWEEN_BARS)
    for index, (name, scale) in enumerate(bars.items()):
        left = _LEFT + index * (width + _BETWEEN_BARS)
        add_colour_bar(figure, left, top, width, scale=scale, name=name, words=_bar_words(name, scale))


def _bar_words(name: str, scale: Scale) -> str:
    words = capitalised(measure_of(name).label.replace("\n", " ")) if scale.distance else "Layer similarity"
    return words if scale.units == "1" else f"{words} [{scale.units}]"


def _has_ends(case: DrawnCase) -> bool:
    """Say whether the mean has an interval that is to be trusted."""
    return case.mean_ends is not None and case.mean_ends_hold


def _mean_words(case: DrawnCase, scale: Scale) -> str:
    words = f"mean {number(case.off_diagonal_mean)}"
    return words if scale.units == "1" else f"{words} {scale.units}"

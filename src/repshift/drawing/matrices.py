"""Matrices of layers with layer 1 at the bottom left, each on a colour scale that its bar explains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from repshift.drawing.cases import DrawnCase
from repshift.drawing.layout import add_panel, add_words, fit_words, width_of
from repshift.drawing.style import LINE_HEIGHT, estimator_label, interval, number, parameter_label

CKA_SCALE: Final = (0.0, 1.0)
BELOW_ZERO: Final = "0.85"
MOST_LABELS: Final = 14
_MOST_SCORES: Final = 2
_LONGEST_NAME: Final = 5
_NARROW: Final = 0.42
_WIDE: Final = 0.76
"""Distance of two columns of scores [inch], without and with intervals."""

_APART: Final = 0.06
"""Room between the names of two columns [inch]."""


@dataclass(frozen=True)
class Scale:
    """Colours of matrices, bright where layers are alike, and the range and unit of what they stand for."""

    colours: Colormap
    norm: Normalize
    distance: bool = False
    units: str = "1"


def similarity_scale() -> Scale:
    """Return the scale of every similarity, from 0 to 1; lower values are grey."""
    return Scale(colormaps["viridis"].with_extremes(under=BELOW_ZERO), Normalize(*CKA_SCALE))


def distance_scale(highest: float, units: str) -> Scale:
    """Return the scale of a distance, from 0, where layers are alike, to `highest`."""
    return Scale(colormaps["magma_r"], Normalize(0.0, highest), distance=True, units=units)


def draw_matrix(axes: Axes, values: npt.NDArray[np.float64], *, scale: Scale) -> None:
    """Draw a matrix (layers, layers_other), rows upwards."""
    axes.imshow(values, origin="lower", interpolation="nearest", cmap=scale.colours, norm=scale.norm)


def add_matrix(
    figure: Figure,
    left: float,
    top: float,
    side: float,
    values: npt.NDArray[np.float64],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    label: str,
    scale: Scale | None = None,
    most: int = MOST_LABELS,
    ticks: Mapping[str, Any] | None = None,
) -> Axes:
    """Add a panel of `side` inches with a matrix and the names of its layers; `ticks` go to `Axes.tick_params`."""
    axes = add_panel(figure, left, top, side, side, label=label)
    draw_matrix(axes, values, scale=scale or similarity_scale())
    if ticks:
        axes.tick_params(**ticks)
    name_layers(axes, rows=rows, columns=columns, most=most)
    return axes


def name_layers(axes: Axes, *, rows: Sequence[str], columns: Sequence[str], most: int = MOST_LABELS) -> None:
    """Write the names of layers on both axes, of at most `most` layers each.

    Names that have no room are replaced by the numbers of the layers, counted from 1. Settings of ticks, also those of
    a caller, come before the ticks: afterwards each of them would be set again, which takes as long as to make it.
    """
    axes.tick_params(axis="x", labelrotation=90)
    axes.tick_params(length=1.5, pad=1.5)
    for names, axis in ((rows, axes.yaxis), (columns, axes.xaxis)):
        named = labelled(len(names), most=most)
        short = max(map(len, names)) <= _LONGEST_NAME
        axis.set_ticks(named, [names[index] if short else str(index + 1) for index in named])


def labelled(n_layers: int, *, most: int = MOST_LABELS) -> list[int]:
    """Return which of `n_layers` layers get their name, at most `most`: evenly thinned out, always the last.

    Examples
    --------
    >>> labelled(20)
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 19]
    """
    step = -(-n_layers // most)
    kept = [index for index in range(0, n_layers, step) if index + step <= n_layers - 1]
    return [*kept, n_layers - 1]


def add_cka_colour_bar(figure: Figure, left: float, top: float, width: float, *, estimator: str) -> None:
    """Add the colour bar of all CKA matrices of a figure, at a place in inches."""
    words = f"Layer similarity, {estimator_label(estimator)} linear CKA"
    add_colour_bar(figure, left, top, width, scale=similarity_scale(), name="CKA", words=words)


def add_colour_bar(
    figure: Figure, left: float, top: float, width: float, *, scale: Scale, name: str, words: str
) -> None:
    """Add the colour bar of a scale with its `words` below it, at a place in inches."""
    bar_axes = add_panel(figure, left, top, width, 0.07, label=f"{name} colour bar")
    bar = figure.colorbar(
        ScalarMappable(scale.norm, scale.colours),
        cax=bar_axes,
        orientation="horizontal",
        extend="neither" if scale.distance else "min",
    )
    bar.set_label(words)


def score_lines(cases: Sequence[DrawnCase]) -> int:
    """Return the lines that `add_scores` needs for any of `cases`."""
    scores = max(1 + 2 * (2 if case.score_ends else 1) if case.scored else 0 for case in cases)
    return max(3, scores + (1 if any(case.mean_ends for case in cases) else 0))


def add_scores(figure: Figure, left: float, top: float, width: float, case: DrawnCase) -> None:
    """Write R^2 of the first two parameters, or accuracy, on CKA maps and the whole split, and mean CKA, with ends."""
    rows: list[tuple[str, ...]] = []
    if case.scored:
        rows.append((case.score, *(parameter_label(parameter) for parameter in case.scored[:_MOST_SCORES])))
        words = ("{} maps", "{} maps") if case.score_ends else ("{} CKA maps", "all {} maps")
        of_maps = dict(zip(("cka", "split"), words, strict=True))
        if case.n_maps.get("cka") == case.n_maps.get("split"):  # the same maps
            del of_maps["cka"]
        rows += [row for maps, of in of_maps.items() if maps in case.n_maps for row in _score_rows(case, maps, of)]
    if case.mean_ends:
        rows.append(("mean CKA", f"{number(case.off_diagonal_mean)} {interval(*case.mean_ends)}"))
    for line, (first, *values) in enumerate(rows):
        height = top + line * LINE_HEIGHT
        said = add_words(figure, left, height, first, verticalalignment="baseline")
        step = _WIDE if case.score_ends else _NARROW
        for index, (place, value) in enumerate(zip(_right_edges(left + width, len(values), step), values, strict=True)):
            written = add_words(figure, place, height, value, horizontalalignment="right", verticalalignment="baseline")
            if case.scored and line == 0:  # names of outputs are as long as they are
                fit_words(written, step - _APART if index else place - left - width_of(said) - _APART)


def _score_rows(case: DrawnCase, maps: str, words: str) -> list[tuple[str, ...]]:
    parameters = case.scored[:_MOST_SCORES]
    values = [case.scores[maps, parameter] for parameter in parameters]
    narrow = [number(value, 1 if case.score_ends and abs(value) >= 10 else 2) for value in values]
    rows = [(words.format(case.n_maps[maps]), *narrow)]
    if case.score_ends:
        rows.append(("", *(interval(*case.score_ends[maps, parameter]) for parameter in parameters)))
    return rows


def _right_edges(right: float, count: int, step: float) -> Sequence[float]:
    return [right - step * (count - 1 - index) for index in range(count)]

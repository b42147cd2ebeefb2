"""CKA matrices with layer 1 at the bottom left, on one colour scale from 0 to 1."""

from collections.abc import Sequence
from typing import Final

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from repshift.drawing.cases import DrawnCase
from repshift.drawing.layout import add_panel, add_words
from repshift.drawing.style import LINE_HEIGHT, estimator_label, number, parameter_label

CKA_SCALE: Final = (0.0, 1.0)
BELOW_ZERO: Final = "0.85"
_MOST_SCORES: Final = 2
_MOST_LABELS: Final = 14
_LONGEST_NAME: Final = 5


def draw_matrix(axes: Axes, case: DrawnCase, *, with_layer_names: bool) -> None:
    """Draw a CKA matrix, rows upwards; the names of its rows only if `with_layer_names`.

    Names that have no room are stood in for by the numbers of the layers, counted from 1.
    """
    low, high = CKA_SCALE
    axes.imshow(case.cka, origin="lower", interpolation="nearest", cmap=_colours(), vmin=low, vmax=high)
    shown = labelled(len(case.layers))
    short = max(map(len, case.layers)) <= _LONGEST_NAME
    names = [case.layers[index] if short else str(index + 1) for index in shown]
    axes.set_xticks(shown, names, rotation=90)
    axes.set_yticks(shown, names if with_layer_names else [""] * len(names))
    axes.tick_params(length=1.5, pad=1.5)


def labelled(n_layers: int) -> list[int]:
    """Return which of `n_layers` layers get their name: evenly thinned out, always the last.

    Examples
    --------
    >>> labelled(20)
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 19]
    """
    step = -(-n_layers // _MOST_LABELS)
    kept = [index for index in range(0, n_layers, step) if index + step <= n_layers - 1]
    return [*kept, n_layers - 1]


def add_cka_colour_bar(figure: Figure, left: float, top: float, width: float, *, estimator: str) -> None:
    """Add the colour bar of all CKA matrices of a figure, at a place in inches."""
    bar_axes = add_panel(figure, left, top, width, 0.07, label="CKA colour bar")
    bar = figure.colorbar(
        ScalarMappable(Normalize(*CKA_SCALE), _colours()), cax=bar_axes, orientation="horizontal", extend="min"
    )
    bar.set_label(f"Layer similarity, {estimator_label(estimator)} linear CKA")


def add_scores(figure: Figure, left: float, top: float, width: float, case: DrawnCase) -> None:
    """Write R^2 of the first two parameters, on the CKA maps and on the whole split, as a small table."""
    if not case.scored:
        return
    header = ("$R^2$", *(parameter_label(parameter) for parameter in case.scored[:_MOST_SCORES]))
    rows = [header, _score_row(case, "cka", "{} CKA maps"), _score_row(case, "split", "all {} maps")]
    for line, (first, *values) in enumerate(rows):
        height = top + line * LINE_HEIGHT
        add_words(figure, left, height, first, verticalalignment="baseline")
        for place, value in zip(_right_edges(left + width, len(values)), values, strict=True):
            add_words(figure, place, height, value, horizontalalignment="right", verticalalignment="baseline")


def _score_row(case: DrawnCase, maps: str, words: str) -> tuple[str, ...]:
    values = (number(case.r2[maps, parameter]) for parameter in case.scored[:_MOST_SCORES])
    return (words.format(case.n_maps[maps]), *values)


def _right_edges(right: float, count: int) -> Sequence[float]:
    return [right - 0.42 * (count - 1 - index) for index in range(count)]


def _colours() -> Colormap:
    return colormaps["viridis"].with_extremes(under=BELOW_ZERO)

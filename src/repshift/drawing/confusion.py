"""Confusion matrices of classifiers, a panel a case."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from repshift.drawing.layout import add_panel, add_words
from repshift.drawing.matrices import labelled
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.predictions import case_lines
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, number
from repshift.vocabulary import InputError

ABSENT: Final = "0.92"
"""Colour of the row of a class that no map is of."""

_MOST_COUNTED: Final = 6
"""Classes of a panel whose cells have room for a share and a count."""

_MOST_WRITTEN: Final = 8
"""Classes of a panel whose cells have room for a share."""

_MOST_NAMED: Final = 20
"""Classes of a panel that are all named."""

_CELL: Final = 0.34
_SMALLEST: Final = 1.36
_LETTER: Final = 0.057
"""Width of a letter of a class [inch]."""

_LONGEST: Final = 16
"""Letters of a class that are written."""

_UPRIGHT: Final = 3
"""Letters of classes whose names stand upright below a panel."""

_EDGE: Final = 0.12
_AXIS: Final = 0.24


def draw_confusion(
    predictions: Sequence[xr.Dataset],
    *,
    counts: Sequence[npt.NDArray[np.int64]],
    accuracy: Mapping[tuple[str, str], Sequence[float]] | None = None,
    plotting: Plotting | None = None,
) -> Figure:
    """Draw how often each class (rows) is named each class (columns): share of the row and number of maps.

    The colour is that of the domain, white for a share of 0 and full for 1; the row of a class that no map is of is
    grey.

    Parameters
    ----------
    predictions
        A dataset a case: coordinate ``class``; attributes model, domain, field, train_suite, test_suite,
        in_distribution ("true" or "false"), and ``parameter``, the label that holds the class.
    counts
        Of each, (n_classes, n_classes): maps by true and named class.
    accuracy
        By model and domain: the accuracy, and the ends of its interval where there is one.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    At most two columns wide, where the classes allow.

    Raises
    ------
    InputError
        If there is no case to draw.
    """
    if not predictions:
        raise InputError("Nothing to draw: no case of a classifier. Give one.")
    looks = (plotting or HOUSE).of(case.attrs["test_suite"] for case in predictions)
    names = [[_short(str(name)) for name in case["class"].to_numpy()] for case in predictions]
    margin = _AXIS + _LETTER * max(len(name) for of_case in names for name in of_case)
    largest = (PAGE_WIDTH - _EDGE) / 2 - margin - _EDGE - 0.01  # two fit beside each other
    side = float(np.clip(_CELL * max(map(len, names)), _SMALLEST, largest))
    columns = min(len(predictions), max(1, int((PAGE_WIDTH - _EDGE) / (margin + side + _EDGE))))
    titles = [_title(case, predictions, looks, accuracy or {}) for case in predictions]
    above = (max(title.count("\n") for title in titles) + 1.6) * LINE_HEIGHT
    fold = above + side + margin + _EDGE
    with matplotlib.rc_context(PUBLICATION):
        width, height = _EDGE + columns * (margin + side + _EDGE), -(-len(predictions) // columns) * fold
        figure = Figure(figsize=(width, height))
        for index, (case, title) in enumerate(zip(predictions, titles, strict=True)):
            row, column = divmod(index, columns)
            left, top = _EDGE + column * (margin + side + _EDGE) + margin - _EDGE / 2, row * fold + above
            add_words(figure, left + side / 2, top - 0.03, title, ha="center", va="bottom", linespacing=1.1)
            axes = add_panel(figure, left, top, side, side, label=f"{case.attrs['model']} {case.attrs['domain']}")
            colour = looks.case_colour(case.attrs["domain"], case.attrs["test_suite"])
            _draw_panel(axes, counts[index], names[index], colour=colour, label=str(case.attrs["parameter"]))
    return figure


def _title(
    case: xr.Dataset,
    predictions: Sequence[xr.Dataset],
    plotting: Plotting,
    accuracy: Mapping[tuple[str, str], Sequence[float]],
) -> str:
    """Return the lines above a panel, its accuracy the last."""
    lines = case_lines(case, predictions, plotting)
    known = accuracy.get((case.attrs["model"], case.attrs["domain"]))
    if known is None:
        return lines
    value, *ends = map(number, known)
    return f"{lines}\naccuracy {value}" + (f" [{', '.join(ends)}]" if ends else "")


def _short(name: str) -> str:
    """Return a class in as many letters as there is room for."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _draw_panel(axes: Axes, counts: npt.NDArray[np.int64], names: Sequence[str], *, colour: str, label: str) -> None:
    """Draw the matrix of a case."""
    of_class = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, of_class, out=np.full(counts.shape, np.nan), where=of_class > 0)
    colours = LinearSegmentedColormap.from_list(colour, ["white", colour]).with_extremes(bad=ABSENT)
    axes.imshow(np.ma.masked_invalid(shares), cmap=colours, vmin=0, vmax=1, interpolation="nearest")
    named = labelled(len(names), most=_MOST_NAMED)
    axes.tick_params(length=1.5, pad=1.5)
    axes.tick_params(axis="x", labelrotation=90 if max(map(len, names)) > _UPRIGHT else 0)
    axes.set_xticks(named, [names[place] for place in named])
    axes.set_yticks(named, [names[place] for place in named])
    axes.set(xlabel="Predicted class", ylabel=f"True {label}")
    if len(names) <= _MOST_WRITTEN:
        _write_cells(axes, shares, counts, colours, with_counts=len(names) <= _MOST_COUNTED)


def _write_cells(
    axes: Axes,
    shares: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int64],
    colours: Colormap,
    *,
    with_counts: bool,
) -> None:
    """Write the share of each cell and, where there is room, its number of maps."""
    for (row, column), share in np.ndenumerate(shares):
        words = f"{number(share)}\n{counts[row, column]}" if with_counts else number(share)
        dark = np.isfinite(share) and np.dot(colours(float(share))[:3], (0.3, 0.59, 0.11)) < 0.5
        look: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if dark else "black"}
        axes.text(column, row, words, linespacing=1.1, **look)

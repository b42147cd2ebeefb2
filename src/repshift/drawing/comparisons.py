"""Networks compared with each other: a panel for each two, the layers of the one against those of the other."""

import math
from collections.abc import Sequence
from typing import Any, Final

import matplotlib
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from repshift.drawing.layout import add_legend, add_letter, add_words
from repshift.drawing.matrices import add_cka_colour_bar, add_matrix
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, cka_measure, number
from repshift.vocabulary import InputError

_MOST_COLUMNS: Final = 3
_MATRIX: Final = 1.55
_LEFT: Final = 0.7
_RIGHT: Final = 0.08
_NARROWEST_PAGE: Final = 2.55
_STEP_ACROSS: Final = (PAGE_WIDTH - _LEFT - _MATRIX - _RIGHT) / (_MOST_COLUMNS - 1)
_ABOVE: Final = 0.06 + 2.4 * LINE_HEIGHT
_BELOW: Final = 0.68
_STEP_DOWN: Final = _ABOVE + _MATRIX + _BELOW
_FOOT: Final = 0.62
_PAIRED: Final = {"map": "the same {} maps", "simulation": "{} maps, by simulation"}

_CASES: Final = ("model", "domain", "model_other", "domain_other")
_DOT: Final[dict[str, Any]] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.6,
}


def draw_comparisons(
    comparisons: Sequence[xr.Dataset],
    table: pd.DataFrame,
    *,
    estimator: str = "debiased",
    plotting: Plotting | None = None,
) -> Figure:
    """Draw the CKA of every layer of one network with every layer of another, a panel for each two.

    A dot marks, in each row, the layer of the other network that is most similar to it. Above each panel stand the
    mean of all pairs of layers and, where both networks have the same layers, of each layer with its namesake.

    Parameters
    ----------
    comparisons
        A dataset for each two, as the stage cka writes it; more than three fold over. Attributes model, domain,
        model_other, domain_other, pairing.
    table
        A row for each two and each measure, as the summary stage writes it: these attributes, measure, mean, and
        diagonal_mean, which is NaN where layers differ.
    estimator
        "biased", "debiased" or "minibatch".
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    At most two columns wide.

    Raises
    ------
    InputError
        If there is nothing to draw, the estimator is unknown, or the table lacks a comparison.
    """
    if not comparisons:
        raise InputError("Nothing to draw: there is no comparison. Give one or more.")
    measure = cka_measure(estimator)
    lines = -(-len(comparisons) // _MOST_COLUMNS)
    columns = min(len(comparisons), _MOST_COLUMNS)
    width = max(_NARROWEST_PAGE, _LEFT + (columns - 1) * _STEP_ACROSS + _MATRIX + _RIGHT)
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(width, lines * _STEP_DOWN + _FOOT))
        for index, comparison in enumerate(comparisons):
            line, column = divmod(index, _MOST_COLUMNS)
            left, top = _LEFT + column * _STEP_ACROSS, line * _STEP_DOWN + _ABOVE
            row, looks = _row(table, comparison, measure), plotting or HOUSE
            _draw_panel(figure, left, top, comparison, row, measure=measure, plotting=looks)
            add_letter(figure, left - _LEFT + 0.08, top - _ABOVE + 0.05, index)
        foot = lines * _STEP_DOWN + 0.02
        add_cka_colour_bar(figure, _LEFT, foot, _MATRIX, estimator=estimator)
        add_legend(figure, _LEFT, foot + 0.54, [_dot()])
    return figure


def _row(table: pd.DataFrame, comparison: xr.Dataset, measure: str) -> pd.Series:
    """Return the row of the table that is of a comparison."""
    wanted = {**{name: comparison.attrs[name] for name in _CASES}, "measure": measure}
    found = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    if len(found) != 1:
        named = ", ".join(f"{name} '{value}'" for name, value in wanted.items())
        raise InputError(f"The table of comparisons has {len(found)} rows of {named}; expected one.")
    return found.iloc[0]


def _draw_panel(
    figure: Figure,
    left: float,
    top: float,
    comparison: xr.Dataset,
    row: pd.Series,
    *,
    measure: str,
    plotting: Plotting,
) -> None:
    values = comparison[measure].to_numpy()
    rows, columns = ([str(name) for name in comparison[axis].to_numpy()] for axis in ("layer", "layer_other"))
    named = comparison.attrs
    models, domains = ([named[f"{name}{side}"] for side in ("", "_other")] for name in ("model", "domain"))
    pairs = list(zip(models, domains, strict=True))
    label = " ".join(f"{model} shown {domain}" for model, domain in pairs)
    axes = add_matrix(figure, left, top, _MATRIX, values, rows=rows, columns=columns, label=f"cka {label}")
    axes.plot(values.argmax(axis=1), np.arange(len(rows)), **_DOT)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(-0.5, len(rows) - 0.5), aspect="auto")
    cases = [f"{plotting.model_label(model)}\nshown {plotting.domain_label(domain)}" for model, domain in pairs]
    first, other = ({"ma": "center", "color": plotting.model_colour(model)} for model in models)
    add_words(figure, left - 0.36, top + _MATRIX / 2, cases[0], ha="right", va="center", rotation=90, **first)
    add_words(figure, left + _MATRIX / 2, top + _MATRIX + 0.34, cases[1], ha="center", **other)
    words = f"{_PAIRED[named['pairing']].format(comparison.sizes['map'])}\n{_means(row)}"
    add_words(figure, left + _MATRIX / 2, top - 0.03, words, ha="center", va="bottom", linespacing=1.1)


def _means(row: pd.Series) -> str:
    """Return the words of the means of all pairs and, where there is one, of the diagonal."""
    diagonal = row["diagonal_mean"]
    return f"mean {number(row['mean'])}" + ("" if math.isnan(diagonal) else f", diagonal {number(diagonal)}")


def _dot() -> Line2D:
    return Line2D([], [], label="most similar layer of a row", **_DOT)

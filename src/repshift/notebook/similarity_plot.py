"""The similarity of layers as a figure of a notebook, by the functions that draw the workflow's."""

from collections.abc import Sequence
from typing import Any, Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from repshift.drawing.layout import add_words
from repshift.drawing.matrices import (
    add_colour_bar,
    add_matrix,
    draw_matrix,
    name_layers,
    similarity_scale,
)
from repshift.drawing.style import PUBLICATION, number, relation
from repshift.notebook.figure import NotebookFigure
from repshift.similarity.arrays import array_of
from repshift.similarity.stacks import names_of
from repshift.vocabulary import InputError

_SIDE: Final = 2.2
_LEFT: Final = 0.5
_STEP: Final = _SIDE + 0.2
_TOP: Final = 0.25
_BELOW: Final = 0.85

_CELL: Final = 65.0
"""Font size [points] of a number in the only cell of a matrix of `_SIDE`."""


def plot_similarity(
    matrix_or_dataset: Any,  # noqa: ANN401 - an array, a tensor, a DataArray or a Dataset
    *,
    layers: Sequence[str] | None = None,
    ax: Axes | None = None,
    annotate: bool = False,
) -> Figure:
    """Draw the similarity of every pair of layers, from 0 to 1, layer 1 at the bottom left.

    Parameters
    ----------
    matrix_or_dataset
        (layers, layers_other), as of `repshift.cka_matrix`; a DataArray names its layers. Or what `repshift.compare`
        returns: a panel for each domain.
    layers
        Names of the layers, of rows and columns; None: those that the matrix carries, else their numbers from 1.
    ax
        Axes to draw a single matrix in; None: a figure of its own.
    annotate
        Whether each cell says its number.

    Returns
    -------
    The figure, which a notebook shows. Values below 0 are grey.

    Raises
    ------
    InputError
        If there is no matrix, names are not as many as layers, or axes are given for two matrices.

    Examples
    --------
    >>> len(plot_similarity(np.eye(3)).axes)
    2
    """
    panels, estimator = _panels(matrix_or_dataset)
    named = [(title, values, *_names(values, carried, layers)) for title, values, carried in panels]
    words = f"Layer similarity, {estimator}linear CKA" if estimator else "Layer similarity"
    if ax is not None:
        if len(named) > 1:
            raise InputError("ax takes one matrix, and the dataset has one a domain: give dataset.sel(domain='out').")
        figure = _draw_in(ax, *named[0], words=words)
        if annotate:
            _write_numbers(ax, named[0][1])
        return figure
    with matplotlib.rc_context(PUBLICATION):
        width = _LEFT + len(named) * _STEP
        figure = NotebookFigure(figsize=(width, _TOP + _SIDE + _BELOW))
        for index, (title, values, rows, columns) in enumerate(named):
            left, ticks = _LEFT + index * _STEP, {"labelleft": index == 0}
            how: dict[str, Any] = {"rows": rows, "columns": columns, "label": f"cka {title}".strip(), "ticks": ticks}
            axes = add_matrix(figure, left, _TOP, _SIDE, values, **how)
            axes.set_aspect("auto")
            if annotate:
                _write_numbers(axes, values)
            add_words(figure, left + _SIDE / 2, _TOP - 0.04, title, ha="center", va="bottom")
        add_colour_bar(figure, _LEFT, _TOP + _SIDE + 0.42, _SIDE, scale=similarity_scale(), name="CKA", words=words)
    return figure


def _panels(given: Any) -> tuple[list[tuple[str, npt.NDArray[np.float64], xr.DataArray | None]], str]:  # noqa: ANN401
    """Return the title, the values and, where it is known, the array with coordinates of each matrix; the estimator."""
    if isinstance(given, xr.Dataset):
        if "cka" not in given:
            raise InputError(f"The dataset has no variable 'cka'. It has {', '.join(map(str, given.data_vars))}.")
        matrix, estimator = given["cka"], f"{given.attrs.get('estimator', '')} ".lstrip()
        if "domain" not in matrix.dims:
            return [("", matrix.to_numpy(), matrix)], estimator
        parts = {str(name): matrix.sel(domain=name) for name in matrix["domain"].to_numpy()}
        words = {"in": relation(True), "out": relation(False)}
        return [(words.get(name, name), one.to_numpy(), one) for name, one in parts.items()], estimator
    values = array_of(given)
    return [("", np.asarray(values, dtype=np.float64), given if isinstance(given, xr.DataArray) else None)], ""


def _names(
    values: npt.NDArray[np.float64], carried: xr.DataArray | None, layers: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Return the names of the rows and of the columns of a matrix."""
    if values.ndim != 2 or 0 in values.shape:
        raise InputError(f"A matrix of similarity has the shape (layers, layers_other); found {values.shape}.")
    if layers is not None:
        if set(values.shape) != {len(layers)}:
            raise InputError(f"{len(layers)} names of layers were given for a matrix {values.shape}.")
        return [str(name) for name in layers], [str(name) for name in layers]
    numbers = [[str(place + 1) for place in range(n)] for n in values.shape]
    rows = list(names_of(carried) or numbers[0])
    if carried is None or "layer_other" not in carried.coords:
        return rows, rows if len(rows) == len(numbers[1]) else numbers[1]
    return rows, [str(name) for name in carried["layer_other"].to_numpy()]


def _write_numbers(axes: Axes, values: npt.NDArray[np.float64]) -> None:
    """Write the number of each cell in it, dark on bright and bright on dark."""
    words: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": min(6.0, _CELL / max(values.shape))}
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, number(value), color="white" if 0 <= value < 0.6 else "black", **words)


def _draw_in(
    ax: Axes, title: str, values: npt.NDArray[np.float64], rows: list[str], columns: list[str], *, words: str
) -> Figure:
    """Draw a matrix in axes of the user's own, with a colour bar beside them; return their figure."""
    scale = similarity_scale()
    draw_matrix(ax, values, scale=scale)
    name_layers(ax, rows=rows, columns=columns)
    if title:
        ax.set_title(title)
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("The axes are of no figure. Give axes of one, as of figure.add_subplot().")
    figure.colorbar(ScalarMappable(scale.norm, scale.colours), ax=ax, extend="min", label=words)
    return figure

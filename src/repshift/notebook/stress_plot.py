"""A stress as a figure of a notebook, by the functions that draw the workflow's."""

import json
from collections.abc import Sequence
from typing import Final

import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.figure4 import draw_figure4
from repshift.notebook.figure import NotebookFigure
from repshift.vocabulary import InputError

_CASE: Final = {"model": "network", "domain": "maps", "test_suite": "maps", "in_distribution": "true"}
"""What a file of the workflow says of its case."""


def plot_stress(dataset: xr.Dataset, *, outputs: Sequence[str] = (), axes: Sequence[str] | None = None) -> Figure:
    """Draw what a stress does: a row an axis, R^2 of two outputs with bands and critical strengths, what warns before.

    Parameters
    ----------
    dataset
        As `repshift.stress` returns it, or a file of the workflow's stage stress.
    outputs
        Those that are drawn; none: the first two.
    axes
        Those that are drawn; None: all.

    Returns
    -------
    Two columns wide. Bands hold all strengths and axes at once. Of classes accuracy and log loss are drawn.

    Raises
    ------
    InputError
        If the dataset is none of `repshift.stress`, was made without labels, or has no such output or axis.
    """
    if not isinstance(dataset, xr.Dataset) or "axes" not in dataset.attrs or "level" not in dataset.dims:
        what = "Dataset" if isinstance(dataset, xr.Dataset) else type(dataset).__name__
        raise InputError(f"What is drawn is a Dataset of repshift.stress; found another {what}.")
    if not dataset.sizes["output"]:
        raise InputError("The stress was made without labels, so nothing is scored. Give repshift.stress labels.")
    known = {"output": dataset["output"].to_numpy().tolist(), "axis": list(dict.fromkeys(dataset["axis"].to_numpy()))}
    for word, asked in (("output", outputs), ("axis", axes or ())):
        for name in asked:
            if name not in known[word]:
                raise InputError(f"The stress has no {word} '{name}'. There are {', '.join(map(str, known[word]))}.")
    named = dataset.assign_attrs({name: dataset.attrs.get(name, word) for name, word in _CASE.items()})
    named = named.assign_attrs(axes=json.loads(dataset.attrs["axes"]))
    return draw_figure4([named], outputs=outputs, axes=axes, kind=NotebookFigure)

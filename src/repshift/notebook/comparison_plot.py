"""A comparison of two domains as a figure of a notebook, by the functions that draw the workflow's."""

from functools import partial
from typing import Any, Final

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from repshift.drawing.case_rows import draw_matrices, draw_statistics
from repshift.drawing.cases import DrawnCase
from repshift.drawing.layout import add_words
from repshift.drawing.matrices import (
    add_cka_colour_bar,
    score_lines,
)
from repshift.drawing.plotting import HOUSE
from repshift.drawing.rows import LAYER_NAMES, MATRIX, Row
from repshift.drawing.spectra import shared_ranges
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, interval, number, relation
from repshift.evidence.shift_scores import LAYER_SCORES
from repshift.notebook.figure import NotebookFigure
from repshift.statistics.blocks import eigenvalues
from repshift.vocabulary import InputError

_MORE: Final = 0.9
"""Height of a comparison beyond that of a row of the workflow's figures, for a third panel of statistics."""

_LEGEND: Final = 0.38
"""Height of the legend of distances."""

_COMPARED: Final = ("cka", "off_diagonal_mean", "distance")
"""Variables without which a dataset is none of `repshift.compare`."""


def plot_comparison(dataset: xr.Dataset) -> Figure:
    """Draw a network in two domains: matrices of CKA, their off-diagonal values and eigenvalues, distances by layer.

    Parameters
    ----------
    dataset
        As `repshift.compare` returns it, with or without intervals, test and scores.

    Returns
    -------
    Two columns wide; below the matrices stand R^2 of the first two outputs, and the mean with its 95 % interval.

    Raises
    ------
    InputError
        If the dataset is none of `repshift.compare`, has a single layer, or no distance that is a number.
    """
    _require_compared(dataset)
    cases = [_case(dataset, str(name)) for name in dataset["domain"].to_numpy()]
    estimator = str(dataset.attrs["estimator"])
    with matplotlib.rc_context(PUBLICATION):
        row = Row(cases, 0, 0.0, 2, 1.3 * LINE_HEIGHT, _MORE, with_maps=False)
        figure = NotebookFigure(figsize=(PAGE_WIDTH, row.bottom + _LEGEND))
        draw_matrices(figure, row, title=lambda case, _cases: relation(case.in_distribution))
        more = [("distances", partial(_draw_distances, distances=dataset["distance"]))]
        draw_statistics(figure, row, ranges=shared_ranges(cases), estimator=estimator, more=more)
        below = row.content + MATRIX + LAYER_NAMES + score_lines(cases) * LINE_HEIGHT
        add_cka_colour_bar(figure, row.matrices, below, row.matrices_width, estimator=estimator)
        add_words(figure, row.matrices, below + 0.5, _change(dataset))
    return figure


def _require_compared(dataset: xr.Dataset) -> None:
    if not isinstance(dataset, xr.Dataset):
        raise InputError(f"A comparison is a Dataset, as of repshift.compare; found a {type(dataset).__name__}.")
    if dataset.sizes.get("layer") == 1:
        raise InputError("The comparison has a single layer, so there is no pair to draw. Record two or more.")
    missing = [name for name in _COMPARED if name not in dataset]
    if missing or "domain" not in dataset.dims:
        raise InputError(f"The dataset is none of repshift.compare: it lacks {', '.join(missing) or 'domains'}.")
    if dataset["distance"].isnull().all():
        raise InputError("All distances of the comparison are NaN. Expected one layer or more that has a number.")


def _case(dataset: xr.Dataset, domain: str) -> DrawnCase:
    """Return one domain as figures of the workflow know a case."""
    one = dataset.sel(domain=domain)
    matrix, suites = one["cka"].to_numpy(), ("maps_in", "maps_out")
    ends = [f"off_diagonal_mean_{end}" for end in ("low", "high")]
    return DrawnCase(
        model="network",
        domain=domain,
        field="",
        train_suite=suites[0],
        test_suite=f"maps_{domain}",
        in_distribution=domain == "in",
        layers=tuple(str(name) for name in one["layer"].to_numpy()),
        similarity=matrix,
        eigenvalues=eigenvalues(matrix),
        off_diagonal_mean=float(one["off_diagonal_mean"]),
        n_maps={"cka": int((dataset["map_domain"] == domain).sum())},
        mean_ends=(float(one[ends[0]]), float(one[ends[1]])) if ends[0] in one else None,
        plotting=HOUSE.of(suites),
        scores=_scores(one),
        score="accuracy" if _is_classifier(one) else "$R^2$",
    )


def _is_classifier(one: xr.Dataset) -> bool:
    """Say whether the labels of a comparison are classes."""
    return "score" in one and "accuracy" in one["score_name"].to_numpy()


def _scores(one: xr.Dataset) -> dict[tuple[str, str], float]:
    """Return R^2, or the accuracy, of each output of one domain, as a case has it; none without labels."""
    if "score" not in one or np.isnan(one["score"]).all():
        return {}
    shown = one["score"].sel(score_name="accuracy" if _is_classifier(one) else "r2").to_numpy().tolist()
    return {("cka", str(name)): value for name, value in zip(one["output"].to_numpy(), shown, strict=True)}


def _draw_distances(axes: Axes, distances: xr.DataArray) -> None:
    """Draw each distance between the domains by layer, over the largest of it: 0 in all layers stays 0."""
    places = np.arange(1, distances.sizes["layer"] + 1)
    for name in distances.dropna("measure", how="all")["measure"].to_numpy():
        values = distances.sel(measure=name).to_numpy()
        largest = np.nanmax(np.abs(values))
        label = LAYER_SCORES[str(name)].label if str(name) in LAYER_SCORES else str(name)
        axes.plot(places, values / largest if largest else values, marker=".", markersize=3, label=label)
    axes.set(xlabel="Layer", ylabel="Distance / largest")
    axes.set_xlim(0.3, len(places) + 0.7)
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.5), "ncols": 3}
    axes.legend(**place, handlelength=1.0, columnspacing=0.8, labelspacing=0.15, borderpad=0, borderaxespad=0)


def _change(dataset: xr.Dataset) -> str:
    """Return the words of the change of the mean, with its interval and the p-value where they are there."""
    name = "off_diagonal_mean_change"
    words = f"mean CKA, out less in: {number(float(dataset[name]), 3)}"
    if f"{name}_low" in dataset and np.isfinite(dataset[f"{name}_low"]):
        words += f" {interval(float(dataset[f'{name}_low']), float(dataset[f'{name}_high']))}"
    if f"{name}_p_value" in dataset and np.isfinite(dataset[f"{name}_p_value"]):
        words += f", p = {float(dataset[f'{name}_p_value']):.2g}"
    return words

"""A comparison of two domains as a figure of a notebook, by the functions that draw the workflow's."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, MultipleLocator

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
from repshift.evidence.shift_scores.layer_distances import AUC
from repshift.notebook.figure import NotebookFigure
from repshift.statistics.blocks import eigenvalues
from repshift.vocabulary import InputError

_MORE: Final = 0.9
"""Height of a comparison beyond that of a row of the workflow's figures, for a third panel of statistics."""

_LEGEND: Final = 0.38
"""Height of the legend of distances."""

_MOST_NAMES: Final = 12
"""Layers that have their names below the panels."""

_LETTER: Final = 0.062
"""Width of a letter [inch], the widest except capitals."""

_KEY_LEFT: Final = 0.42
_KEY_WIDTH: Final = PAGE_WIDTH - 1.0
"""Where the names of layers begin, right of the word before them, and how wide they may be together."""

_ENDS: Final = ("_low", "_high")
_SMALL: Final = 0.01
"""Change whose interval takes more than two decimals."""

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
    Distances are over the largest of each, except the AUC of the domain classifier. Layers are numbered from 1 in the
    order of the dataset; up to twelve are named below.

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
        key, bottom = _key(cases[0].layers), row.bottom + _LEGEND
        lines = len(key[0]) + 1 if key else 0
        figure = NotebookFigure(figsize=(PAGE_WIDTH, bottom + lines * LINE_HEIGHT))
        draw_matrices(figure, row, title=lambda case, _cases: relation(case.in_distribution))
        more = [("distances", partial(_draw_distances, distances=dataset["distance"]))]
        draw_statistics(figure, row, ranges=shared_ranges(cases), estimator=estimator, more=more)
        below = row.content + MATRIX + LAYER_NAMES + score_lines(cases) * LINE_HEIGHT
        add_cka_colour_bar(figure, row.matrices, below, row.matrices_width, estimator=estimator)
        add_words(figure, row.matrices, below + 0.5, _change(dataset))
        if key:
            _add_key(figure, row.matrices, bottom + 0.5 * LINE_HEIGHT, key)
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
    """Draw each distance between the domains by layer, over the largest of it: 0 in all layers stays 0.

    The AUC of the domain classifier is as it is: it has a range, and 0.5 where the domains are alike.
    """
    places = np.arange(1, distances.sizes["layer"] + 1)
    kept = distances.dropna("measure", how="all")
    names = [str(name) for name in kept["measure"].to_numpy()]
    lowest = 0.0
    for name in names:
        values = distances.sel(measure=name).to_numpy()
        largest = 1.0 if name == AUC.name else float(np.nanmax(np.abs(values)))
        values = values / largest if largest else values
        lowest = min(lowest, float(np.nanmin(values)))
        axes.plot(places, values, marker=".", markersize=3, label=_label(name))
    if AUC.name in names:
        axes.axhline(0.5, color="0.5", linestyle=":", linewidth=0.8, label="AUC by chance")
    axes.set(xlabel="Layer", ylabel="Distance / max.", ylim=(1.05 * lowest - 0.05, 1.05))
    axes.yaxis.set_major_locator(MultipleLocator(0.5))
    axes.xaxis.set_major_locator(
        FixedLocator(places.tolist())
        if len(places) <= _MOST_NAMES
        else MaxNLocator(8, integer=True, steps=[1, 2, 5, 10])
    )
    axes.set_xlim(0.3, len(places) + 0.7)
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.5), "ncols": 3}
    axes.legend(**place, handlelength=1.0, columnspacing=0.8, labelspacing=0.15, borderpad=0, borderaxespad=0)


def _label(name: str) -> str:
    if name == AUC.name:
        return "classifier AUC"
    return LAYER_SCORES[name].label if name in LAYER_SCORES else name


def _key(names: Sequence[str]) -> list[list[str]]:
    """Return columns of words, each a layer's number and name, that fit below the panels; none of too many layers.

    A name that is wider than the page keeps its end, where layers differ.
    """
    if len(names) > _MOST_NAMES:
        return []
    most = int(_KEY_WIDTH / _LETTER)
    whole = [f"{number}  {name}" for number, name in enumerate(names, start=1)]
    short = [one if len(one) <= most else f"{number}  …{one[5 - most :]}" for number, one in enumerate(whole, start=1)]
    columns = max(1, int(_KEY_WIDTH / (_LETTER * (max(map(len, short)) + 2))))
    lines = -(-len(short) // columns)
    return [short[start : start + lines] for start in range(0, len(short), lines)]


def _add_key(figure: Figure, left: float, top: float, key: Sequence[Sequence[str]]) -> None:
    """Write which layer each number is."""
    add_words(figure, left, top, "Layers")
    width = _LETTER * (max(len(one) for column in key for one in column) + 2)
    for place, column in enumerate(key):
        for line, words in enumerate(column):
            place_in = left + _KEY_LEFT + place * width, top + line * LINE_HEIGHT
            add_words(figure, *place_in, words, parse_math=False)


def _change(dataset: xr.Dataset) -> str:
    """Return the words of the change of the mean, with its interval and the p-value where they are there."""
    name = "off_diagonal_mean_change"
    value, bounds = float(dataset[name]), [float(dataset[f"{name}{end}"]) for end in _ENDS if f"{name}{end}" in dataset]
    words = f"mean CKA, out less in: {_digits(value, 3)}"
    if bounds and np.isfinite(bounds).all():
        is_small = 0 < max(map(abs, bounds)) < _SMALL
        words += f" [{', '.join(_digits(end, 3) for end in bounds)}]" if is_small else f" {interval(*bounds)}"
    if f"{name}_p_value" in dataset and np.isfinite(dataset[f"{name}_p_value"]):
        words += f"\np = {float(dataset[f'{name}_p_value']):.2g}"
    return words


def _digits(value: float, decimals: int) -> str:
    """Return a number with some decimals, or with a power of ten where these are all zeros."""
    if 0 < abs(value) < 0.5 * 10.0**-decimals:
        return f"{value:.1e}".replace("-", "\N{MINUS SIGN}")
    return number(value, decimals)

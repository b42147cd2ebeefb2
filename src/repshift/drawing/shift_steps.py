"""Panels of figure 2: numbers along the steps of a shift, against numbers of simulations, of estimators, of layers."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.plotting import Plotting
from repshift.drawing.style import number, parameter_label

FLOOR: Final = -1.0
"""R^2 below which a point is a triangle on the axis, with its number."""

MEAN_CKA: Final = "Mean CKA of layers"
"""Label of the axes that show the block."""

ESTIMATORS: Final[dict[str, Any]] = {"debiased": "-", "biased": (0, (3, 1.5))}
"""Lines of the two estimators."""

_SYMBOLS: Final = ("o", "s", "D", "^", "P", "X")
_WRITTEN: Final = (
    "\N{BLACK CIRCLE}\N{BLACK SQUARE}\N{BLACK DIAMOND}\N{BLACK UP-POINTING TRIANGLE}+\N{MULTIPLICATION SIGN}"
)
_BAND: Final = 0.18
_SMALL: Final = 5.5
_POINT: Final[dict[str, Any]] = {"markersize": 3.4, "markeredgewidth": 0.7, "linestyle": "none", "clip_on": False}
_BAR: Final[dict[str, Any]] = {"elinewidth": 0.7, "capsize": 1.4, "capthick": 0.5}

Stores = Mapping[str, xr.Dataset]
"""What a stage wrote of a model shown each domain, by the domain."""


def step_colours(steps: pd.DataFrame, plotting: Plotting) -> dict[str, str]:
    """Return the colour of each domain: that of its own suite, and for the other and its steps that of the other."""
    suites = steps.drop_duplicates("domain")["test_suite"].tolist()
    domains = steps["domain"].drop_duplicates().tolist()
    return {domain: plotting.case_colour(domain, suites[min(index, 1)]) for index, domain in enumerate(domains)}


def symbol_words(parameters: Sequence[str]) -> str:
    """Return which symbol of `draw_scores` is which parameter."""
    words = [f"{_WRITTEN[index % len(_WRITTEN)]} {parameter_label(name)}" for index, name in enumerate(parameters)]
    return ", ".join(words)


def draw_block(axes: Axes, trained: pd.DataFrame, untrained: pd.DataFrame | None, *, plotting: Plotting) -> None:
    """Draw the mean of distinct layers along the steps: filled where the network is trained, open where it is not."""
    colours = step_colours(trained, plotting)
    for table, face, shift, label in ((trained, None, -0.1, "trained"), (untrained, "white", 0.1, "untrained")):
        if table is None:
            continue
        shown = table[(table["quantity"] == "off_diagonal_mean") & (table["estimator"] == "debiased")]
        for index, row in enumerate(shown.to_dict("records")):
            colour = colours.get(row["domain"], "0.3")
            look: dict[str, Any] = {
                "color": colour,
                "markerfacecolor": face or colour,
                "label": f"{label} {row['domain']}",
            }
            _draw_point(axes, index + shift, row["value"], _ends(row), look=look)
    _name_steps(axes, [plotting.domain_label(domain) for domain in colours])
    axes.set_ylabel(MEAN_CKA)


def draw_scores(axes: Axes, table: pd.DataFrame, *, parameters: Sequence[str], plotting: Plotting) -> None:
    """Draw R^2 of some parameters, or accuracy, along the steps; a triangle with its number below the floor."""
    colours = step_colours(table, plotting)
    shown = table[table["quantity"].isin(("r2", "accuracy"))]
    of_classes = bool((shown["quantity"] == "accuracy").any())
    for position, parameter in enumerate(parameters):
        shift, symbol = 0.3 * (position - (len(parameters) - 1) / 2), _SYMBOLS[position % len(_SYMBOLS)]
        for index, row in enumerate(shown[shown["parameter"] == parameter].to_dict("records")):
            colour = colours[row["domain"]]
            look: dict[str, Any] = {"color": colour, "markerfacecolor": colour}
            look["label"] = f"{parameter} {row['domain']}"
            if row["value"] >= FLOOR:
                _draw_point(axes, index + shift, row["value"], _ends(row), marker=symbol, look=look)
            else:
                _draw_below(axes, index + shift, f"{parameter_label(parameter)} {number(row['value'])}", look=look)
    _name_steps(axes, [plotting.domain_label(domain) for domain in colours])
    axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    axes.set(ylim=(0.0 if of_classes else FLOOR, 1.05), ylabel="Accuracy" if of_classes else "$R^2$")


def draw_numbers_of_simulations(axes: Axes, subsets: Stores, *, plotting: Plotting) -> None:
    """Draw the mean of distinct layers against how many simulations are drawn, with the band of 95 % of the draws."""
    for domain, store in subsets.items():
        colour = plotting.case_colour(domain, store.attrs["test_suite"])
        for estimator, line in ESTIMATORS.items():
            one = store.sel(estimator=estimator, number="off_diagonal_mean")
            axes.fill_between(one["size"], one["low"], one["high"], color=colour, alpha=_BAND, linewidth=0)
            axes.plot(one["size"], one["mean"], color=colour, linestyle=line, marker=".", markersize=3)
    axes.set(xlabel="Simulations", ylabel=MEAN_CKA)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def draw_removals(axes: Axes, influence: Stores, *, plotting: Plotting) -> None:
    """Draw the mean of distinct layers without the most dominant maps, with the band of as many maps at random."""
    for domain, store in influence.items():
        colour = plotting.case_colour(domain, store.attrs["test_suite"])
        for estimator, line in ESTIMATORS.items():
            one = store.sel(estimator=estimator, number="off_diagonal_mean")
            band: dict[str, Any] = {"color": colour, "alpha": _BAND, "linewidth": 0}
            axes.fill_between(one["removed"], one["random_low"], one["random_high"], **band)
            axes.plot(one["removed"], one["without_dominant"], color=colour, linestyle=line, marker=".", markersize=3)
    axes.set(xlabel="Most dominant maps left out", ylabel=MEAN_CKA)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def draw_estimators(
    axes: Axes, summary: xr.Dataset, *, model: str, layers: str | None, domains: Sequence[str], plotting: Plotting
) -> None:
    """Draw the mean of distinct layers by each estimator and, debiased, of the network with other layers."""
    columns = [(model, name) for name in ("biased", "debiased", "minibatch")]
    columns += [(layers, "debiased")] if layers else []
    words = ["biased", "debiased", "mini-\nbatch", "other\nlayers"][: len(columns)]
    for place, (name, estimator) in enumerate(columns):
        for side, domain in enumerate(domains):
            case = _case(summary, name, domain)
            one = case.sel(measure=f"cka_{estimator}")
            low, high = (float(one.get(f"off_diagonal_mean_{end}", np.nan)) for end in ("low", "high"))
            colour = plotting.case_colour(domain, str(case["test_suite"].item()))
            shift = 0.2 * (side - (len(domains) - 1) / 2)
            look: dict[str, Any] = {"color": colour, "markerfacecolor": colour, "label": domain}
            _draw_point(axes, place + shift, float(one["off_diagonal_mean"]), (low, high), look=look)
    axes.set_xticks(range(len(columns)), words)
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylabel=MEAN_CKA)


def draw_pixels(
    axes: Axes, summary: xr.Dataset, *, model: str, untrained: str | None, domains: Sequence[str], plotting: Plotting
) -> None:
    """Draw how similar each layer is to the maps themselves: filled where trained, open where not."""
    for name, face in ((model, None), (untrained, "white")):
        for domain in domains if name else ():
            case = _case(summary, name, domain)
            values = case["cka_debiased_pixels"].to_numpy()[case["layer_name"].to_numpy() != ""]
            colour = plotting.case_colour(domain, str(case["test_suite"].item()))
            look: dict[str, Any] = {
                "color": colour,
                "markerfacecolor": face or colour,
                "markeredgewidth": 0.6,
                "markersize": 2.8,
            }
            axes.plot(
                np.arange(1, len(values) + 1), values, marker="o", linewidth=0.7, label=f"{name} {domain}", **look
            )
    axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    axes.set(xlabel="Layer", ylabel="CKA with the pixels")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _ends(row: Mapping[Hashable, Any]) -> tuple[float, float]:
    """Return the ends of the interval of a row; NaN where the table has none."""
    return float(row.get("value_low", np.nan)), float(row.get("value_high", np.nan))


def _case(summary: xr.Dataset, model: str | None, domain: str) -> xr.Dataset:
    """Return a case of the summary."""
    chosen = (summary["model"].to_numpy() == model) & (summary["domain"].to_numpy() == domain)
    return summary.isel(case=int(np.flatnonzero(chosen)[0]))


def _draw_point(
    axes: Axes, place: float, value: float, ends: tuple[float, float], *, marker: str = "o", look: dict[str, Any]
) -> None:
    """Draw a point with its interval, where it has one; the axes cut off what leaves them, with its cap."""
    low, high = ends
    reach = None if np.isnan(low) else [[max(value - low, 0.0)], [max(high - value, 0.0)]]
    _, caps, bars = axes.errorbar(
        place, value, yerr=reach, marker=marker, ecolor=look["color"], **_POINT, **_BAR, **look
    )
    for artist in (*caps, *bars):
        artist.set_clip_on(True)


def _draw_below(axes: Axes, place: float, words: str, *, look: dict[str, Any]) -> None:
    """Draw a triangle on the floor with what lies below it."""
    axes.plot(place, FLOOR, marker="v", **_POINT, **look)
    above: dict[str, Any] = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center", "va": "bottom"}
    axes.annotate(words, (place, FLOOR), rotation=90, fontsize=_SMALL, color=look["color"], **above)


def _name_steps(axes: Axes, domains: Sequence[str]) -> None:
    axes.set_xticks(range(len(domains)), domains, rotation=28, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.5, len(domains) - 0.5)

"""The controls in one figure: what the block and the loss consist of, a group of panels a model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import matplotlib
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from repshift.drawing.layout import add_legend, add_letter, add_panel, add_words
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.shift_steps import (
    ESTIMATORS,
    MEAN_CKA,
    Stores,
    draw_block,
    draw_estimators,
    draw_numbers_of_simulations,
    draw_pixels,
    draw_removals,
    draw_scores,
    step_colours,
    symbol_words,
)
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, field_words
from repshift.vocabulary import InputError

_COLUMNS: Final = 3
_LEFT: Final = 0.5
_RIGHT: Final = 0.08
_BETWEEN: Final = 0.52
_PANEL: Final = (PAGE_WIDTH - _LEFT - _RIGHT - (_COLUMNS - 1) * _BETWEEN) / _COLUMNS
_HEIGHT: Final = 1.3
_TITLE: Final = 0.2
"""Of a panel, with its letter."""

_BELOW: Final = 0.36
"""Axis below a panel."""

_BELOW_STEPS: Final = 0.78
"""Axis below the panels whose ticks are named by domains."""

_HEADING: Final = 0.42
"""Name of the model, and the legend."""

_STEP: Final = _TITLE + _HEIGHT + _BELOW
_GAP: Final = 0.1

_SIMULATIONS: Final = "Number of simulations"
_DOMINANT: Final = "Without dominant maps"

Draw = Callable[..., None]
"""Draws a panel on its axes; given its `plotting`, it needs nothing else."""


@dataclass(frozen=True)
class ModelWithControls:
    """A model of the figure.

    Attributes
    ----------
    model
        Its name.
    untrained
        The same network untrained, which the attribution has too; None: not drawn.
    layers
        The same network with other layers, which the summary has too; None: not drawn.
    """

    model: str
    untrained: str | None = None
    layers: str | None = None


def draw_figure2(
    attribution: pd.DataFrame,
    summary: xr.Dataset,
    *,
    models: Sequence[ModelWithControls],
    parameters: Sequence[str] = (),
    subsets: Mapping[str, Stores] | None = None,
    influence: Mapping[str, Stores] | None = None,
    fields: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
) -> Figure:
    """Draw, for each model, its block and its scores along the steps of a shift, and what else the block depends on.

    Parameters
    ----------
    attribution
        The table of the stage summary: of each model, its own domain, the other, and the steps; without the columns
        ``value_low`` and ``value_high``, no intervals along the steps.
    summary
        Dimensions case, measure, layer, as the summary stage writes it.
    models
        Models, a group of panels each.
    parameters
        Those whose R^2 is drawn; none, or none that the model infers: no such panel.
    subsets
        By model and domain, ``mean``, ``low``, ``high`` (estimator, number, size); None or without the model: no panel.
    influence
        By model and domain, ``without_dominant`` and ``random_low``, ``random_high`` (estimator, number, removed).
    fields
        What fields are that CMD has not, in words, by name.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    Two columns wide.

    Raises
    ------
    InputError
        If there is no model to draw, or the attribution or the summary lacks one.
    """
    if not models:
        raise InputError("The figure has no rows: 'models' is empty. Name at least one model.")
    looks = (plotting or HOUSE).of(summary["test_suite"].to_numpy())
    groups = [
        _panels(
            attribution,
            summary,
            one,
            parameters,
            (subsets or {}).get(one.model),
            (influence or {}).get(one.model),
            plotting=looks,
        )
        for one in models
    ]
    heights = [_HEADING + _BELOW_STEPS - _BELOW + -(-len(panels) // _COLUMNS) * _STEP for panels in groups]
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(PAGE_WIDTH, sum(heights) + _GAP * (len(groups) - 1)))
        top, letter = 0.04, 0
        for one, panels, height in zip(models, groups, heights, strict=True):
            table = attribution[attribution["model"] == one.model]
            words = f"{field_words(str(table['field'].iloc[0]), fields)}: model {looks.model_label(one.model)}"
            add_words(figure, 0.08, top, words, fontweight="bold", color=looks.model_colour(one.model))
            add_legend(figure, 0.08, top + 0.33, _handles(table, one, panels, looks), columns=8)
            _draw_group(figure, top + _HEADING, panels, label=one.model, letter=letter)
            top, letter = top + height + _GAP, letter + len(panels)
        _share_range([axes for axes in figure.axes if axes.get_ylabel().startswith(MEAN_CKA)])
    return figure


def _panels(
    attribution: pd.DataFrame,
    summary: xr.Dataset,
    one: ModelWithControls,
    parameters: Sequence[str],
    subsets: Stores | None,
    influence: Stores | None,
    *,
    plotting: Plotting,
) -> dict[str, Draw]:
    """Return what is drawn of a model, by the title of its panel; the first two are those along the steps."""
    tables = {name: attribution[attribution["model"] == name] for name in (one.model, one.untrained) if name}
    for name, table in tables.items():
        if table.empty:
            known = ", ".join(attribution["model"].drop_duplicates())
            raise InputError(f"The attribution has no model '{name}'. It has {known}.")
    for name in filter(None, (one.model, one.untrained, one.layers)):
        if name not in summary["model"].to_numpy():
            raise InputError(f"The summary has no model '{name}'.")
    trained = tables[one.model]
    domains = trained["domain"].drop_duplicates().tolist()[:2]
    scored = [name for name in parameters if name in trained["parameter"].tolist()]
    panels: dict[str, Draw] = {
        "Block, debiased": partial(draw_block, trained=trained, untrained=tables.get(one.untrained or ""))
    }
    if scored:
        panels[f"Accuracy: {symbol_words(scored)}"] = partial(draw_scores, table=trained, parameters=scored)
    about: dict[str, Any] = {"summary": summary, "model": one.model, "domains": domains}
    panels["Estimators and layers" if one.layers else "Estimators"] = partial(
        draw_estimators, layers=one.layers, **about
    )
    if subsets:
        panels[_SIMULATIONS] = partial(draw_numbers_of_simulations, subsets=subsets)
    if influence:
        panels[_DOMINANT] = partial(draw_removals, influence=influence)
    if "cka_debiased_pixels" in summary:
        panels["Pixels"] = partial(draw_pixels, untrained=one.untrained, **about)
    return {title: partial(draw, plotting=plotting) for title, draw in panels.items()}


def _draw_group(figure: Figure, top: float, panels: Mapping[str, Draw], *, label: str, letter: int) -> None:
    """Draw the panels of a model, three in a line; the first line has the long names of domains below it."""
    for index, (title, draw) in enumerate(panels.items()):
        line, column = divmod(index, _COLUMNS)
        left = _LEFT + column * (_PANEL + _BETWEEN)
        upper = top + line * _STEP + (_BELOW_STEPS - _BELOW if line else 0.0)
        add_letter(figure, left - 0.4, upper, letter + index)
        add_words(figure, left, upper, title)
        axes = add_panel(figure, left, upper + _TITLE, _PANEL, _HEIGHT, label=f"{title} {label}")
        draw(axes)


def _share_range(panels: Sequence[Axes]) -> None:
    """Let all panels of the block end at 1, and begin where the lowest does: what is lower is lower in all."""
    lowest = min(axes.get_ylim()[0] for axes in panels)
    for axes in panels:
        axes.set_ylim(lowest, 1.0)


def _handles(
    table: pd.DataFrame, one: ModelWithControls, panels: Mapping[str, Draw], plotting: Plotting
) -> list[Artist]:
    """Return the entries of a model's legend."""
    colours = list(step_colours(table, plotting).values())[:2]
    suites = table["test_suite"].drop_duplicates().tolist()[:2]
    handles: list[Artist] = [
        Patch(facecolor=colour, label=plotting.suite_label(suite))
        for colour, suite in zip(colours, suites, strict=True)
    ]
    point: dict[str, Any] = {
        "color": "0.3",
        "marker": "o",
        "linestyle": "none",
        "markersize": 3.4,
        "markeredgewidth": 0.7,
    }
    if one.untrained:
        handles.append(Line2D([], [], label="trained", **point))
        handles.append(Line2D([], [], label="untrained", markerfacecolor="white", **point))
    if {_SIMULATIONS, _DOMINANT} & set(panels):
        handles += [Line2D([], [], color="0.3", linestyle=line, label=name) for name, line in ESTIMATORS.items()]
    return handles

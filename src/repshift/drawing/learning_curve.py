"""Losses and learning rate against epoch, a panel a model."""

from collections.abc import Mapping
from typing import Any, Final

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from repshift.drawing.layout import add_legend, add_panel, add_words
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import COLUMN_WIDTH, LINE_HEIGHT, PAGE_WIDTH, PUBLICATION
from repshift.vocabulary import InputError

_COLUMNS_NEEDED: Final = ("epoch", "learning_rate", "training_loss", "validation_loss")
_MOST_COLUMNS: Final = 4
_LEFT: Final = 0.64
_RIGHT: Final = 0.08
_BETWEEN: Final = 0.4
_TITLE: Final = 1.6 * LINE_HEIGHT
_LOSSES: Final = 1.1
_RATES: Final = 0.42
_GAP: Final = 0.06
_LEGEND: Final = 0.2
_TRAINING_COLOUR, _VALIDATION_COLOUR, _RATE_COLOUR = "0.55", "#0072B2", "0.3"


def draw_learning_curve(curves: Mapping[str, pd.DataFrame], *, plotting: Plotting | None = None) -> Figure:
    """Draw training and validation loss against epoch, the best epoch marked, and below them the learning rate.

    Parameters
    ----------
    curves
        By model, a row an epoch: epoch, learning_rate, training_loss, validation_loss (losses dimensionless, may be
        negative). More than four models fold over.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    Two columns wide, one column for one model.

    Raises
    ------
    InputError
        If there is no model to draw, or a table lacks a column.
    """
    _require_columns(curves)
    fold_height = _TITLE + _LOSSES + _GAP + _RATES + 0.38
    page_width = PAGE_WIDTH if len(curves) > 1 else COLUMN_WIDTH
    columns = min(_MOST_COLUMNS, len(curves))
    width = (page_width - _LEFT - _RIGHT - (columns - 1) * _BETWEEN) / columns
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(page_width, _LEGEND - (-len(curves) // columns) * fold_height))
        for index, (model, curve) in enumerate(curves.items()):
            fold, column = divmod(index, columns)
            left, top = _LEFT + column * (width + _BETWEEN), _LEGEND + fold * fold_height + _TITLE
            losses, rates = _draw_model(figure, left, top, width, model=model, curve=curve)
            looks = plotting or HOUSE
            place: dict[str, Any] = {"ha": "center", "va": "bottom", "color": looks.model_colour(model)}
            add_words(figure, left + width / 2, top - 0.03, looks.model_label(model), **place)
            if column == 0:
                losses.set_ylabel("Loss")
                rates.set_ylabel("Learning\nrate")
        add_legend(figure, _LEFT, _LEGEND - 0.04, figure.axes[0].lines[:3], columns=3)
    return figure


def _require_columns(curves: Mapping[str, pd.DataFrame]) -> None:
    if not curves:
        raise InputError("Nothing to draw: there is no learning curve. Give one a model.")
    for model, curve in curves.items():
        missing = [name for name in _COLUMNS_NEEDED if name not in curve.columns]
        if missing:
            raise InputError(
                f"The learning curve of model '{model}' lacks {', '.join(missing)}. It has {', '.join(curve.columns)}."
            )


def _draw_model(
    figure: Figure, left: float, top: float, width: float, *, model: str, curve: pd.DataFrame
) -> tuple[Axes, Axes]:
    losses = add_panel(figure, left, top, width, _LOSSES, label=f"losses {model}")
    _draw_losses(losses, curve)
    rates = add_panel(figure, left, top + _LOSSES + _GAP, width, _RATES, label=f"learning rate {model}", sharex=losses)
    _draw_rates(rates, curve)
    for axes in (losses, rates):
        axes.yaxis.set_label_coords(-0.36 / width, 0.5)
    return losses, rates


def _draw_losses(axes: Axes, curve: pd.DataFrame) -> None:
    epoch, validation = curve["epoch"].to_numpy(), curve["validation_loss"].to_numpy()
    best = int(np.nanargmin(validation))
    look: dict[str, Any] = {"color": _VALIDATION_COLOUR, "markerfacecolor": "white", "markersize": 3.5}
    axes.plot(epoch, curve["training_loss"], color=_TRAINING_COLOUR, label="training")
    axes.plot(epoch, validation, color=_VALIDATION_COLOUR, label="validation")
    axes.plot(epoch[best], validation[best], "o", markeredgewidth=0.8, zorder=4, label="lowest validation loss", **look)
    axes.axvline(epoch[best], color=_VALIDATION_COLOUR, linewidth=0.5, linestyle=":")
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.tick_params(labelbottom=False)


def _draw_rates(axes: Axes, curve: pd.DataFrame) -> None:
    highest = float(curve["learning_rate"].max())
    axes.plot(curve["epoch"], curve["learning_rate"], color=_RATE_COLOUR, linewidth=0.6)
    axes.set_yticks([0, highest], ["0", f"{highest:.2g}"])
    axes.set(xlabel="Epoch", ylim=(-0.1 * highest, 1.1 * highest))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))

"""Predicted against true parameters, a panel a case and parameter."""

from collections.abc import Mapping, Sequence
from typing import Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from repshift.drawing.layout import add_panel, add_words, fit_words
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import (
    LINE_HEIGHT,
    PAGE_WIDTH,
    PRIOR_COLOUR,
    PUBLICATION,
    TRUTH_COLOUR,
    number,
    parameter_label,
    relation,
    suites,
)
from repshift.vocabulary import PARAMETERS, InputError, Parameter

_MOST_COLUMNS: Final = 4
_PANEL: Final = 1.36
_LEFT: Final = 0.5
_RIGHT: Final = 0.08
_STEP_ACROSS: Final = (PAGE_WIDTH - _LEFT - _PANEL - _RIGHT) / (_MOST_COLUMNS - 1)
_STEP_DOWN: Final = _PANEL + 0.42
_PAPER: Final = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1.0}
"""Behind words that lie over points."""


def draw_predictions(
    predictions: Sequence[xr.Dataset],
    *,
    parameters: Sequence[str] = ("Omega_m", "sigma_8"),
    r2: Mapping[tuple[str, str, str], float] | None = None,
    units: Mapping[str, str] | None = None,
    plotting: Plotting | None = None,
) -> Figure:
    """Draw predicted against true parameters with error bars, and R^2: a column a case, a row a parameter.

    The panels of a row share the range of the true parameter, which holds every one and the prior range (shaded). What
    is predicted has a range a panel, which holds that too; error bars may leave it. The bars are one posterior standard
    deviation; a network without them has none, and a label that is none of CMD's has no prior range.

    Parameters
    ----------
    predictions
        A dataset a case: ``mean``, ``std``, ``truth`` (map, parameter), in the unit of the parameter; attributes model,
        domain, field, train_suite, test_suite, in_distribution ("true" or "false"). More than four fold over.
    parameters
        Names of the parameters to draw.
    r2
        Coefficient of determination by model, domain and parameter; one that is not there is not written.
    units
        Unit of a parameter by its name; of one that is not there, none is written.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    At most two columns wide.

    Raises
    ------
    InputError
        If there is no case or no parameter to draw, or a case lacks a parameter.
    """
    _require_parameters(predictions, parameters)
    folds = -(-len(predictions) // _MOST_COLUMNS)
    width = _LEFT + (min(len(predictions), _MOST_COLUMNS) - 1) * _STEP_ACROSS + _PANEL + _RIGHT
    looks = (plotting or HOUSE).of(case.attrs["test_suite"] for case in predictions)
    titles = [case_lines(case, predictions, looks) for case in predictions]
    above = (max(title.count("\n") for title in titles) + 1.6) * LINE_HEIGHT
    fold_height = above + len(parameters) * _STEP_DOWN
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(width, folds * fold_height))
        for index, (case, title) in enumerate(zip(predictions, titles, strict=True)):
            fold, column = divmod(index, _MOST_COLUMNS)
            left, top = _LEFT + column * _STEP_ACROSS, fold * fold_height + above
            add_words(figure, left + _PANEL / 2, top - 0.03, title, ha="center", va="bottom", linespacing=1.1)
            for row, parameter in enumerate(parameters):
                label = f"{case.attrs['model']} {case.attrs['domain']} {parameter}"
                axes = add_panel(figure, left, top + row * _STEP_DOWN, _PANEL, _PANEL, label=label)
                truths, colour = _values(predictions, "truth", parameter), looks.case_colour(*_domain(case))
                _draw_panel(axes, case, parameter, truths=truths, colour=colour, first=column == 0)
                _name_axes(axes, parameter, (units or {}).get(parameter, ""), first=column == 0)
                score = (r2 or {}).get((case.attrs["model"], case.attrs["domain"], parameter))
                if score is not None:
                    words = f"$R^2$ = {number(score)}"
                    axes.text(0.04, 0.95, words, transform=axes.transAxes, ha="left", va="top", bbox=_PAPER)
    return figure


def _values(cases: Sequence[xr.Dataset], name: str, parameter: str) -> npt.NDArray[np.float64]:
    """Return a variable of a parameter, of all cases one after the other."""
    return np.concatenate([case[name].sel(parameter=parameter).to_numpy().astype(np.float64) for case in cases])


def _require_parameters(predictions: Sequence[xr.Dataset], parameters: Sequence[str]) -> None:
    if not predictions or not parameters:
        raise InputError(
            f"Nothing to draw: {len(predictions)} cases and {len(parameters)} parameters. Give some of both."
        )
    for case in predictions:
        known = [str(name) for name in case["parameter"].values]
        for parameter in parameters:
            if parameter not in known:
                raise InputError(
                    f"Predictions of model '{case.attrs['model']}' have no parameter '{parameter}'. "
                    f"They have {', '.join(known)}."
                )


def _domain(case: xr.Dataset) -> tuple[str, str]:
    return case.attrs["domain"], case.attrs["test_suite"]


def case_lines(case: xr.Dataset, predictions: Sequence[xr.Dataset], plotting: Plotting) -> str:
    """Return the lines above a panel: field and model, suites, and the relation, with the domain where needed."""
    named = case.attrs
    namesakes = [other for other in predictions if _names(other) == _names(case)]
    domain = f" ({plotting.domain_label(named['domain'])})" if len(namesakes) > 1 else ""
    last = relation(named["in_distribution"] == "true") + domain
    sides = (plotting.suite_label(named[suite]) for suite in ("train_suite", "test_suite"))
    return "\n".join((f"{named['field']}: {plotting.model_label(named['model'])}", suites(*sides), last))


def _names(case: xr.Dataset) -> tuple[str, str]:
    return case.attrs["model"], case.attrs["test_suite"]


def _draw_panel(
    axes: Axes, case: xr.Dataset, parameter: str, *, truths: npt.NDArray[np.float64], colour: str, first: bool
) -> None:
    truth, mean = (_values([case], name, parameter) for name in ("truth", "mean"))
    std = _values([case], "std", parameter) if "std" in case else None
    known = PARAMETERS.get(parameter)
    across = np.concatenate([truths, [] if known is None else [known.minimum, known.maximum]])
    if known is not None:
        _draw_prior(axes, known)
    start = float(across.min())
    axes.axline((start, start), slope=1, color=TRUTH_COLOUR, linewidth=0.6, zorder=3, label="identity")
    axes.errorbar(
        truth, mean, yerr=std, fmt="o", color=colour, markersize=1.4, markeredgewidth=0, elinewidth=0.3, alpha=0.4,
        zorder=2, rasterized=True,
    )  # fmt: skip
    axes.set(xlim=_range(across), ylim=_range(np.concatenate([across, mean])))
    if first and known is not None:
        width = known.maximum - known.minimum
        corner = (known.maximum - 0.03 * width, known.minimum + 0.03 * width)
        axes.text(*corner, "prior range", color=TRUTH_COLOUR, ha="right", va="bottom")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def _name_axes(axes: Axes, parameter: str, unit: str, *, first: bool) -> None:
    """Name what is true and, in the first panel of a row, what is predicted, with the unit where there is one."""
    words = f"{parameter_label(parameter)} [{unit}]" if unit else parameter_label(parameter)
    fit_words(axes.set_xlabel(f"True {words}"), _PANEL + 2 * _RIGHT)
    axes.yaxis.set_label_coords(-0.34 / _PANEL, 0.5)
    if first:
        axes.set_ylabel(f"Predicted {words}")


def _range(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return limits that hold every value, with a margin."""
    margin = 0.04 * np.ptp(values)
    return float(values.min() - margin), float(values.max() + margin)


def _draw_prior(axes: Axes, known: Parameter) -> None:
    """Shade the range that a parameter was drawn from."""
    width = known.maximum - known.minimum
    axes.add_patch(
        Rectangle((known.minimum, known.minimum), width, width, facecolor=PRIOR_COLOUR, zorder=0, gid="prior")
    )

"""Panels of a stress: a number of an output against the strength, a curve a case.

Bands are of the paired change from strength 0, about the number there: what critical strengths are read off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.r2_axis import scale_r2
from repshift.drawing.stress_axes import StressAxis, branches, levels, scale_strengths
from repshift.vocabulary import CRITICAL_FALL

LABELS: Final = {
    "r2": "$R^2$",
    "bias": "Bias / RMSE",
    "accuracy": "Accuracy",
    "log_loss": "Log loss",
}
"""How the numbers that curves are of are written."""

_BREAKING: Final = ("r2", "accuracy")
"""Numbers whose critical strength is marked."""

_LINES: Final = ("-", "--", "-.", ":")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A case as its curves are drawn."""

    case: xr.Dataset
    label: str
    colour: str
    line: str

    @property
    def name(self) -> str:
        """Its domain."""
        return str(self.case.attrs["domain"])


@dataclass(frozen=True)
class Panel:
    """What a column shows: a number of an output."""

    variable: str
    output: str


def line_of(place: int) -> str:
    """Return how the curve of a case is drawn: the first is solid."""
    return _LINES[place % len(_LINES)]


def panel_of_axis(panel: Panel, curves: Sequence[Curve], axis: StressAxis) -> Panel:
    """Return what a column shows along an axis: the bias where the truth does not spread, so that there is no R^2."""
    held = [_values(curve, panel, axis)[:2] for curve in curves]
    has_r2 = any(np.isfinite(values[strengths != 0]).any() for strengths, values in held)
    return panel if has_r2 or panel.variable != "r2" else Panel("bias", panel.output)


def draw_curves(axes: Axes, curves: Sequence[Curve], axis: StressAxis, panel: Panel, *, width: float) -> None:
    """Draw a number of an output of each case along an axis, on a panel of some width [inch]."""
    scale_strengths(axes, axis.strengths, width=width)
    for order, curve in enumerate(curves):
        strengths, value, low, high = _values(curve, panel, axis)
        if not len(strengths) or not np.isfinite(value).any():
            continue
        zorder = 4 - 0.1 * order
        axes.fill_between(strengths, low, high, color=curve.colour, alpha=0.2, lw=0, zorder=2, gid=f"band {curve.name}")
        axes.plot(strengths, value, curve.line, color=curve.colour, zorder=zorder, gid=f"curve {curve.name}")
        if panel.variable in _BREAKING:
            _mark_critical(axes, curve, axis, panel.output, level=float(value[strengths == 0][0]) - CRITICAL_FALL)
    axes.axvline(0, color="0.8", lw=0.5, zorder=1)
    axes.axhline(0, color="0.6", lw=0.5, zorder=1)


def drawn_values(curves: Sequence[Curve], panels: Sequence[Panel], axes: Sequence[StressAxis]) -> Array:
    """Return all values of the numbers that some panels draw along some axes; except R^2 with the ends of bands."""
    drawn = [(curve, panel, axis) for curve in curves for panel in panels for axis in axes]
    held = [_values(*one)[1 : 2 if one[1].variable == "r2" else 4] for one in drawn]
    values: Array = np.concatenate([values for one in held for values in one])
    return values[np.isfinite(values)]


def scale_values(axes: Axes, variable: str, values: Array) -> None:
    """Scale the vertical axis of a panel of a number by all values that it shares its scale with."""
    least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if variable == "r2":
        scale_r2(axes, least)
        return
    low, high = (0.0, 1.0) if variable == "accuracy" else (min(least, 0.0), max(most, 0.0))
    margin = 0.06 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))


def _mark_critical(axes: Axes, curve: Curve, axis: StressAxis, output: str, *, level: float) -> None:
    """Mark the critical strength of each branch and its interval; at the end, an arrow: not reached."""
    case = curve.case
    place = [str(name) for name in case["output"].to_numpy()].index(output)
    left, right = sorted(axes.get_xlim())
    for branch, sign in branches(case, axis.name):
        value, low, high = (float(case[f"critical{end}"].to_numpy()[branch, place]) for end in ("", "_low", "_high"))
        about: dict[str, Any] = {"color": curve.colour, "zorder": 5.0, "gid": f"critical {curve.name}"}
        if math.isnan(value):
            continue
        if math.isinf(value):
            arrow, end = (">", right) if sign > 0 else ("<", left)
            axes.plot(end, level, arrow, ms=3.4, mfc="white", mew=0.7, clip_on=False, **about)
        else:
            axes.plot(sign * value, level, "o", ms=3.0, mew=0, **about)
        if math.isfinite(low):
            ends = np.clip([sign * low, sign * high], left, right)
            axes.plot(ends, [level] * 2, lw=1.3, solid_capstyle="butt", **{**about, "gid": f"interval {curve.name}"})


def _values(curve: Curve, panel: Panel, axis: StressAxis) -> tuple[Array, Array, Array, Array]:
    """Return strengths, number and ends of a case along an axis, (levels,) each.

    The ends are those of the change from strength 0, added to the number there; the bias is such a change itself.
    """
    case, places = curve.case, levels(curve.case, axis.name)
    strengths, held = case["strength"].to_numpy()[places], [str(name) for name in case["output"].to_numpy()]
    if panel.output not in held or panel.variable not in case:
        nothing = np.full(len(places), np.nan)
        return strengths, nothing, nothing, nothing
    change = panel.variable if panel.variable == "bias" else f"{panel.variable}_change"
    names = (panel.variable, f"{change}_low", f"{change}_high")
    value, low, high = (case[name].to_numpy()[places, held.index(panel.output)] for name in names)
    start = value[strengths == 0]
    return strengths, value, start + low, start + high

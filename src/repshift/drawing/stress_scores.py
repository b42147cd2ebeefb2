"""Panels of label-free scores along an axis: whether each warns before the error, and where another suite lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from repshift.declarations import require
from repshift.drawing.shift_scores import FAMILY_COLOURS
from repshift.drawing.stress_axes import StressAxis, branches, scale_strengths
from repshift.drawing.stress_curves import Curve
from repshift.drawing.style import parameter_label

MARKERS: Final = ("o", "s", "^", "D")
"""Of outputs, in their order."""

FALSE_ALARM: Final = "#CC3311"
_EARLIEST: Final = (0.1, 0.01)
"""Where the axis of ratios may begin; it ends as far above 1."""

_BEYOND: Final = 0.8
"""Where the axis of ratios begins, over its first tick."""

_SPREAD: Final = 0.5
"""Height of the marks of a score, of the distance of two scores."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """A score as it is drawn."""

    name: str
    label: str
    colour: str


def scores_of(case: xr.Dataset, outputs: Sequence[str]) -> list[Score]:
    """Return the scores of a case, the first at the top, except those of other outputs; none where it has none.

    Raises
    ------
    InputError
        If a score is of a family that there is not.
    """
    if "score" not in case.dims or "early_warning" not in case:
        return []
    colours: dict[str, Any] = {str(family): colour for family, colour in FAMILY_COLOURS.items()}
    others = tuple(f"_{name}" for name in case["output"].to_numpy() if name not in outputs)
    named = (case[name].to_numpy() for name in ("score", "score_label", "score_family"))
    return [
        Score(str(name), _with_symbol(str(label), outputs), require(str(family), colours, what="family of scores"))
        for name, label, family in zip(*named, strict=True)
        if not str(name).endswith(others)
    ]


def _with_symbol(label: str, outputs: Sequence[str]) -> str:
    """Return the words of a score, an output at their end as figures write it."""
    named = next((name for name in outputs if label.endswith(f", {name}")), "")
    return label.removesuffix(named) + parameter_label(named) if named else label


def warns(case: xr.Dataset, axis: StressAxis) -> bool:
    """Return whether a case in distribution has early warnings along an axis: an error and a score are known."""
    if "early_warning" not in case or str(case.attrs["in_distribution"]) != "true":
        return False
    return all(has_numbers(case, name, axis) for name in ("critical", "score_critical"))


def has_numbers(case: xr.Dataset, name: str, axis: StressAxis) -> bool:
    """Return whether a case has a number along an axis, be it that a strength is not reached."""
    rows = [branch for branch, _ in branches(case, axis.name)]
    return bool(rows) and not np.isnan(case[name].to_numpy()[rows]).all()


def least_ratio(case: xr.Dataset, outputs: Sequence[str]) -> float:
    """Return where the axis of ratios begins: a tenth, or a hundredth where a ratio lies beyond either end."""
    ratios = case["early_warning"].sel(output=list(outputs)).to_numpy()
    sizes = np.abs(np.log10(ratios[np.isfinite(ratios) & (ratios > 0)]))
    return _EARLIEST[int(bool((sizes > 1).any()))]


def draw_warnings(
    axes: Axes, case: xr.Dataset, axis: StressAxis, scores: Sequence[Score], *, outputs: Sequence[str], least: float
) -> None:
    """Draw the critical strength of each score over that of each output's error: left of 1 it warns before.

    An arrow to the right is a score that does not reach its limit, a cross a false alarm: the axis costs nothing.
    """
    axes.set_xscale("log")
    axes.set_xlim(least * _BEYOND, 1 / (least * _BEYOND))
    axes.axvspan(least * _BEYOND, 1, color="0.95", lw=0, zorder=0)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator([least, 1, 1 / least]))
    axes.set_xticklabels([f"{tick:g}" for tick in (least, 1, 1 / least)])
    axes.axvline(1, color="0.6", lw=0.5, zorder=1)
    _place_scores(axes, scores)
    ratios = [case[f"early_warning{end}"].sel(output=list(outputs)).to_numpy() for end in ("", "_low", "_high")]
    sides = branches(case, axis.name)
    shifts = _shifts(len(outputs) * len(sides))
    for row, score in enumerate(scores):
        for number, (branch, sign) in enumerate(sides):
            if bool(case["false_alarm"].to_numpy()[branch, row] == 1):
                axes.plot(least * 1.25, row, "x", ms=4, mew=1.1, color=FALSE_ALARM, gid=f"false alarm {score.name}")
                continue
            for place, output in enumerate(outputs):
                ends = [float(one[branch, row, place]) for one in ratios]
                how: dict[str, Any] = {"color": score.colour, "mfc": score.colour if sign > 0 else "white"}
                how |= {"marker": MARKERS[place % len(MARKERS)], "gid": f"{score.name} {output}"}
                _mark(axes, row + shifts[number * len(outputs) + place], ends, how)


def draw_positions(
    axes: Axes, curves: Sequence[Curve], axis: StressAxis, scores: Sequence[Score], *, width: float
) -> None:
    """Draw at which strength each score is what it is of each other suite; an arrow: at none of the axis."""
    scale_strengths(axes, axis.strengths, width=width)
    axes.axvline(0, color="0.8", lw=0.5, zorder=1)
    _place_scores(axes, scores)
    shifts = _shifts(len(curves))
    for curve, shift in zip(curves, shifts, strict=True):
        if "position" not in curve.case.data_vars:
            continue
        held = [curve.case[f"position{end}"].to_numpy() for end in ("", "_low", "_high")]
        places = {str(name): place for place, name in enumerate(curve.case["score"].to_numpy())}
        for row, score in enumerate(scores):
            for branch, sign in branches(curve.case, axis.name):
                ends = [sign * float(one[branch, places[score.name]]) for one in held if score.name in places]
                if ends:
                    _mark(axes, row + shift, ends, {"color": curve.colour, "marker": "D", "gid": score.name})


def _place_scores(axes: Axes, scores: Sequence[Score]) -> None:
    axes.set(ylim=(len(scores) - 0.4, -0.6), yticks=[])


def _shifts(count: int) -> Values:
    """Return how far marks of one score lie from its line."""
    return np.linspace(-0.5, 0.5, count) * _SPREAD if count > 1 else np.zeros(1)


def _mark(axes: Axes, row: float, ends: Sequence[float], how: dict[str, Any]) -> None:
    """Mark a number with its interval; at an end of the axis, an arrow for one that lies beyond."""
    value, low, high = ends[0], min(ends[1:]), max(ends[1:])
    left, right = axes.get_xlim()
    if math.isnan(value):
        return
    colour, gid = how["color"], how["gid"]
    if not left <= value <= right:
        arrow, end = (">", right) if value > right else ("<", left)
        axes.plot(end, row, arrow, ms=2.6, mew=0.5, color=colour, mfc="white", clip_on=False, zorder=4, gid=gid)
    else:
        axes.plot(value, row, ms=2.6, mew=0.5, ls="none", zorder=4, **how)
    shown = np.clip([low, high], left, right)
    if not np.isnan(shown).any() and shown[1] > shown[0]:
        axes.plot(shown, [row] * 2, color=colour, lw=0.7, zorder=3, gid=f"interval {gid}")

"""Trust scores as figure 9 draws them: a row a score with what it is worth, and the errors of maps against it."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from repshift.drawing.attribution_series import METHOD_MARKERS
from repshift.drawing.plotting import OTHER_COLOURS
from repshift.drawing.row_marks import mark_row
from repshift.drawing.stress_curves import Curve

BASELINE_COLOUR: Final = "0.35"
_SPREAD: Final = 0.5
_MOST_POINTS: Final = 300
"""Maps of a domain in a scatter: more hide each other."""

_WIDE: Final = 30.0
"""Largest over smallest score from which the axis of a scatter is logarithmic."""


@dataclass(frozen=True)
class TrustScore:
    """A score as it is drawn."""

    name: str
    label: str
    colour: str
    marker: str
    is_baseline: bool


@dataclass(frozen=True)
class ScoreColumn:
    """A number that says what a score is worth, and what it is by chance or for all maps."""

    variable: str
    title: str
    chance: float
    ends: tuple[float, float]
    of_output: bool = True


SCORE_COLUMNS: Final = (
    ScoreColumn("rank_correlation", "rank correlation\nwith |error|", 0.0, (-1.0, 1.0)),
    ScoreColumn("auc_worst_tenth", "AUC of finding\nthe worst maps", 0.5, (0.0, 1.0)),
    ScoreColumn("risk_area", "mean risk over\nthat of all maps", 1.0, (0.0, 2.0)),
    ScoreColumn("auc_domain", "AUC of telling\nfrom own domain", 0.5, (0.0, 1.0), of_output=False),
)


def scores_of(cases: Sequence[xr.Dataset], *, taken: Collection[str]) -> list[TrustScore]:
    """Return the scores that any case has, in their order.

    The baseline is grey, each other has a colour of its own, none of those `taken` by domains.
    """
    free = [colour for colour in OTHER_COLOURS if colour not in taken] or OTHER_COLOURS
    labels: dict[str, str] = {}
    for case in cases:
        labels |= dict(zip(map(str, case["score"].to_numpy()), map(str, case["score_label"].to_numpy()), strict=True))
    baseline = str(cases[0].attrs["baseline"])
    others = [name for name in labels if name != baseline]
    found = [
        TrustScore(name, labels[name], free[place % len(free)], _marker(place), is_baseline=False)
        for place, name in enumerate(others)
    ]
    first = (
        [TrustScore(baseline, labels[baseline], BASELINE_COLOUR, "D", is_baseline=True)] if baseline in labels else []
    )
    return [*first, *found]


def _marker(place: int) -> str:
    return METHOD_MARKERS[place % len(METHOD_MARKERS)]


def number_of(case: xr.Dataset, name: str, where: Mapping[str, str]) -> tuple[float, float, float]:
    """Return a number of a case with its ends, NaN where the case has none; `where` is a name by dimension."""
    value, low, high = (_end(case, f"{name}{end}", where) for end in ("", "_low", "_high"))
    return value, low, high


def _end(case: xr.Dataset, name: str, where: Mapping[str, str]) -> float:
    if name not in case:
        return math.nan
    held = case.variables[name]
    names = {str(dim): [str(one) for one in case.variables[dim].to_numpy()] for dim in held.dims}
    if any(where[dim] not in there for dim, there in names.items()):
        return math.nan
    return float(held.to_numpy()[tuple(there.index(where[dim]) for dim, there in names.items())])


def score_columns_of(curves: Sequence[Curve], output: str, *, first: bool) -> list[ScoreColumn]:
    """Return the columns that any case has of an output; those of no output belong to the first."""
    held = [one for one in SCORE_COLUMNS if one.of_output or first]
    return [one for one in held if any(_has(curve.case, one.variable, output) for curve in curves)]


def _has(case: xr.Dataset, variable: str, output: str) -> bool:
    if variable not in case:
        return False
    held = case[variable]
    chosen = held.sel(parameter=output) if "parameter" in held.dims else held
    return bool(chosen.notnull().any())


def draw_scores(
    axes: Axes, curves: Sequence[Curve], scores: Sequence[TrustScore], column: ScoreColumn, output: str
) -> None:
    """Draw what each score is worth on each domain; dotted, what the baseline is worth there."""
    axes.set(ylim=(len(scores) - 0.5, -0.5), yticks=[])
    where = [{"score": score.name, "parameter": output} for score in scores]
    held = {curve.name: [number_of(curve.case, column.variable, one) for one in where] for curve in curves}
    _scale(axes, [end for numbers in held.values() for one in numbers for end in one], column)
    axes.axvline(column.chance, color="0.6", lw=0.5, zorder=1, gid="chance")
    shifts = np.linspace(-0.5, 0.5, len(curves)) * _SPREAD if len(curves) > 1 else np.zeros(1)
    for curve, shift in zip(curves, shifts, strict=True):
        for place, (score, ends) in enumerate(zip(scores, held[curve.name], strict=True)):
            if score.is_baseline and math.isfinite(ends[0]):
                axes.axvline(ends[0], color=curve.colour, lw=0.6, ls=":", zorder=1, gid=f"baseline {curve.name}")
            mark_row(axes, place + shift, ends, color=curve.colour, marker="o", gid=f"{score.name} {curve.name}")


def _scale(axes: Axes, values: Sequence[float], column: ScoreColumn) -> None:
    """Scale the axis of a column by its numbers and their ends, within what it can be."""
    there = [value for value in (*values, column.chance) if math.isfinite(value)]
    low, high = max(column.ends[0], min(there)), min(column.ends[1], max(there))
    margin = 0.08 * (high - low) or 0.1
    axes.set_xlim(low - margin, high + margin)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10], prune="both"))


def draw_scatter(axes: Axes, curves: Sequence[Curve], score: TrustScore, output: str) -> None:
    """Draw the absolute error of maps against a score, a colour a domain."""
    axes.set_axisbelow(True)
    shown = [(curve, *_points(curve.case, score.name, output)) for curve in curves]
    shown = [one for one in shown if len(one[1])]
    for curve, values, errors in reversed(shown):
        axes.plot(values, errors, ".", ms=2, mew=0, alpha=0.6, color=curve.colour, gid=f"maps {curve.name}")
    values = np.concatenate([one[1] for one in shown]) if shown else np.zeros(0)
    if len(values) and values.min() > 0 and values.max() > _WIDE * values.min():
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10], prune="both"))
    axes.xaxis.set_minor_locator(NullLocator())


def errors_of(curves: Sequence[Curve], output: str) -> tuple[float, float]:
    """Return the least and the largest absolute error of any map, above 0; (0.1, 1) where there is none."""
    sizes = [np.abs(curve.case["error"].sel(parameter=output).to_numpy()) for curve in curves if "error" in curve.case]
    every = np.concatenate(sizes) if sizes else np.zeros(0)
    every = every[np.isfinite(every) & (every > 0)]
    return (float(np.quantile(every, 0.01)), float(every.max())) if len(every) else (0.1, 1.0)


def _points(case: xr.Dataset, score: str, output: str) -> tuple[Any, Any]:
    """Return a score and absolute errors of maps, (n,) each, of as many maps as are drawn."""
    if "error" not in case or score not in [str(name) for name in case["score"].to_numpy()]:
        return np.zeros(0), np.zeros(0)
    values = case["values_by_parameter"].sel(score=score, parameter=output).to_numpy()
    errors = np.abs(case["error"].sel(parameter=output).to_numpy())
    kept = np.flatnonzero(np.isfinite(values) & np.isfinite(errors))
    kept = kept[:: max(1, math.ceil(len(kept) / _MOST_POINTS))]
    return values[kept], errors[kept]

"""Panels of the nulls of attributions: gains over random order, and what is left with weights shuffled."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.attribution_page import AttributedMethod
from repshift.drawing.attribution_series import Series, draw_points, name_ticks
from repshift.drawing.attribution_shares import INPUT
from repshift.drawing.layout import in_lines
from repshift.drawing.stress_curves import Curve
from repshift.vocabulary import ALL_WEIGHTS, UNTRAINED

SANITY: Final = {"randomisation_signed": "signed", "randomisation_absolute": "absolute"}
"""Rank correlations with the true map that are drawn, and what they are of."""

GAINS: Final = ("deletion_gain", "insertion_gain")
"""Gains over random order that are drawn: filled, and open."""

INPUT_MARKER: Final = "*"
"""Of the size of the gain of the input alone."""

_SPREAD: Final = 0.9
"""How far the marks of a depth lie apart, over those of other panels."""

_LETTERS: Final = 15
"""Of a line of the name of a method."""

_LINES: Final = (0.15, 0.8)
"""Height of the marks of a method, of the distance of two methods: for each mark, and at most."""


def draw_faithfulness(axes: Axes, series: Sequence[Series], output: str) -> None:
    """Draw the gain of each method over random order, a line a method: right of 0, grey, the order is worth something.

    Below the methods lies the size of the gain of the input alone, a mark a domain. Filled marks are of deletion, open
    ones of insertion; those of several fills lie below each other.
    """
    marks = list(_gains(series, output))
    methods = list(dict.fromkeys(one.method for one in series))
    labels = [in_lines(one.label, _LETTERS) for one in methods]
    labels += ["Input alone"] if any(one.method is None for one in marks) else []
    axes.set(ylim=(len(labels) - 0.5, -0.5), yticks=range(len(labels)), yticklabels=labels)
    axes.tick_params(axis="y", length=0, pad=3)
    ends = np.array([end for one in marks for end in one.numbers if math.isfinite(end)] or [0.0])
    margin = 0.08 * float(np.ptp(np.append(ends, 0.0))) or 1.0
    axes.set_xlim(min(float(ends.min()), 0.0) - margin, max(float(ends.max()), 0.0) + margin)
    axes.axvspan(0, axes.get_xlim()[1], color="0.95", lw=0, zorder=0)
    axes.axvline(0, color="0.6", lw=0.5, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    for one in marks:
        height = (len(methods) if one.method is None else methods.index(one.method)) + one.row
        value, *interval = one.numbers
        about = one.look | ({"mfc": "white"} if one.is_open else {})
        axes.plot(value, height, ls="none", zorder=4, **about, gid=one.name)
        axes.plot(interval, [height] * 2, one.line, color=about["color"], lw=0.7, zorder=3, gid=f"interval {one.name}")


@dataclass(frozen=True)
class _Mark:
    """A gain as it is drawn.

    Attributes
    ----------
    method
        Whose it is; None: that of the input.
    name, look, line
        Of the mark, and how its interval is drawn.
    numbers
        The gain and its ends.
    row
        How far from the line of its method it lies.
    is_open
        Whether it is of insertion.
    """

    method: AttributedMethod | None
    name: str
    look: dict[str, Any]
    line: str
    numbers: tuple[float, float, float]
    row: float
    is_open: bool


def _gains(series: Sequence[Series], output: str) -> Iterator[_Mark]:
    """Yield the gains of each method, then those of the input."""
    kinds = gain_kinds([one.curve for one in series])
    curves = list(dict.fromkeys(one.curve.name for one in series))
    count = len(kinds) * len(curves)
    shifts = np.linspace(-0.5, 0.5, count) * min(_LINES[1], _LINES[0] * count) if count > 1 else np.zeros(1)
    rows = {key: float(shift) for key, shift in zip(product(kinds, curves), shifts, strict=True)}
    for one in series:
        for gain, fill in _held([one.curve], kinds):
            numbers = numbers_of(one.curve.case, gain, {"fill": fill, "method": one.method.name, "output": output})
            row = rows[(gain, fill), one.curve.name]
            yield _Mark(one.method, f"{gain} {one.name}", one.look, "-", numbers, row, gain == GAINS[1])
    for curve in {one.curve.name: one.curve for one in series}.values():
        for gain, fill in _held([curve], kinds):
            if f"input_{gain}" in curve.case:
                numbers = size_of(numbers_of(curve.case, f"input_{gain}", {"fill": fill, "output": output}))
                look = {"color": INPUT, "marker": INPUT_MARKER, "ms": 3.4, "mew": 0.5}
                row = rows[(gain, fill), curve.name]
                yield _Mark(None, f"input {gain} {curve.name}", look, curve.line, numbers, row, gain == GAINS[1])


def _held(curves: Sequence[Curve], kinds: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of some kinds of gains that cases have."""
    return [(gain, fill) for gain, fill in kinds if fill in _fills(curves, gain)]


def numbers_of(case: xr.Dataset, name: str, where: Mapping[str, str]) -> tuple[float, float, float]:
    """Return a number of a case and its ends."""
    value, low, high = (float(case[f"{name}{end}"].sel(where)) for end in ("", "_low", "_high"))
    return value, low, high


def size_of(numbers: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return a gain with the sign of its estimate taken away, and its ends.

    Examples
    --------
    >>> size_of((-0.2, -0.3, 0.1))
    (0.2, -0.1, 0.3)
    """
    value, low, high = numbers
    return numbers if value >= 0 else (-value, -high, -low)


def gain_kinds(curves: Sequence[Curve]) -> list[tuple[str, str]]:
    """Return the gains that are drawn, from the top: of deletion and of insertion, with each fill."""
    return [(gain, fill) for gain in GAINS for fill in _fills(curves, gain)]


def _fills(curves: Sequence[Curve], gain: str) -> list[str]:
    """Return the fills that a gain is known with."""
    there = [curve.case["fill"].to_numpy() for curve in curves if gain in curve.case]
    return list(dict.fromkeys(str(fill) for fills in there for fill in fills))


def draw_sanity(axes: Axes, series: Sequence[Series], name: str, output: str, *, bottom: float) -> None:
    """Draw the rank correlation with the true map as weights are shuffled from the last layer down.

    The axis begins at `bottom`. The first point is the network itself. A map that shows what the network has learned
    falls to 0 when all weights are shuffled.
    """
    depths = depths_of(series)
    axes.set(xlim=(-0.4, len(depths) + 0.4), yticks=[-1, -0.5, 0, 0.5, 1])
    axes.set_ylim(bottom, 1.06)
    name_ticks(axes, ["none", *depths], first=[ALL_WEIGHTS, "none"])
    axes.set_xlabel("shuffled down to")
    axes.axhline(0, color="0.6", lw=0.5, zorder=1)
    for one in series:
        if name not in one.curve.case:
            continue
        value, low, high = one.numbers(name, output)
        held = [str(depth) for depth in one.curve.case["depth"].to_numpy()]
        places = np.array([depths.index(depth) + 1 for depth in held]) + _SPREAD * one.shift
        # an untrained network is no step of the one before: its weights never were those of the network
        chained = np.array([depth != UNTRAINED for depth in held]) & np.isfinite(value)
        about = one.look
        line = np.append(_SPREAD * one.shift, places[chained]), np.append(1.0, value[chained])
        axes.plot(*line, one.curve.line, color=about["color"], lw=0.6, zorder=2, gid=f"line {one.name}")
        draw_points(axes, places, (value, low, high), one)


def lowest_correlation(series: Sequence[Series], outputs: Sequence[str]) -> float:
    """Return where the axis of rank correlations of some outputs begins: below all of them and their intervals."""
    held = [
        values
        for one in series
        for name in SANITY
        if name in one.curve.case
        for output in outputs
        for values in one.numbers(name, output)
    ]
    found = np.concatenate([values[np.isfinite(values)] for values in held] or [np.zeros(1)])
    return max(-1.06, min(-0.2, float(found.min(initial=0.0))) - 0.06)


def depths_of(series: Sequence[Series]) -> list[str]:
    """Return how far weights are shuffled, in the order of the files."""
    there = [one.curve.case["depth"].to_numpy() for one in series if "depth" in one.curve.case.dims]
    return list(dict.fromkeys(str(depth) for depths in there for depth in depths))

"""Panels of the nulls of attributions: gains over random order, and what is left with weights shuffled."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.attribution_series import Series, Values, draw_points, name_ticks
from repshift.drawing.layout import in_lines
from repshift.drawing.stress_curves import Curve
from repshift.evidence.attribution.attributions import ALL_WEIGHTS, UNTRAINED

SANITY: Final = {"randomisation_signed": "signed", "randomisation_absolute": "absolute"}
"""Rank correlations with the true map that are drawn, and what they are of."""

GAINS: Final = ("deletion_gain", "insertion_gain")
"""Gains over random order that are drawn: filled, and open."""

_SPREAD: Final = 0.9
"""How far the marks of a depth lie apart, over those of other panels."""

_LETTERS: Final = 15
"""Of a line of the name of a method."""

_LINES: Final = (0.15, 0.8)
"""Height of the marks of a method, of the distance of two methods: for each mark, and at most."""


def draw_faithfulness(axes: Axes, series: Sequence[Series], output: str) -> None:
    """Draw the gain of each method over random order, a line a method: right of 0, grey, the order is worth something.

    Filled marks are of deletion, open ones of insertion; those of several fills lie below each other.
    """
    methods = list(dict.fromkeys(one.method for one in series))
    axes.set(
        ylim=(len(methods) - 0.5, -0.5),
        yticks=range(len(methods)),
        yticklabels=[in_lines(one.label, _LETTERS) for one in methods],
    )
    axes.tick_params(axis="y", length=0, pad=3)
    marks = list(_gains(series, output))
    ends = np.array([end for _, _, numbers, _ in marks for end in numbers if math.isfinite(end)] or [0.0])
    margin = 0.08 * float(np.ptp(np.append(ends, 0.0))) or 1.0
    axes.set_xlim(min(float(ends.min()), 0.0) - margin, max(float(ends.max()), 0.0) + margin)
    axes.axvspan(0, axes.get_xlim()[1], color="0.95", lw=0, zorder=0)
    axes.axvline(0, color="0.6", lw=0.5, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    for one, gain, (value, low, high), row in marks:
        about = one.look | ({"mfc": "white"} if gain == GAINS[1] else {})
        axes.plot(value, methods.index(one.method) + row, ls="none", zorder=4, **about, gid=f"{gain} {one.name}")
        heights = [methods.index(one.method) + row] * 2
        axes.plot([low, high], heights, color=about["color"], lw=0.7, zorder=3, gid=f"interval {gain} {one.name}")


def _gains(series: Sequence[Series], output: str) -> Iterator[tuple[Series, str, tuple[float, float, float], float]]:
    """Yield each gain: whose, of what, with its ends, and how far from the line of its method it lies."""
    kinds = gain_kinds([one.curve for one in series])
    curves = list(dict.fromkeys(one.curve.name for one in series))
    count = len(kinds) * len(curves)
    shifts = np.linspace(-0.5, 0.5, count) * min(_LINES[1], _LINES[0] * count) if count > 1 else np.zeros(1)
    for one in series:
        for number, (gain, fill) in enumerate(kinds):
            if gain in one.curve.case and fill in _fills([one.curve], gain):
                place = _fills([one.curve], gain).index(fill)
                value, low, high = (float(end[place]) for end in _by_fill(one, gain, output))
                row = float(shifts[number * len(curves) + curves.index(one.curve.name)])
                yield one, gain, (value, low, high), row


def gain_kinds(curves: Sequence[Curve]) -> list[tuple[str, str]]:
    """Return the gains that are drawn, from the top: of deletion and of insertion, with each fill."""
    return [(gain, fill) for gain in GAINS for fill in _fills(curves, gain)]


def _by_fill(one: Series, gain: str, output: str) -> Values:
    """Return a gain and its ends, (end, fill)."""
    return np.stack(one.numbers(gain, output))


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

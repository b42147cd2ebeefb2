"""Panels of numbers of attributions: shares by environment, faithfulness, and what is left with shuffled weights."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from repshift.drawing.attribution_page import AttributedMethod
from repshift.drawing.layout import shortened
from repshift.drawing.stress_curves import Curve
from repshift.vocabulary import split_channel

METHOD_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
"""Of methods, in their order in the file."""

SHARES: Final = {
    "share_over_pixels": "Share over that\nof pixels",
    "share_over_input": "Share over that\nof |input - baseline|",
}
"""Shares by environment that are drawn, and their titles."""

SANITY: Final = {"randomisation_signed": "signed", "randomisation_absolute": "sizes alone"}
"""Rank correlations with the true map that are drawn, and what they are of."""

GAINS: Final = ("deletion_gain", "insertion_gain")
"""Gains over random order that are drawn: filled, and open."""

INPUT: Final = "0.45"
"""Colour of what the input alone gives."""

WITHOUT_A_CHAIN: Final = "untrained"
"""Depth that is no step of the one before: its weights never were those of the network."""

_SPREAD: Final = 0.62
_TICKS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
_FLOOR: Final = 0.05
_FEWEST: Final = 1.6
"""Least factor about 1 that an axis of ratios shows."""

_LETTERS: Final = 11

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Marks of a method on a domain, and how far they lie from their line."""

    curve: Curve
    method: AttributedMethod
    shift: float

    @property
    def name(self) -> str:
        """Method and domain."""
        return f"{self.method.name} {self.curve.name}"

    @property
    def look(self) -> dict[str, Any]:
        """How its marks are drawn."""
        marker = METHOD_MARKERS[self.method.place % len(METHOD_MARKERS)]
        return {"color": self.curve.colour, "marker": marker, "ms": 2.6, "mew": 0.5}

    def numbers(self, name: str, output: str) -> tuple[Values, Values, Values]:
        """Return a number of the method and output, and its ends, along what other dimensions it has."""
        held = self.curve.case
        value, low, high = (
            held[f"{name}{end}"].sel(method=self.method.name, output=output).to_numpy().astype(np.float64)
            for end in ("", "_low", "_high")
        )
        return value, low, high


def series_of(curves: Sequence[Curve], methods: Sequence[AttributedMethod]) -> list[Series]:
    """Return what is drawn side by side: each method on each domain that has it."""
    there = [
        (curve, method)
        for method in methods
        for curve in curves
        if method.name in [str(name) for name in curve.case["method"].to_numpy()]
    ]
    shifts = np.linspace(-0.5, 0.5, len(there)) * _SPREAD if len(there) > 1 else np.zeros(1)
    return [Series(*one, shift=float(shift)) for one, shift in zip(there, shifts, strict=True)]


def has_variable(curves: Sequence[Curve], *names: str) -> bool:
    """Return whether a case has any of some numbers."""
    return any(name in curve.case and curve.case[name].notnull().any() for curve in curves for name in names)


def draw_shares(axes: Axes, series: Sequence[Series], name: str, output: str, *, ends: tuple[float, float]) -> None:
    """Draw the share of an attribution in each environment over another share: 1 is no preference."""
    names = environments_of(series[0].curve.case)
    axes.set(xlim=(-0.5, len(names) - 0.5), xticks=range(len(names)), xticklabels=names)
    scale_ratios(axes, ends)
    for edge in np.arange(len(names) - 1) + 0.5:
        axes.axvline(edge, color="0.92", lw=0.5, zorder=0)
    if name == "share_over_pixels":
        _draw_input(axes, [one.curve for one in series])
    for one in series:
        if name in one.curve.case:
            _draw_points(axes, np.arange(len(names)) + one.shift, one.numbers(name, output), one)


def environments_of(case: xr.Dataset) -> list[str]:
    """Return the names of the environments as an axis has them: percentiles of the rank."""
    return [str(name) for name in case["environment"].to_numpy()]


def share_ends(series: Sequence[Series], outputs: Sequence[str]) -> tuple[float, float]:
    """Return the ends of an axis of ratios that holds all shares of some outputs, with their intervals."""
    held = [
        values
        for one in series
        for name in SHARES
        if name in one.curve.case
        for output in outputs
        for values in one.numbers(name, output)
    ]
    held += [ratios for one in series for ratios in [_input_ratios(one.curve.case)[0]]]
    found = np.concatenate([values[np.isfinite(values) & (values > 0)] for values in held] or [np.ones(1)])
    if not len(found):
        return 1 / _FEWEST, _FEWEST
    return max(_FLOOR, min(float(found.min()) / 1.1, 1 / _FEWEST)), max(float(found.max()) * 1.1, _FEWEST)


def scale_ratios(axes: Axes, ends: tuple[float, float]) -> None:
    """Scale the vertical axis to ratios by their logarithm, with a line at 1."""
    axes.set_yscale("log")
    axes.set_ylim(*ends)
    axes.yaxis.set_minor_locator(NullLocator())
    ticks = [tick for tick in _TICKS if ends[0] <= tick <= ends[1]]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.set_yticklabels([f"{tick:g}" for tick in ticks])
    axes.axhline(1, color="0.6", lw=0.5, zorder=1)


def draw_faithfulness(axes: Axes, series: Sequence[Series], output: str) -> None:
    """Draw the gain of each method over random order, a line a method: right of 0, grey, the order is worth something.

    Filled marks are of deletion, open ones of insertion; of several fills each has its own mark, one below the other.
    """
    methods = list(dict.fromkeys(one.method for one in series))
    axes.set(ylim=(len(methods) - 0.5, -0.5), yticks=range(len(methods)), yticklabels=[one.label for one in methods])
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
    kinds = [(gain, fill) for gain in GAINS for fill in _fills([one.curve for one in series], gain)]
    curves = list(dict.fromkeys(one.curve.name for one in series))
    count = len(kinds) * len(curves)
    shifts = np.linspace(-0.5, 0.5, count) * _SPREAD if count > 1 else np.zeros(1)
    for one in series:
        for number, (gain, fill) in enumerate(kinds):
            if gain in one.curve.case and fill in _fills([one.curve], gain):
                place = _fills([one.curve], gain).index(fill)
                value, low, high = (float(end[place]) for end in _by_fill(one, gain, output))
                row = float(shifts[number * len(curves) + curves.index(one.curve.name)])
                yield one, gain, (value, low, high), row


def _by_fill(one: Series, gain: str, output: str) -> Values:
    """Return a gain and its ends, (end, fill)."""
    return np.stack(one.numbers(gain, output))


def _fills(curves: Sequence[Curve], gain: str) -> list[str]:
    """Return the fills that a gain is known with."""
    there = [curve.case["fill"].to_numpy() for curve in curves if gain in curve.case]
    return list(dict.fromkeys(str(fill) for fills in there for fill in fills))


def draw_sanity(axes: Axes, series: Sequence[Series], name: str, output: str) -> None:
    """Draw the rank correlation with the true map as weights are shuffled from the last layer down.

    The first point is the network itself. What shows the network falls to 0 when all weights are shuffled.
    """
    depths = depths_of(series)
    axes.set(xlim=(-0.4, len(depths) + 0.4), ylim=(-0.6, 1.06), yticks=[-0.5, 0, 0.5, 1])
    axes.set_xticks(range(len(depths) + 1), ["none", *(shortened(depth, _LETTERS - 3) for depth in depths)])
    axes.axhline(0, color="0.6", lw=0.5, zorder=1)
    for one in series:
        if name not in one.curve.case:
            continue
        value, low, high = one.numbers(name, output)
        held = [str(depth) for depth in one.curve.case["depth"].to_numpy()]
        places = np.array([depths.index(depth) + 1 for depth in held]) + 0.4 * one.shift
        chained = np.array([depth != WITHOUT_A_CHAIN for depth in held]) & np.isfinite(value)
        about = one.look
        line = np.append(0.4 * one.shift, places[chained]), np.append(1.0, value[chained])
        axes.plot(*line, one.curve.line, color=about["color"], lw=0.6, zorder=2, gid=f"line {one.name}")
        _draw_points(axes, places, (value, low, high), one)


def draw_channels(axes: Axes, series: Sequence[Series], output: str) -> None:
    """Draw the share of each channel in an attribution; the line is that of equal shares."""
    names = [str(name) for name in series[0].curve.case["channel"].to_numpy()]
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 1), yticks=[0, 0.5, 1])
    axes.set_xticks(range(len(names)), [shortened(split_channel(name)[1] or name, 6) for name in names])
    axes.axhline(1 / len(names), color="0.6", lw=0.5, zorder=1)
    for one in series:
        if "channel_share" in one.curve.case:
            _draw_points(axes, np.arange(len(names)) + one.shift, one.numbers("channel_share", output), one)


def depths_of(series: Sequence[Series]) -> list[str]:
    """Return how far weights are shuffled, in the order of the files."""
    there = [one.curve.case["depth"].to_numpy() for one in series if "depth" in one.curve.case.dims]
    return list(dict.fromkeys(str(depth) for depths in there for depth in depths))


def _draw_points(axes: Axes, places: Values, numbers: tuple[Values, Values, Values], one: Series) -> None:
    """Draw marks with their intervals."""
    value, low, high = numbers
    there = np.isfinite(value)
    axes.plot(places[there], value[there], ls="none", zorder=4, **one.look, gid=f"marks {one.name}")
    shown = there & np.isfinite(low) & np.isfinite(high)
    axes.vlines(
        places[shown], low[shown], high[shown], color=one.curve.colour, lw=0.7, zorder=3, gid=f"intervals {one.name}"
    )


def _draw_input(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw what |input - baseline| alone gives: its share over that of pixels, a step an environment."""
    for curve in dict((curve.name, curve) for curve in curves).values():
        ratios, _ = _input_ratios(curve.case)
        places = np.arange(len(ratios))
        about: dict[str, Any] = {"color": INPUT, "lw": 1.0, "zorder": 2, "gid": f"input {curve.name}"}
        axes.hlines(ratios, places - 0.42, places + 0.42, linestyles=curve.line, **about)


def _input_ratios(case: xr.Dataset) -> tuple[Values, Values]:
    """Return the input's share of each environment over that of pixels, and the share of pixels."""
    if "input_share" not in case:
        return np.empty(0), np.empty(0)
    pixels = case["pixel_share"].to_numpy().astype(np.float64)
    return case["input_share"].to_numpy().astype(np.float64) / pixels, pixels

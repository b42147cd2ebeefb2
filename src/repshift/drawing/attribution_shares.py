"""Panels of shares of attributions: by environment over that of pixels and of the input, and by channel."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from repshift.drawing.attribution_series import Series, Values, draw_points, name_ticks
from repshift.drawing.layout import fit_words, shortened
from repshift.drawing.stress_curves import Curve
from repshift.drawing.style import PAGE_WIDTH
from repshift.vocabulary import split_channel

SHARES: Final = {
    "share_over_pixels": "share over that\nof pixels",
    "share_over_input": "share over that\nof |input - baseline|",
}
"""Shares by environment that are drawn, and their titles."""

INPUT: Final = "0.45"
"""Colour of what the input alone gives."""

_TICKS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)

_FLOOR: Final = 0.05

_FEWEST: Final = 1.6
"""Least factor about 1 that an axis of ratios shows."""


def draw_shares(axes: Axes, series: Sequence[Series], name: str, output: str, *, ends: tuple[float, float]) -> None:
    """Draw the share of an attribution in each environment over another share: 1 is no preference.

    What is below the axis, as a share of 0, lies on its lower edge.
    """
    names = environments_of(series[0].curve.case)
    axes.set_xlim(-0.5, len(names) - 0.5)
    name_ticks(axes, names)
    axes.set_xlabel(f"rank of {shortened(str(series[0].curve.case.attrs['environment']), 12)}")
    fit_words(axes.xaxis.label, float(axes.get_position().width) * PAGE_WIDTH)
    scale_ratios(axes, ends)
    for edge in np.arange(len(names) - 1) + 0.5:
        axes.axvline(edge, color="0.92", lw=0.5, zorder=0)
    if name == "share_over_pixels":
        _draw_input(axes, [one.curve for one in series])
    for one in series:
        if name in one.curve.case:
            value, low, high = (np.maximum(end, ends[0]) for end in one.numbers(name, output))
            draw_points(axes, np.arange(len(names)) + one.shift, (value, low, high), one)


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
    held += [ratios for one in series for ratios in [_input_ratios(one.curve.case)]]
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


def draw_channels(axes: Axes, series: Sequence[Series], output: str) -> None:
    """Draw the share of each channel in an attribution; the line is that of equal shares.

    A method with one map for all channels has no mark.
    """
    names = [str(name) for name in series[0].curve.case["channel"].to_numpy()]
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 1), yticks=[0, 0.5, 1])
    name_ticks(axes, [split_channel(name)[1] or name for name in names])
    axes.axhline(1 / len(names), color="0.6", lw=0.5, zorder=1)
    for one in series:
        if "channel_share" in one.curve.case:
            value, low, high = one.numbers("channel_share", output)
            if not _is_shared_out(value, low, high):
                draw_points(axes, np.arange(len(names)) + one.shift, (value, low, high), one)


def _is_shared_out(*numbers: Values) -> bool:
    """Return whether a method has one map for all channels, so that each has the same share by construction."""
    return all(np.allclose(values, 1 / len(values), rtol=1e-6, atol=0) for values in numbers)


def _draw_input(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw what |input - baseline| alone gives: its share over that of pixels, a step an environment."""
    for curve in {curve.name: curve for curve in curves}.values():
        ratios = _input_ratios(curve.case)
        places = np.arange(len(ratios))
        about: dict[str, Any] = {"color": INPUT, "lw": 1.0, "zorder": 2, "gid": f"input {curve.name}"}
        about["linestyles"] = curve.line
        axes.hlines(ratios, places - 0.42, places + 0.42, **about)


def _input_ratios(case: xr.Dataset) -> Values:
    """Return the share of |input - baseline| in each environment over that of pixels."""
    low, high = (case[f"environment_{end}"].to_numpy() for end in ("low", "high"))
    return np.asarray(case["input_share"].to_numpy() / (high - low), dtype=np.float64)

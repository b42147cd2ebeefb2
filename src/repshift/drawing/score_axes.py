"""An axis of values and a range of them: linear, or logarithmic beyond the range where a value lies far outside."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

_MOST_TICKS: Final = 4

_WIDEST: Final = 30.0
"""Spread of the values over the width of the range, above which an axis is logarithmic beyond the range."""


def scale_beyond(axes: Axes, values: Sequence[float], low: float, high: float) -> None:
    """Choose the ends and the ticks of the axis of some values, beside a range from `low` to `high` or NaN."""
    there = [value for value in (*values, low, high) if math.isfinite(value)]
    least, most = min(there), max(there)
    reach = max(abs(low), abs(high)) if math.isfinite(low) else 0.0
    if high - low > 0 and most - least > _WIDEST * (high - low) and reach > 0:
        axes.set_xscale("symlog", linthresh=reach, linscale=0.5)
        ends = min(least, 0.0) * 1.3 - 0.1 * reach, max(most, 0.0) * 1.3 + 0.1 * reach
        axes.set_xlim(*ends)
        axes.set_xticks(_powers(reach, least, most))
        axes.set_xticks(_between_powers(reach, *ends), minor=True)
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        margin = 0.06 * (most - least) or max(abs(most), 1.0) * 0.1
        axes.set_xlim(least - margin, most + margin)
        # none at the very ends, where its label would meet that of the panel beside it
        ticks = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(least, most)
        inside = [tick for tick in ticks if least - margin / 3 < tick < most + margin / 3]
        start = int(np.argmin(np.abs(inside))) % 2 if inside else 0
        axes.set_xticks(inside[start::2] if len(inside) > _MOST_TICKS else inside)
    axes.xaxis.set_major_formatter(FuncFormatter(_words))


def _powers(reach: float, least: float, most: float) -> list[float]:
    """Return 0 and powers of ten beyond the range, three of a side at most."""
    first = math.ceil(math.log10(reach))
    sides = []
    for end in (-least, most):
        last = math.floor(math.log10(end)) if end > reach else first - 1
        powers = list(range(first, last + 1))
        sides.append(powers[:: max(1, math.ceil(len(powers) / 3))][-3:])
    return [*(-(10.0**power) for power in reversed(sides[0])), 0.0, *(10.0**power for power in sides[1])]


def _between_powers(reach: float, low: float, high: float) -> list[float]:
    """Return the multiples of powers of ten beyond the range, which show that an axis is logarithmic there."""
    powers = range(math.floor(math.log10(reach)), math.ceil(math.log10(max(-low, high))))
    ticks = [sign * number * 10.0**power for power in powers for number in range(2, 10) for sign in (-1, 1)]
    return [tick for tick in ticks if abs(tick) > reach and low < tick < high]


def _words(value: float, _: object = None) -> str:
    """Return a tick in few letters, with a true minus sign."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")

"""An axis of a score that is lost: linear up to 1, then by its logarithm, grey, for there nothing is left to lose."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from repshift.drawing.r2_axis import BEYOND
from repshift.drawing.style import number

LOST: Final = 1.0
"""Loss of R^2 from which nothing is left: a perfect prediction is as bad as the mean of the truth."""

MOST: Final = 30.0
"""Loss above which nothing is drawn."""


def scale_loss(axes: Axes, values: Sequence[float], *, which: Literal["x", "y"] = "y") -> None:
    """Scale an axis of losses by all values that it holds; those above `MOST` lie at its end."""
    there = np.array([value for value in (*values, 0.0, 0.1) if np.isfinite(value)])
    axis = axes.yaxis if which == "y" else axes.xaxis
    limit = axes.set_ylim if which == "y" else axes.set_xlim
    low, high = float(there.min()), float(there.max())
    if high <= LOST and low >= -LOST:
        margin = 0.06 * (high - low)
        limit(low - margin, high + margin)
        axis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
        return
    bottom, top = max(-MOST, low * 1.3 - 0.1), min(MOST, high * 1.3 + 0.1)
    scale = axes.set_yscale if which == "y" else axes.set_xscale
    scale("symlog", linthresh=LOST, linscale=2.0)
    limit(bottom, top)
    if top > LOST:
        span = axes.axhspan if which == "y" else axes.axvspan
        span(LOST, top, color=BEYOND, lw=0, zorder=0, gid="gone")
    ticks = [tick for tick in (-10.0, -LOST, 0.0, LOST, 10.0) if bottom <= tick <= top]
    axis.set_ticks(ticks, [number(tick, 0) for tick in ticks])
    axis.set_minor_locator(NullLocator())

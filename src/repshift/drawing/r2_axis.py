"""An axis of R^2: linear down to -1, then by its logarithm, grey, for there the errors only say that it is gone."""

from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

GONE: Final = -1.0
"""R^2 below which the errors only say that the prediction is gone."""

LOWEST: Final = -30.0
"""R^2 below which nothing is drawn."""

BEYOND: Final = "0.95"
"""Grey of what is gone."""


def scale_r2(axes: Axes, least: float, *, which: Literal["x", "y"] = "y", ticks: int = 3) -> None:
    """Scale an axis of R^2 from about its least value to 1, or from `LOWEST`; at most about so many linear ticks."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    limit = axes.set_ylim if which == "y" else axes.set_xlim
    if least >= GONE:
        limit(min(least, 0.0) - 0.05, 1.05)
        axis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 5, 10]))
        return
    bottom, scale = max(LOWEST, 1.3 * least), axes.set_yscale if which == "y" else axes.set_xscale
    scale("symlog", linthresh=-GONE, linscale=2.0)
    limit(bottom, 1.15)
    span = axes.axhspan if which == "y" else axes.axvspan
    span(bottom, GONE, color=BEYOND, lw=0, zorder=0, gid="gone")
    shown = [tick for tick in (-10.0, GONE, 0.0, 1.0) if tick >= bottom]
    named = [tick for tick in shown if which == "y" or tick >= GONE]  # else it meets that of the panel before
    axis.set_ticks(shown, [f"{tick:g}".replace("-", "\N{MINUS SIGN}") if tick in named else "" for tick in shown])
    axis.set_minor_locator(NullLocator())

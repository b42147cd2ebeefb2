"""Numbers with their intervals in rows, one below the other."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes


def mark_row(axes: Axes, place: float, ends: tuple[float, float, float], *, gid: str, **how: Any) -> None:  # noqa: ANN401
    """Mark a number with its interval in a row; at an end of the axis, an arrow for one that lies beyond."""
    value, low, high = ends
    left, right = axes.get_xlim()
    if math.isnan(value):
        return
    colour = how["color"]
    if not left <= value <= right:
        arrow, end = (">", right) if value > right else ("<", left)
        axes.plot(end, place, arrow, ms=3, mew=0.6, color=colour, mfc="white", clip_on=False, zorder=5, gid=gid)
    else:
        axes.plot(value, place, ls="none", ms=3, mew=0.6, zorder=4, **how, gid=gid)
    shown = np.clip([low, high], left, right)
    if np.isfinite(shown).all() and shown[1] > shown[0]:
        axes.plot(shown, [place] * 2, color=colour, lw=0.8, zorder=3, gid=f"interval {gid}")

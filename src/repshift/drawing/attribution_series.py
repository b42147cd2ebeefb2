"""Marks of attributions in panels of numbers: a method on a domain, the domain by colour, the method by marker."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from repshift.drawing.attribution_page import AttributedMethod
from repshift.drawing.layout import shortened
from repshift.drawing.stress_curves import Curve
from repshift.drawing.style import PAGE_WIDTH

METHOD_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
"""Of methods, in their order in the file."""

_SPREAD: Final = 0.62

_LETTERS: Final = 10
_LINE: Final = 0.1
"""Width of a name from bottom to top [inch]."""


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
            held[f"{name}{end}"].sel({"method": self.method.name, "output": output}).to_numpy().astype(np.float64)
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


def name_ticks(axes: Axes, names: Sequence[str]) -> None:
    """Write names below an axis, from bottom to top: one at each whole number from 0, as many as there is room for."""
    axes.set_xticks(range(len(names)), ["" for _ in names], rotation=90)
    shown = set(places_with_room(len(names), width=float(axes.get_position().width) * PAGE_WIDTH))
    axes.set_xticklabels([shortened(name, _LETTERS) if place in shown else "" for place, name in enumerate(names)])
    axes.tick_params(axis="x", length=1.5, pad=1.5)


def places_with_room(count: int, *, width: float) -> list[int]:
    """Return which of so many names side by side, on a width [inch], do not meet: evenly spaced, the last one of them.

    Examples
    --------
    >>> places_with_room(5, width=1.0), places_with_room(20, width=1.0)
    ([0, 1, 2, 3, 4], [1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
    """
    step = max(1, math.ceil(count * _LINE / width))
    return list(range((count - 1) % step, count, step))


def draw_points(
    axes: Axes, places: npt.NDArray[np.floating], numbers: tuple[Values, Values, Values], one: Series
) -> None:
    """Draw marks with their intervals."""
    value, low, high = numbers
    there = np.isfinite(value)
    axes.plot(places[there], value[there], ls="none", zorder=4, **one.look, gid=f"marks {one.name}")
    shown = there & np.isfinite(low) & np.isfinite(high)
    axes.vlines(
        places[shown], low[shown], high[shown], color=one.curve.colour, lw=0.7, zorder=3, gid=f"intervals {one.name}"
    )

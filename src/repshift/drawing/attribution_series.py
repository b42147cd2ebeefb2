"""Marks of attributions in panels of numbers: a method on a domain, the domain by colour, the method by marker."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from repshift.drawing.attribution_page import AttributedMethod
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


def name_ticks(axes: Axes, names: Sequence[str], *, first: Sequence[str] = ()) -> None:
    """Write names below an axis, from bottom to top: one at each whole number from 0, as many as there is room for.

    Those of `first` come first where there is not room for all; of a long name its end is written.
    """
    low, high = axes.get_xlim()
    each = float(axes.get_position().width) * PAGE_WIDTH / (high - low)
    order = sorted(range(len(names)), key=lambda place: names[place] not in first)
    shown = places_with_room(order, each=each)
    written = [name_of_tick(name) if place in shown else "" for place, name in enumerate(names)]
    axes.set_xticks(range(len(names)), written, rotation=90)
    axes.tick_params(axis="x", length=1.5, pad=1.5)


def places_with_room(order: Sequence[int], *, each: float) -> set[int]:
    """Return which of some places, `each` inch apart, have names that do not meet, the first of `order` first.

    Examples
    --------
    >>> places_with_room([0, 1, 2], each=0.2), places_with_room([4, 0, 1, 2, 3], each=0.06)
    ({0, 1, 2}, {0, 2, 4})
    """
    kept: set[int] = set()
    for place in order:
        if all(abs(place - other) * each >= _LINE for other in kept):
            kept.add(place)
    return kept


def name_of_tick(name: str) -> str:
    """Return a name as it stands below an axis: of a long one its end, which tells layers apart.

    Examples
    --------
    >>> name_of_tick("lower half"), name_of_tick("stages.0.1.2:0")
    ('lower half', '…s.0.1.2:0')
    """
    return name if len(name) <= _LETTERS else f"…{name[1 - _LETTERS :]}"


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

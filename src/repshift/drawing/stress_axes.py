"""The axes of a stress as figures draw them: which levels and branches are theirs, how their strengths are written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from repshift.drawing.style import capitalised, figure_text

MOVES_LABELS: Final = "the labels should change with it"
"""What a figure says of an axis that is none of robustness."""

MOVES_TRUTH: Final = "the truth of an output moves along"
"""What a figure says of an axis whose moved labels are known, as those of a set 1P."""

_WIDEST: Final = 12.0
"""Ratio of the largest strength to the smallest from which on strengths are drawn by their logarithm."""

_LINEAR: Final = 0.5
"""Decades from 0 to the smallest strength."""

_MARGIN: Final = 0.05
_CHARACTER: Final = 0.058
"""Width of a character of a tick [inch]."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StressAxis:
    """An axis of a stress.

    Attributes
    ----------
    name
        Its name in the file.
    label, units
        What it is, and the unit of its strengths.
    strengths
        (levels,) in ascending order, of all cases that are drawn.
    note
        What a figure says of its labels; empty where they stay.
    physical
        What one unit of strength is, as "0.39 Mpc/h"; empty where that is not known.
    """

    name: str
    label: str
    units: str
    strengths: tuple[float, ...]
    note: str = ""
    physical: str = ""

    @property
    def title(self) -> str:
        """Return what stands above its panels, without what it does to the labels."""
        same = f" = {self.physical}" if self.physical else ""
        has_unit = self.units not in ("", "1")
        return figure_text(f"{capitalised(self.label)} [{self.units}{same}]" if has_unit else capitalised(self.label))


def axes_of(cases: Sequence[xr.Dataset]) -> list[StressAxis]:
    """Return the axes that any of the cases has, in order of appearance.

    The attribute ``axes`` of a case says by name what each is: label, units, moves_labels, physical_units, and maybe
    moves_truth.
    """
    about: dict[str, dict[str, Any]] = {}
    for case in cases:
        about = {**case.attrs["axes"], **about}
    names = dict.fromkeys(str(name) for case in cases for name in case["axis"].to_numpy())
    return [
        StressAxis(
            name,
            str(about[name]["label"]),
            str(about[name]["units"]),
            tuple(sorted({float(one) for case in cases for one in case["strength"].to_numpy()[levels(case, name)]})),
            _note(about[name]),
            _physical(cases, name, str(about[name].get("physical_units", "") or "")),
        )
        for name in names
    ]


def _note(about: Mapping[str, Any]) -> str:
    """Return what a figure says of the labels along an axis."""
    return MOVES_LABELS if about["moves_labels"] else MOVES_TRUTH if about.get("moves_truth") else ""


def levels(case: xr.Dataset, axis: str) -> npt.NDArray[np.int64]:
    """Return the places of the levels of an axis, in ascending order of strength; none where the case has it not."""
    places = np.flatnonzero(case["axis"].to_numpy().astype(str) == axis)
    return places[np.argsort(case["strength"].to_numpy()[places], kind="stable")]


def branches(case: xr.Dataset, axis: str) -> list[tuple[int, float]]:
    """Return the place of each branch of an axis, and the sign of its strengths."""
    named = case["branch_axis"].to_numpy().astype(str)
    ways = case["branch_direction"].to_numpy().astype(str)
    return [(int(place), -1.0 if ways[place] == "down" else 1.0) for place in np.flatnonzero(named == axis)]


def scale_strengths(axes: Axes, strengths: Sequence[float], *, width: float) -> None:
    """Scale the horizontal axis of a panel of some width [inch] to strengths, and mark those that there is room for.

    Strengths of more than a decade are drawn by their logarithm, linear between 0 and the smallest.
    """
    sizes = [abs(strength) for strength in strengths if strength != 0]
    if sizes and max(sizes) > _WIDEST * min(sizes):
        axes.set_xscale("symlog", linthresh=min(sizes), linscale=_LINEAR)
    transform = axes.xaxis.get_transform()
    places = np.asarray(transform.transform(np.array(strengths, dtype=np.float64)), dtype=np.float64)
    margin = _MARGIN * float(np.ptp(places)) or 1.0
    ends = np.array([places.min() - margin, places.max() + margin])
    axes.set_xlim(*map(float, transform.inverted().transform(ends)))
    axes.set_xticks(_with_room(strengths, places * width / float(np.ptp(ends))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([strength_words(float(tick)) for tick in axes.get_xticks()])


def strength_words(strength: float) -> str:
    """Return a strength in few characters, with a true minus sign.

    Examples
    --------
    >>> strength_words(-0.03), strength_words(1e-06)
    ('−0.03', '1e−06')
    """
    return f"{strength:.3g}".replace("-", "\N{MINUS SIGN}")


def _with_room(strengths: Sequence[float], places: Array) -> list[float]:
    """Return strengths whose words do not meet: 0 first, then from the outermost inwards."""
    order = sorted(range(len(strengths)), key=lambda place: (strengths[place] != 0, -abs(strengths[place])))
    kept: list[int] = []
    for place in order:
        half = _CHARACTER * len(strength_words(strengths[place])) / 2
        apart = (
            abs(places[place] - places[other]) - half - _CHARACTER * (len(strength_words(strengths[other])) + 1) / 2
            for other in kept
        )
        if all(gap > 0 for gap in apart):
            kept.append(place)
    return [strengths[place] for place in sorted(kept, key=lambda place: places[place])]


def _physical(cases: Sequence[xr.Dataset], axis: str, units: str) -> str:
    """Return what one unit of strength is, where it is the same at all strengths."""
    for case in cases:
        places = levels(case, axis)
        strengths, physical = (case[name].to_numpy()[places] for name in ("strength", "physical"))
        there = (strengths != 0) & np.isfinite(physical)
        ratios = physical[there] / strengths[there]
        if units and len(ratios) and math.isclose(float(ratios.min()), float(ratios.max()), rel_tol=1e-6):
            return f"{ratios[0]:.3g} {units}"
    return ""

"""Panels of a ladder: a row a rung, its score on each sky with its control, or its label-free numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from repshift.drawing.layout import add_panel, add_words, fit_words
from repshift.drawing.r2_axis import scale_r2
from repshift.drawing.repair_entries import Entry
from repshift.drawing.repair_ladder import Ladder
from repshift.drawing.row_marks import mark_row
from repshift.drawing.style import parameter_label
from repshift.evidence.repair.quantities import AS_IT_IS, SKIES

CONTROL: Final = "0.55"
DAGGER: Final = "\N{DAGGER}"
_BELOW: Final = 0.3
"""How far below its rung a control lies, in rows."""

_MARKERS: Final = {"bound": "D", "control": "v"}
_MARK: Final = 0.12
"""Width of the marks before names [inch]."""

_WIDE: Final = 3.2
"""Width of the line of splits [point]."""


@dataclass(frozen=True)
class Column:
    """What a panel of a ladder shows: scores of an output on a sky, or a number that needs no labels."""

    name: str
    title: str
    colour: str
    judged_on: str = ""
    output: str = ""

    @property
    def label(self) -> str:
        """The name of the panel."""
        return f"{self.judged_on} {self.output}" if self.judged_on else self.name

    def number(self, entry: Entry, *, of: str = "score") -> tuple[float, float, float]:
        """Return a number of an entry with its ends: its score, or what stands in place of it."""
        if self.judged_on:
            return entry.number(of, judged_on=self.judged_on, parameter=self.output)
        return entry.number("label_free", label_free_name=self.name) if of == "score" else (math.nan,) * 3


def columns_of(ladder: Ladder) -> list[Column]:
    """Return the panels of a ladder: those of skies that have scores; of a target without labels numbers without."""
    scored = [
        Column("score", f"{parameter_label(output)}, {ladder.labels[sky]}", ladder.colours[sky], sky, output)
        for output in ladder.outputs
        for sky in SKIES
        if ladder.has("score", judged_on=sky, parameter=output)
    ]
    if any(column.judged_on == "target" for column in scored):
        return scored
    numbers = {name: label.replace(": ", ", ") for name, label in ladder.label_free.items()}
    return [*scored, *(Column(name, label, ladder.colours["target"]) for name, label in numbers.items())]


def name_rungs(figure: Figure, rows: Sequence[Entry], *, left: float, top: float, row: float, right: float) -> None:
    """Write the names of rungs, and by how many simulations each was tuned, on the left of their rows.

    Before each name is the mark of the rung in panels where rungs are distinguished.
    """
    marks = add_panel(figure, left, top, _MARK, len(rows) * row, label="marks")
    marks.set(xlim=(-1, 1), ylim=(len(rows) - 0.5, -0.5))
    marks.set_axis_off()
    for place, entry in enumerate(rows):
        marks.plot(0, place, entry.marker, color=entry.colour, ms=3.4, mew=0.5, gid=f"mark {entry.rung}")
        middle = top + (place + 0.5) * row
        tuned = f"{entry.simulations}{' labelled' if entry.is_labelled else ''}" if entry.simulations else ""
        about: dict[str, Any] = {"verticalalignment": "center"}
        add_words(figure, right - 0.05, middle, tuned, horizontalalignment="right", **about)
        dagger = f" {DAGGER}" if entry.needs_same_prior else ""
        start = left + _MARK + 0.04
        name = add_words(figure, start, middle, f"{entry.label}{dagger}", gid=f"rung {entry.rung}", **about)
        fit_words(name, right - start - (0.66 if entry.is_labelled else 0.25))


def draw_rungs(axes: Axes, rows: Sequence[Entry], column: Column, *, is_r2: bool) -> None:
    """Draw a number of each rung: its interval, the range of splits and seeds, and its control below it."""
    _scale(axes, [column.number(entry) for entry in rows], column, is_r2=is_r2)
    axes.set(ylim=(len(rows) - 0.5, -0.5), yticks=[])
    _separate(axes, rows)
    for place, entry in enumerate(rows):
        _draw_splits(axes, entry, column, place)
        how = {"color": column.colour, "marker": _marker(entry)}
        mark_row(axes, place, column.number(entry), **how, gid=f"rung {entry.rung}")
        value, (over, *ends) = column.number(entry)[0], column.number(entry, of="gain_over_control")
        if math.isfinite(over):
            control = (value - over, value - ends[1], value - ends[0])
            how = {"color": CONTROL, "marker": "v", "mfc": "white"}
            mark_row(axes, place + _BELOW, control, **how, gid=f"control {entry.rung}")
    start = next((column.number(entry)[0] for entry in rows if entry.rung == AS_IT_IS), math.nan)
    if math.isfinite(start):
        axes.axvline(start, color="0.5", lw=0.6, ls=":", zorder=1, gid="as it is")


def _marker(entry: Entry) -> str:
    """Return the marker of an entry: of repairs those tuned with labels are square."""
    return _MARKERS.get(entry.word("kind"), "s" if entry.is_labelled else "o")


def _draw_splits(axes: Axes, entry: Entry, column: Column, place: float) -> None:
    """Draw the range of splits and seeds, a pale line below the interval."""
    low, high = (column.number(entry, of=f"score_{end}")[0] for end in ("lowest", "highest"))
    left, right = axes.get_xlim()
    shown = np.clip([low, high], left, right)
    if np.isfinite(shown).all() and shown[1] > shown[0]:
        how: dict[str, Any] = {"color": column.colour, "lw": _WIDE, "alpha": 0.25, "solid_capstyle": "butt"}
        axes.plot(shown, [place] * 2, zorder=2, gid=f"splits {entry.rung}", **how)


def _separate(axes: Axes, rows: Sequence[Entry]) -> None:
    """Draw a line between bounds, repairs without training, trained ones and controls."""
    for place, (above, below) in enumerate(pairwise(rows)):
        if above.group != below.group:
            axes.axhline(place + 0.5, color="0.8", lw=0.5, zorder=1, gid="group")


def _scale(axes: Axes, numbers: Sequence[tuple[float, float, float]], column: Column, *, is_r2: bool) -> None:
    """Scale the horizontal axis of a panel."""
    values = np.array([value for value, *_ in numbers if math.isfinite(value)])
    if column.judged_on and is_r2:
        scale_r2(axes, float(values.min()) if len(values) else 0.0, which="x", ticks=2)
        axes.axvline(0, color="0.8", lw=0.5, zorder=1)
        return
    if column.judged_on:
        axes.set(xlim=(-0.03, 1.03), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
        return
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_xlim(low - margin, high + margin)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 3, 4, 5, 6, 8, 10]))

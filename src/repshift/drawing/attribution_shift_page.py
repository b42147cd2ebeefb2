"""What a page of figure 6 draws, and where its panels lie; all lengths in inches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from repshift.drawing.stress_page import PAGE_HEIGHT, drawn_outputs, in_order
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH

TOP: Final = 0.3
"""Height of the title of the page."""

LEFT: Final = 0.08
HEADING: Final = 0.34
"""Height of the names of domain and twin, and of the columns."""

TITLE: Final = 0.18
"""Height of the title of a panel."""

PANEL: Final = 1.15
"""Height of a panel."""

_FOOT_LINE: Final = LINE_HEIGHT * 1.25
_GAP: Final = 0.1
_BARS: Final = 0.46
_TICKS: Final = 0.66
_LARGEST: Final = 1.36


@dataclass(frozen=True)
class ShiftRow:
    """A shift as it is drawn: maps, and below them the parts, a line an output."""

    case: xr.Dataset
    outputs: tuple[str, ...]

    @property
    def columns(self) -> int:
        """Map, twin, their difference, and what of it each output is attributed to."""
        return 3 + len(self.outputs)

    @property
    def width(self) -> float:
        """Width of a map."""
        return min(_LARGEST, (PAGE_WIDTH - 2 * LEFT - (self.columns - 1) * _GAP) / self.columns)

    @property
    def side(self) -> float:
        """Height of a map."""
        height, width = self.case["input"].shape[-2:]
        return self.width * height / width

    @property
    def maps(self) -> float:
        """Height of the maps with their heading and bars."""
        return HEADING + LINE_HEIGHT * len(self.outputs) + self.side + _BARS

    @property
    def parts(self) -> float:
        """Height of the parts of the shift of an output."""
        return TITLE + PANEL + _TICKS

    @property
    def height(self) -> float:
        """Height of all of it."""
        return self.maps + len(self.outputs) * self.parts

    @property
    def example(self) -> int:
        """Place of the map that is drawn: the one whose shift of the first output is nearest to the median."""
        shifts = (self.case["twin_value"] - self.case["value"]).sel(output=self.outputs[0]).to_numpy()
        return int(np.argmin(np.abs(shifts - np.median(shifts))))

    def left_of(self, column: int) -> float:
        """Return the left edge of a column of maps."""
        return LEFT + column * (self.width + _GAP)


def foot_of(rows: Sequence[ShiftRow]) -> float:
    """Return the height of the legend, which has a second line where there are layers."""
    return (1 + any("layer_offset_shift" in row.case for row in rows)) * _FOOT_LINE + 0.08


def pages_of_shifts(shifts: Sequence[xr.Dataset], *, outputs: Sequence[str] = ()) -> list[list[xr.Dataset]]:
    """Return the shifts of each page of A4, in their order."""
    pages: list[list[ShiftRow]] = []
    for row in rows_of(shifts, outputs):
        fits = pages and TOP + sum(one.height for one in (*pages[-1], row)) + foot_of([row]) <= PAGE_HEIGHT
        if fits:
            pages[-1].append(row)
        else:
            pages.append([row])
    return [[row.case for row in page] for page in pages]


def rows_of(shifts: Sequence[xr.Dataset], outputs: Sequence[str]) -> list[ShiftRow]:
    """Return the shifts of a figure as they are drawn.

    Raises
    ------
    InputError
        If there are none, or they are of several models.
    """
    return [ShiftRow(case, drawn_outputs(case, outputs)) for case in in_order(shifts, figure="a shift")]

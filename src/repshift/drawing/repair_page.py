"""What a section of figure 7 draws, and where its panels lie; all lengths in inches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from repshift.drawing.repair_contents import Contents
from repshift.drawing.repair_curves import Panel
from repshift.drawing.repair_entries import Entry
from repshift.drawing.repair_ladder import Ladder
from repshift.drawing.repair_rungs import Column
from repshift.drawing.repair_similarity import MATRICES_A_LINE, MATRIX_LINE, NUMBERS_A_LINE
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH

LEFT: Final = 0.08
TOP: Final = 0.28
"""Height of the title of the page."""

NAME: Final = 0.17
"""Height of the names of a section's domains."""

HEADING: Final = 0.17
"""Height of the heading of a part."""

TITLE: Final = 2 * LINE_HEIGHT + 0.05
"""Height of the title of a panel."""

TICKS: Final = 0.24
CURVE: Final = 1.05
"""Height of a panel of curves."""

NUMBER_TITLE: Final = 3 * LINE_HEIGHT + 0.05
"""Height of its title."""

NUMBER: Final = 0.85
"""Height of a panel of a number without labels."""

BAR: Final = 0.46
"""Height of the colour bar of matrices."""

FOOT_LINE: Final = LINE_HEIGHT * 1.25
_BELOW_CURVES: Final = 0.44
_BELOW_PRIORS: Final = 0.72
_RIGHT: Final = 0.1
_GAP: Final = 0.1
_ROW: Final = 0.145
_ROW_WITH_CONTROL: Final = 0.19
_NAMES: Final = 2.1
_COLUMNS: Final = 6
_WIDEST: Final = 1.6
_AXIS: Final = 0.32
"""Left of a panel with ticks of its own."""


Part = Literal["rungs", "curves", "matrices", "numbers"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)
"""Of a section, from the top."""


@dataclass(frozen=True)
class RepairSection:
    """Panels of one target: those of some parts."""

    contents: Contents
    parts: tuple[Part, ...] = PARTS

    @property
    def ladder(self) -> Ladder:
        """The entries of the target."""
        return self.contents.ladder

    @property
    def rows(self) -> list[Entry]:
        """A row a rung and setting."""
        return self.contents.rows

    @property
    def columns(self) -> list[Column]:
        """A column a number of the rungs."""
        return self.contents.columns

    @property
    def curves(self) -> list[Panel]:
        """Panels against what tuned the rungs."""
        return self.contents.curves

    @property
    def numbers(self) -> dict[str, str]:
        """Labels of numbers without labels, by name."""
        return self.contents.numbers

    @property
    def row(self) -> float:
        """Height of a row."""
        return _ROW_WITH_CONTROL if any(entry.word("control") for entry in self.rows) else _ROW

    @property
    def names(self) -> float:
        """Right edge of the names of rungs."""
        return LEFT + _NAMES

    @property
    def bands(self) -> int:
        """Groups of columns, one below the other."""
        return math.ceil(len(self.columns) / _COLUMNS)

    @property
    def band(self) -> float:
        """Height of such a group."""
        return TITLE + len(self.rows) * self.row + TICKS

    def columns_of_band(self, place: int) -> list[Column]:
        """Return the columns of a group."""
        return self.columns[place * _COLUMNS : (place + 1) * _COLUMNS]

    @property
    def width(self) -> float:
        """Width of a panel of rungs."""
        count = len(self.columns_of_band(0))
        return min(_WIDEST, (PAGE_WIDTH - self.names - _RIGHT - (count - 1) * _GAP) / count)

    def left_of(self, column: int) -> float:
        """Return the left edge of a panel of rungs."""
        return self.names + column * (self.width + _GAP)

    @property
    def legend(self) -> float:
        """Height of what says what marks of rungs mean."""
        lines = 2 + any(entry.needs_same_prior for entry in self.rows)
        return lines * FOOT_LINE + 0.14

    @property
    def curve_width(self) -> float:
        """Width of a panel of curves."""
        count = len(self.curves)
        return min(_WIDEST, (PAGE_WIDTH - LEFT - _RIGHT) / count - _AXIS)

    def left_of_curve(self, place: int) -> float:
        """Return the left edge of a panel of curves."""
        return LEFT + _AXIS + place * (self.curve_width + _AXIS)

    @property
    def curves_height(self) -> float:
        """Height of the panels of curves with their heading."""
        if not self.curves:
            return 0.0
        return HEADING + TITLE + CURVE + (_BELOW_PRIORS if self.curves[-1].against == "prior" else _BELOW_CURVES)

    @property
    def matrix_lines(self) -> int:
        """Lines of matrices."""
        return math.ceil(self.contents.matrices / MATRICES_A_LINE)

    @property
    def matrices_height(self) -> float:
        """Height of the matrices with their heading."""
        return HEADING + self.matrix_lines * MATRIX_LINE + BAR if self.matrix_lines else 0.0

    @property
    def number_width(self) -> float:
        """Width of a panel of a number without labels."""
        count = min(NUMBERS_A_LINE, len(self.numbers))
        return min(_WIDEST, (PAGE_WIDTH - LEFT - _AXIS - _RIGHT - (count - 1) * _GAP) / count)

    def left_of_number(self, column: int) -> float:
        """Return the left edge of such a panel."""
        return LEFT + _AXIS + column * (self.number_width + _GAP)

    @property
    def number_line(self) -> float:
        """Height of a line of such panels."""
        return NUMBER_TITLE + NUMBER + TICKS

    @property
    def number_lines(self) -> int:
        """Lines of such panels of one output."""
        return math.ceil(len(self.numbers) / NUMBERS_A_LINE)

    @property
    def rungs_height(self) -> float:
        """Height of the rungs with their heading and what says what marks mean."""
        return HEADING + self.bands * self.band + self.legend

    @property
    def numbers_height(self) -> float:
        """Height of the panels of numbers without labels, with their heading."""
        lines = len(self.ladder.outputs) * self.number_lines
        return HEADING + lines * self.number_line + LINE_HEIGHT if lines else 0.0

    def height_of(self, part: Part) -> float:
        """Return the height of a part; 0 where it has nothing to draw."""
        heights = (self.rungs_height, self.curves_height, self.matrices_height, self.numbers_height)
        return dict(zip(PARTS, heights, strict=True))[part]

    @property
    def height(self) -> float:
        """Height of all of it."""
        return NAME + sum(map(self.height_of, self.parts)) + 0.1


def sections_of(ladders: Sequence[Ladder]) -> list[RepairSection]:
    """Return what is drawn of each target, that has something to draw."""
    wholes = [RepairSection(Contents(ladder)) for ladder in ladders]
    return [replace(one, parts=tuple(part for part in PARTS if one.height_of(part) > 0)) for one in wholes]


def pages_of(sections: Sequence[RepairSection]) -> list[list[RepairSection]]:
    """Return what stands on each page of A4: parts of sections in their order, as many as there is room for."""
    pages: list[list[RepairSection]] = []
    used = math.inf
    for section in sections:
        for part in section.parts:
            alone = replace(section, parts=(part,))
            last = pages[-1][-1] if pages else None
            joined = last is not None and last.ladder is section.ladder
            more = section.height_of(part) + (0.0 if joined else alone.height - section.height_of(part))
            if used + more > PAGE_HEIGHT:
                pages.append([alone])
                used = TOP + alone.height
            elif joined and last is not None:
                pages[-1][-1] = replace(last, parts=(*last.parts, part))
                used += more
            else:
                pages[-1].append(alone)
                used += more
    return pages

"""Where the panels of a model's row lie on the page; all lengths in inches, from the top left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from repshift.drawing.cases import DrawnCase, case_title
from repshift.drawing.matrices import score_lines
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH

MARGIN: Final = 0.08
MATRIX: Final = 1.55
LAYER_NAMES: Final = 0.38
"""Height of the names of layers below a matrix, down to the first line of its scores."""

_CONTENT: Final = MATRIX + LAYER_NAMES + 2 * LINE_HEIGHT + 0.03
"""Height of a matrix, the names of its layers and three lines of scores."""

_HEADING: Final = 0.17
_LABEL: Final = 1.5 * LINE_HEIGHT
_ROW_GAP: Final = 0.16
_COLOUR_BAR: Final = 0.92
_STATISTICS_AXIS: Final = 0.43
_NAMES: Final = 0.32
"""Width of the names of layers before a matrix."""

_GAP: Final = 0.1


@dataclass(frozen=True)
class Row:
    """A model's row: one or more bands of at most `columns` cases, each case a matrix, the maps of a band stacked.

    Attributes
    ----------
    cases
        Cases of the model.
    index
        Number of rows above.
    top
        Where the row begins.
    columns
        Matrices side by side, 1 or 2, the same in all rows.
    titles
        Height of the titles above a matrix, the same in all rows.
    more_lines
        Height of the scores below a matrix beyond three lines, the same in all rows.
    with_maps
        Whether example maps stand before the matrices.
    """

    cases: Sequence[DrawnCase]
    index: int
    top: float
    columns: int
    titles: float
    more_lines: float = 0.0
    with_maps: bool = True

    @property
    def letters(self) -> tuple[tuple[int, float], ...]:
        """Index and left edge of the row's three letters."""
        lefts = (MARGIN, self.matrices - 0.34, self.statistics - _STATISTICS_AXIS)
        return tuple((3 * self.index + offset, left) for offset, left in enumerate(lefts))

    @property
    def letter_top(self) -> float:
        """Top of the letters."""
        return self.top + _HEADING

    @property
    def content(self) -> float:
        """Top of the first matrix."""
        return self.letter_top + self.titles

    @property
    def bottom(self) -> float:
        """Where the row ends."""
        last_band = (len(self.cases) - 1) // self.columns
        return self.content + last_band * self._band + _CONTENT + self.more_lines

    @property
    def map_side(self) -> float:
        """Side of a map."""
        return MATRIX if self.columns == 1 else (_CONTENT - _LABEL) / 2

    @property
    def matrices(self) -> float:
        """Left edge of the first matrix."""
        return MARGIN + (self.map_side + _COLOUR_BAR if self.with_maps else _NAMES)

    @property
    def matrices_width(self) -> float:
        """Width of the matrices of a full band."""
        return self.columns * (MATRIX + _GAP) - _GAP

    @property
    def statistics(self) -> float:
        """Left edge of the statistics."""
        return self.matrices + self.matrices_width + _GAP + _STATISTICS_AXIS

    @property
    def statistics_width(self) -> float:
        """Width of the statistics."""
        return PAGE_WIDTH - 0.1 - self.statistics

    def matrix_corner(self, case: int) -> tuple[float, float]:
        """Return left and top of the matrix of a case."""
        band, column = divmod(case, self.columns)
        return self.matrices + column * (MATRIX + _GAP), self.content + band * self._band

    def map_top(self, case: int) -> float:
        """Return the top of the map of a case."""
        _, top = self.matrix_corner(case)
        return top + case % self.columns * (self.map_side + _LABEL)

    @property
    def _band(self) -> float:
        return self.titles + _CONTENT + self.more_lines + 0.14


def stack_rows(by_model: Sequence[Sequence[DrawnCase]]) -> list[Row]:
    """Return a row for the cases of each model, one below the other."""
    columns = min(2, max(len(cases) for cases in by_model))
    lines = max(case_title(case, cases).count("\n") + 1 for cases in by_model for case in cases)
    more_lines = (score_lines([case for cases in by_model for case in cases]) - 3) * LINE_HEIGHT
    rows: list[Row] = []
    for index, cases in enumerate(by_model):
        top = rows[-1].bottom + _ROW_GAP if rows else 0.04
        rows.append(Row(cases, index, top, columns, (lines + 0.3) * LINE_HEIGHT, more_lines))
    return rows

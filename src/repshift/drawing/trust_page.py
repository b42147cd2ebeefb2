"""What a page of figure 9 draws, and where its panels lie; all lengths in inches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import xarray as xr

from repshift.drawing.plotting import Plotting
from repshift.drawing.stress_curves import Curve, line_of
from repshift.drawing.stress_page import drawn_outputs, in_order
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH
from repshift.drawing.trust_curves import TrustPanel, trust_panels_of
from repshift.drawing.trust_scores import ScoreColumn, TrustScore, score_columns_of, scores_of

LEFT: Final = 0.08
TOP: Final = 0.48
"""Height of the title of the page."""

TITLE: Final = 2 * LINE_HEIGHT + 0.06
HEADING: Final = 0.17
TICKS: Final = 0.26
CURVE: Final = 1.0
SCATTER: Final = 0.8
SCATTERS_A_LINE: Final = 6
"""At most."""

PANELS_A_LINE: Final = 6
MARK: Final = 0.2
"""Width of the marks before names."""

_RIGHT: Final = 0.1
_GAP: Final = 0.16
_ROW: Final = 0.15
_LEAST_ROWS: Final = 4
_FEWEST: Final = 4
"""Scatters that there is room for beside each other, at least."""

_NAMES: Final = 1.75
_WIDEST: Final = 1.4
AXIS: Final = 0.38
"""Left of a panel with ticks of its own."""

_BELOW_CURVES: Final = 0.42
_BELOW_KINDS: Final = 0.84


@dataclass(frozen=True)
class TrustSection:
    """Panels of one output."""

    curves: tuple[Curve, ...]
    scores: tuple[TrustScore, ...]
    output: str
    first: bool

    @cached_property
    def columns(self) -> list[ScoreColumn]:
        """Numbers of the scores."""
        return score_columns_of(self.curves, self.output, first=self.first)

    @cached_property
    def panels(self) -> list[TrustPanel]:
        """Panels of curves."""
        return trust_panels_of(self.curves, self.output)

    @property
    def has_errors(self) -> bool:
        """Whether any case has errors, for the scatters."""
        return any("error" in curve.case for curve in self.curves)

    @property
    def names(self) -> float:
        """Right edge of the names of scores."""
        return LEFT + _NAMES

    @property
    def row(self) -> float:
        """Height of the row of a score: more where several domains share it."""
        return _ROW + 0.03 * max(0, len(self.curves) - 2)

    @property
    def rows_height(self) -> float:
        """Height of the panels of scores."""
        return max(len(self.scores), _LEAST_ROWS) * self.row

    @property
    def width(self) -> float:
        """Width of a panel of scores."""
        count = max(1, len(self.columns))
        return min(_WIDEST, (PAGE_WIDTH - self.names - _RIGHT - (count - 1) * _GAP) / count)

    def left_of(self, column: int) -> float:
        """Return the left edge of a panel of scores."""
        return self.names + column * (self.width + _GAP)

    @property
    def panel_lines(self) -> list[list[TrustPanel]]:
        """Panels of curves line by line: about as many on each."""
        lines = math.ceil(len(self.panels) / PANELS_A_LINE)
        count = math.ceil(len(self.panels) / max(1, lines))
        return [self.panels[place * count : (place + 1) * count] for place in range(lines)]

    @property
    def panel_width(self) -> float:
        """Width of a panel of curves."""
        count = max((len(line) for line in self.panel_lines), default=1)
        return min(_WIDEST, (PAGE_WIDTH - LEFT - _RIGHT) / count - AXIS)

    def left_of_panel(self, column: int) -> float:
        """Return the left edge of a panel of curves."""
        return LEFT + AXIS + column * (self.panel_width + AXIS)

    def height_of_line(self, line: int) -> float:
        """Return the height of a line of panels of curves: more where names of kinds stand below."""
        has_kinds = any(panel.name in ("conformal", "width") for panel in self.panel_lines[line])
        return TITLE + CURVE + (_BELOW_KINDS if has_kinds else _BELOW_CURVES)

    @property
    def panels_height(self) -> float:
        """Height of all panels of curves."""
        return sum(self.height_of_line(line) for line in range(len(self.panel_lines)))

    @property
    def scatters_a_line(self) -> int:
        """Scatters beside each other: about as many on each line."""
        return math.ceil(len(self.scores) / math.ceil(len(self.scores) / SCATTERS_A_LINE))

    @property
    def scatter_width(self) -> float:
        """Width of a scatter."""
        count = max(self.scatters_a_line, _FEWEST)
        return (PAGE_WIDTH - LEFT - AXIS - _RIGHT - (count - 1) * _GAP) / count

    def left_of_scatter(self, column: int) -> float:
        """Return the left edge of a scatter."""
        return LEFT + AXIS + column * (self.scatter_width + _GAP)

    @property
    def scatter_line(self) -> float:
        """Height of a line of scatters."""
        return TITLE + SCATTER + TICKS

    @property
    def scatter_lines(self) -> int:
        """Lines of scatters."""
        return math.ceil(len(self.scores) / SCATTERS_A_LINE) if self.has_errors else 0

    @property
    def scores_height(self) -> float:
        """Height of the panels of scores with their titles."""
        return TITLE + self.rows_height + TICKS if self.columns else 0.0

    @property
    def height(self) -> float:
        """Height of all of it; 0 where there is nothing to draw."""
        lines = self.panels_height + self.scatter_lines * self.scatter_line
        inside = self.scores_height + lines
        return HEADING + inside + 0.06 if inside else 0.0


def sections_of(cases: Sequence[xr.Dataset], outputs: Sequence[str], plotting: Plotting) -> list[TrustSection]:
    """Return what is drawn of each output.

    Raises
    ------
    InputError
        If there is no case, or they are of several models.
    """
    ordered = in_order(cases, figure="trust")
    curves = []
    for place, case in enumerate(ordered):
        domain, suite = str(case.attrs["domain"]), str(case.attrs["test_suite"])
        label, colour = plotting.domain_label(domain, suite), plotting.case_colour(domain, suite)
        curves.append(Curve(case, label, colour, line_of(place)))
    names = xr.Dataset(coords={"output": ("output", ordered[0]["parameter"].to_numpy())})
    drawn = drawn_outputs(names, outputs)
    scores = tuple(scores_of(ordered, taken=[curve.colour for curve in curves]))
    found = [TrustSection(tuple(curves), scores, name, first=name == drawn[0]) for name in drawn]
    return [section for section in found if section.height > 0]

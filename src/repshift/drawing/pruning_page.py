"""What a page of figure 8 draws, and where its panels lie; all lengths in inches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import xarray as xr

from repshift.drawing.attribution_series import name_of_tick
from repshift.drawing.plotting import Plotting
from repshift.drawing.pruning_series import Kind, Relation, kind_of, layer_names, relations_of
from repshift.drawing.pruning_training import Row, rows_of
from repshift.drawing.stress_curves import Curve, line_of
from repshift.drawing.stress_page import drawn_outputs, in_order
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH

LEFT: Final = 0.08
TOP: Final = 0.48
"""Height of the title of the page."""

HEADING: Final = 0.19
TITLE: Final = 3 * LINE_HEIGHT + 0.06
PANEL: Final = 1.1
"""Height of a panel."""

ONE_LINE: Final = LINE_HEIGHT + 0.06
"""Height of a title of one line."""

TICKS: Final = 0.26
LEGEND: Final = LINE_HEIGHT * 1.25
ROW: Final = 0.17
AXIS: Final = 0.4
"""Left of a panel with ticks of its own."""

_LETTER: Final = 0.062
_NAMES: Final = 1.9
_RIGHT: Final = 0.1
_GAP: Final = 0.14
_WIDEST: Final = 2.2
_LAYERS: Final = 1.7
"""Width of the panel of layers, over that of another."""


@dataclass(frozen=True)
class PruningPage:
    """What is drawn: files by the action that wrote them, outputs."""

    curves: dict[Kind, tuple[Curve, ...]]
    outputs: tuple[str, ...]

    @cached_property
    def relations(self) -> list[Relation]:
        """Panels of losses."""
        return relations_of(self.curves["replaced"])

    @cached_property
    def rows(self) -> list[Row]:
        """Networks that were trained again."""
        return rows_of(self.curves["retrained"])

    @property
    def unit(self) -> float:
        """Width of a panel of losses that is not of layers."""
        count = len(self.relations)
        return (PAGE_WIDTH - LEFT - AXIS - _RIGHT - (count - 1) * _GAP) / (count - 1 + _LAYERS)

    def width_of(self, place: int) -> float:
        """Return the width of a panel of losses."""
        return self.unit * (_LAYERS if place == 0 else 1.0)

    def left_of(self, place: int) -> float:
        """Return the left edge of a panel of losses."""
        return LEFT + AXIS + sum(self.width_of(one) + _GAP for one in range(place))

    @property
    def losses_line(self) -> float:
        """Height of the panels of losses of an output, names of layers below."""
        longest = max((len(name_of_tick(name)) for name in layer_names(self.curves["replaced"])), default=0)
        return TITLE + PANEL + 0.18 + _LETTER * longest

    @property
    def losses_height(self) -> float:
        """Height of the panels of losses, a line an output, with heading and legend."""
        return HEADING + len(self.outputs) * self.losses_line + LEGEND + 0.1 if self.curves["replaced"] else 0.0

    @property
    def names(self) -> float:
        """Right edge of the names of rows."""
        return LEFT + _NAMES

    @property
    def row_width(self) -> float:
        """Width of a panel of rows."""
        count = len(self.outputs)
        return min(_WIDEST, (PAGE_WIDTH - self.names - _RIGHT - (count - 1) * _GAP) / count)

    def left_of_rows(self, place: int) -> float:
        """Return the left edge of a panel of rows."""
        return self.names + place * (self.row_width + _GAP)

    @property
    def rows_height(self) -> float:
        """Height of the panels of rows with heading and legend."""
        if not self.curves["retrained"]:
            return 0.0
        return HEADING + ONE_LINE + len(self.rows) * ROW + TICKS + LEGEND + 0.1

    @property
    def cause_panels(self) -> list[tuple[Curve, str, str]]:
        """Case, variable and output of each panel of moved CKA: the target's score, then the source's."""
        return [
            (curve, score, output)
            for curve in self.curves["cause"]
            for score in ("target_score", "source_score")
            for output in self.outputs
        ]

    @property
    def cause_line(self) -> float:
        """Height of the panels of a case of moved CKA."""
        return TITLE + PANEL + TICKS + 0.16

    @property
    def cause_width(self) -> float:
        """Width of a panel of moved CKA."""
        count = 2 * len(self.outputs)
        return min(_WIDEST, (PAGE_WIDTH - LEFT - _RIGHT) / count - AXIS)

    def left_of_cause(self, place: int) -> float:
        """Return the left edge of a panel of moved CKA."""
        return LEFT + AXIS + place * (self.cause_width + AXIS)

    @property
    def cause_height(self) -> float:
        """Height of the panels of moved CKA with heading and legend."""
        count = len(self.curves["cause"])
        return HEADING + count * self.cause_line + 2 * LEGEND + 0.1 if count else 0.0

    @property
    def height(self) -> float:
        """Height of the page."""
        return TOP + self.losses_height + self.rows_height + self.cause_height


def page_of(cases: Sequence[xr.Dataset], outputs: Sequence[str], plotting: Plotting) -> PruningPage:
    """Return what is drawn.

    Raises
    ------
    InputError
        If there is no file, or they are of several models.
    """
    ordered = in_order(cases, figure="pruning")
    found: dict[Kind, list[Curve]] = {"replaced": [], "retrained": [], "cause": []}
    for case in ordered:
        domain, suite = str(case.attrs["domain"]), str(case.attrs["test_suite"])
        label, colour = plotting.domain_label(domain, suite), plotting.case_colour(domain, suite)
        kind = kind_of(case)
        found[kind].append(Curve(case, label, colour, line_of(len(found[kind]))))
    names = xr.Dataset(coords={"output": ("output", ordered[0]["parameter"].to_numpy())})
    return PruningPage({kind: tuple(curves) for kind, curves in found.items()}, drawn_outputs(names, outputs))

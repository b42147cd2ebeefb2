"""What there is to draw of a ladder of repairs."""

from dataclasses import dataclass
from functools import cached_property

from repshift.drawing.repair_curves import Panel, panels_of
from repshift.drawing.repair_entries import Entry
from repshift.drawing.repair_ladder import Ladder
from repshift.drawing.repair_rungs import Column, columns_of
from repshift.drawing.repair_similarity import matrices_of, numbers_of


@dataclass(frozen=True)
class Contents:
    """What there is to draw of a target, found once."""

    ladder: Ladder

    @cached_property
    def rows(self) -> list[Entry]:
        """A row a rung and setting."""
        return self.ladder.rows

    @cached_property
    def columns(self) -> list[Column]:
        """A column a number of the rungs."""
        return columns_of(self.ladder)

    @cached_property
    def curves(self) -> list[Panel]:
        """Panels against what tuned the rungs."""
        return panels_of(self.ladder)

    @cached_property
    def matrices(self) -> int:
        """How many matrices there are."""
        return len(matrices_of(self.ladder))

    @cached_property
    def numbers(self) -> dict[str, str]:
        """Labels of numbers without labels, by name."""
        return numbers_of(self.ladder)

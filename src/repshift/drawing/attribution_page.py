"""What a page of figure 5 draws, and where its panels lie; all lengths in inches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xarray as xr

from repshift.drawing.plotting import Plotting
from repshift.drawing.stress_curves import Curve, line_of
from repshift.drawing.stress_page import PAGE_HEIGHT, drawn_outputs, in_order
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH
from repshift.vocabulary import InputError

METHODS_A_PAGE: Final = 3
"""Methods whose maps are drawn beside each other."""

CASES_A_LINE: Final = 2
"""Domains beside each other in the title of the page."""

LEFT: Final = 0.24
"""Left edge of the maps, after the names of their domains."""

RIGHT: Final = 0.08
GAP: Final = 0.05
"""Between maps."""

HEADING: Final = 0.42
"""Name of the output, and what the columns are."""

BARS: Final = 0.42
"""Height of the colour bars below the maps of an output."""

PANEL: Final = 1.05
"""Height of a panel of numbers."""

TITLE: Final = 0.32
"""Height of the title of a row of panels."""

TICKS: Final = 0.72
"""Height of what stands below a panel."""

FOOT_COLUMNS: Final = 3
FOOT_LINE: Final = LINE_HEIGHT * 1.25
_FOOT: Final = 4 * FOOT_LINE + 0.08
"""Most of the height of the legend of a page."""

_ROUNDING: Final = 1e-6
_TOP: Final = 0.3
_LARGEST: Final = 1.12
_SMALLEST: Final = 0.75
"""Width of a map that shows anything: on a page that leaves less, there is one output."""


@dataclass(frozen=True)
class AttributedMethod:
    """A method as it is drawn."""

    name: str
    label: str
    place: int


@dataclass(frozen=True)
class Section:
    """Maps of some methods, a group of rows an output; below them the numbers, a row of panels an output."""

    methods: tuple[AttributedMethod, ...]
    outputs: tuple[str, ...]
    n_cases: int
    shape: tuple[int, int]

    @property
    def columns(self) -> int:
        """The map, and of each method its attribution and its null."""
        return 1 + 2 * len(self.methods)

    @property
    def width(self) -> float:
        """Width of a map: what there is room for beside and below the others."""
        free = (PAGE_WIDTH - LEFT - RIGHT - (self.columns - 1) * GAP) / self.columns
        rows = self.n_cases * len(self.outputs)
        high = (PAGE_HEIGHT - top_of(self.n_cases) - _FOOT - self._fixed) / rows - GAP
        return min(free, _LARGEST, max(high / self.aspect, _SMALLEST))

    @property
    def fits(self) -> bool:
        """Whether a page of A4 holds it."""
        return top_of(self.n_cases) + self.height + _FOOT <= PAGE_HEIGHT + _ROUNDING

    @property
    def aspect(self) -> float:
        """Height of a map over its width."""
        return self.shape[0] / self.shape[1]

    @property
    def side(self) -> float:
        """Height of a map."""
        return self.width * self.aspect

    @property
    def group(self) -> float:
        """Height of the maps of an output."""
        return HEADING + self.n_cases * (self.side + GAP) + BARS

    @property
    def row(self) -> float:
        """Height of a row of panels."""
        return TITLE + PANEL + TICKS

    @property
    def height(self) -> float:
        """Height of all of it."""
        return len(self.outputs) * (self.group + self.row)

    @property
    def _fixed(self) -> float:
        return len(self.outputs) * (HEADING + BARS + self.row)

    def left_of(self, column: int) -> float:
        """Return the left edge of a column of maps."""
        return LEFT + column * (self.width + GAP)


@dataclass(frozen=True)
class AttributionPage:
    """What a page draws: the cases, and sections one below the other."""

    curves: tuple[Curve, ...]
    sections: tuple[Section, ...]

    @property
    def top(self) -> float:
        """Height of the title of the page."""
        return top_of(len(self.curves))

    @property
    def height(self) -> float:
        """Height of the page."""
        return self.top + sum(section.height for section in self.sections) + self.foot

    @property
    def methods(self) -> list[AttributedMethod]:
        """All methods of the page."""
        return list(dict.fromkeys(method for section in self.sections for method in section.methods))

    @property
    def foot(self) -> float:
        """Height of the legend: methods, the input alone of each domain, a line of words where there are more gains."""
        has_words = any("insertion_gain" in one.case or one.case.sizes.get("fill", 1) > 1 for one in self.curves)
        return (-(-(len(self.methods) + len(self.curves)) // FOOT_COLUMNS) + has_words) * FOOT_LINE + 0.08


def top_of(n_cases: int) -> float:
    """Return the height of the title of a page of some domains."""
    return _TOP + (-(-n_cases // CASES_A_LINE) - 1) * LINE_HEIGHT * 1.3


def page_of(
    cases: Sequence[xr.Dataset], outputs: Sequence[str], methods: Sequence[str] | None, plotting: Plotting
) -> AttributionPage:
    """Return what is drawn.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    ordered = in_order(cases, figure="an attribution")
    curves = tuple(_curve(case, place, plotting) for place, case in enumerate(ordered))
    return AttributionPage(curves, tuple(_sections(ordered, outputs, methods)))


def pages_of_sections(cases: Sequence[xr.Dataset], *, outputs: Sequence[str] = ()) -> list[tuple[list[str], list[str]]]:
    """Return the methods and the outputs of each page of A4, in their order."""
    ordered = in_order(cases, figure="an attribution")
    return [
        ([method.name for method in section.methods], list(section.outputs))
        for section in _sections(ordered, outputs, None)
    ]


def methods_of(case: xr.Dataset) -> list[AttributedMethod]:
    """Return the methods of a case, in their order."""
    named = zip(case["method"].to_numpy(), case["method_label"].to_numpy(), strict=True)
    return [AttributedMethod(str(name), str(label), place) for place, (name, label) in enumerate(named)]


def _curve(case: xr.Dataset, place: int, plotting: Plotting) -> Curve:
    domain, suite = str(case.attrs["domain"]), str(case.attrs["test_suite"])
    return Curve(case, plotting.domain_label(domain, suite), plotting.case_colour(domain, suite), line_of(place))


def _sections(cases: Sequence[xr.Dataset], outputs: Sequence[str], methods: Sequence[str] | None) -> list[Section]:
    """Return the sections of a figure, each of which fits on a page."""
    named = [one for one in methods_of(cases[0]) if methods is None or one.name in methods]
    if not named:
        held = ", ".join(method.name for method in methods_of(cases[0]))
        asked = ", ".join(methods or ())
        raise InputError(f"The figure of an attribution has none of the methods {asked}. Its cases have {held}.")
    drawn = drawn_outputs(cases[0], outputs)
    height, width = cases[0]["attribution"].shape[-2:]
    each = [named[first : first + METHODS_A_PAGE] for first in range(0, len(named), METHODS_A_PAGE)]
    if len(each) > 1 and len(each[-1]) == 1:  # of four, two and two
        each[-2:] = [each[-2][:-1], [each[-2][-1], *each[-1]]]
    found = []
    for group in each:
        together = Section(tuple(group), drawn, len(cases), (height, width))
        parts = [drawn] if together.fits else [(output,) for output in drawn]
        found += [Section(tuple(group), part, len(cases), (height, width)) for part in parts]
    return found

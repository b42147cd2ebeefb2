"""Sheets of features as strips below each other, which fill pages or one long figure; all lengths in inches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import matplotlib
import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.plotting import Plotting
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION

LEFT: Final = 0.08
"""Margin on both sides."""

GAP: Final = 0.05
"""Between maps of a row."""

LINE: Final = 0.13
"""Height of a line of words above a row."""

_FOOT: Final = 0.06


@dataclass(frozen=True)
class Strip:
    """A part of a sheet.

    Attributes
    ----------
    height
        Room that it takes.
    draw
        Draws it on a figure, its upper edge at a place from the top.
    starts_page
        Whether a page begins with it.
    """

    height: float
    draw: Callable[[Figure, float], None]
    starts_page: bool = False


def draw_strips(strips: Sequence[Strip]) -> Figure:
    """Return a figure, two columns wide, of strips below each other."""
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(PAGE_WIDTH, sum(strip.height for strip in strips) + _FOOT))
        top = 0.0
        for strip in strips:
            strip.draw(figure, top)
            top += strip.height
    return figure


def pages_of_strips(strips: Sequence[Strip]) -> list[list[Strip]]:
    """Return the strips of each page of A4, in their order."""
    pages: list[list[Strip]] = []
    for strip in strips:
        room = PAGE_HEIGHT - _FOOT - sum(one.height for one in pages[-1]) if pages else 0.0
        if not pages or strip.starts_page or strip.height > room:
            pages.append([])
        pages[-1].append(strip)
    return pages


def side_of(n_panels: int, *, largest: float, taken: float = 0.0) -> float:
    """Return the side of each of some square maps in a row, where a part of its width is taken."""
    return min(largest, (PAGE_WIDTH - 2 * LEFT - taken - (n_panels - 1) * GAP) / n_panels)


def domain_labels(case: xr.Dataset, looks: Plotting) -> list[str]:
    """Return what the domains are called, own domain first."""
    suites = [str(case.attrs["own_suite"]), str(case.attrs["test_suite"])]
    names = [str(name) for name in case["domain"].to_numpy()]
    return [looks.domain_label(*pair) for pair in zip(names, suites, strict=False)]

"""What a page of latent space draws, and where its panels lie; all lengths in inches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xarray as xr

from repshift.drawing.latent_points import Points, class_colours, domains_of, drawn_parameters
from repshift.drawing.plotting import Plotting
from repshift.drawing.stress_page import PAGE_HEIGHT
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH
from repshift.statistics.embedding import embedding_of
from repshift.vocabulary import InputError

LEFT: Final = 0.08
TOP: Final = 0.3
"""Height of the title of the page."""

HEADING: Final = 0.19
TITLE: Final = LINE_HEIGHT + 0.05
LEGEND: Final = 0.44
"""Height of what says what points mean."""

COLUMNS: Final = 4
BAR: Final = 1.5
"""Width of a colour bar."""

_AXIS: Final = 0.17
"""Left of a panel, and below one, for the names of its axes."""

_RIGHT: Final = 0.06
_LARGEST: Final = 1.9
_SAID: Final = 3
"""Lines below a panel."""


@dataclass(frozen=True)
class LatentSection:
    """Panels of a layer, of one target and one parameter."""

    points: Points
    layer: str

    @property
    def panels(self) -> list[tuple[str, str]]:
        """Embedding and network of each panel."""
        case = self.points.case
        return [(str(method), str(one)) for method in case["method"].to_numpy() for one in case["network"].to_numpy()]

    @property
    def columns(self) -> int:
        """Panels beside each other: all, or as many as are not too many of one embedding."""
        count = len(self.panels)
        return count if count <= COLUMNS else min(COLUMNS, self.points.case.sizes["network"])

    @property
    def side(self) -> float:
        """Side of a panel."""
        count = self.columns
        return min(_LARGEST, (PAGE_WIDTH - LEFT - _RIGHT) / count - _AXIS)

    def place_of(self, panel: int) -> tuple[int, int]:
        """Return line and column of a panel: each embedding begins a line where not all panels stand in one."""
        if len(self.panels) <= COLUMNS:
            return 0, panel
        method, network = divmod(panel, self.points.case.sizes["network"])
        line, column = divmod(network, self.columns)
        return method * (self.lines // self.points.case.sizes["method"]) + line, column

    def left_of(self, column: int) -> float:
        """Return the left edge of a panel."""
        return LEFT + _AXIS + column * (self.side + _AXIS)

    def below(self, method: str) -> float:
        """Return how far below a panel its words begin: after the name of its axis."""
        return 0.04 + (_AXIS if any(embedding_of(method).axes) else 0.0)

    @property
    def line(self) -> float:
        """Height of a line of panels."""
        return TITLE + self.side + 0.04 + _AXIS + _SAID * LINE_HEIGHT + 0.1

    @property
    def lines(self) -> int:
        """Lines of panels."""
        networks = math.ceil(self.points.case.sizes["network"] / self.columns)
        return 1 if len(self.panels) <= COLUMNS else networks * self.points.case.sizes["method"]

    @property
    def height(self) -> float:
        """Height of all of it."""
        entries = len(self.points.domains) + self.points.has_reference + len(class_colours(self.points))
        more = max(0, math.ceil(entries / COLUMNS) - 2) * LINE_HEIGHT * 1.2
        return HEADING + self.lines * self.line + LEGEND + more + 0.06

    def method_label(self, method: str) -> str:
        """Return what an embedding is called."""
        return embedding_of(method).label

    def network_label(self, network: str) -> str:
        """Return what a network is called."""
        names = [str(name) for name in self.points.case["network"].to_numpy()]
        return str(self.points.case["network_label"].to_numpy()[names.index(network)])


def sections_of(cases: Sequence[xr.Dataset], outputs: Sequence[str], plotting: Plotting) -> list[LatentSection]:
    """Return what is drawn: of each target a section a layer and parameter.

    Raises
    ------
    InputError
        If there is no case, or they are of several models.
    """
    models = list(dict.fromkeys(str(case.attrs["model"]) for case in cases))
    if len(models) != 1:
        found = f"cases of {', '.join(models)}" if models else "no case"
        raise InputError(f"The figure of latent space was given {found}. It draws the cases of one model.")
    return [
        LatentSection(Points(case, domains_of(case, plotting), output), str(layer))
        for case in cases
        for layer in case["layer"].to_numpy()
        for output in drawn_parameters(case, outputs)
    ]


def pages_of(sections: Sequence[LatentSection]) -> list[list[LatentSection]]:
    """Return the sections of each page of A4, as many as there is room for."""
    pages: list[list[LatentSection]] = []
    used = math.inf
    for section in sections:
        if used + section.height > PAGE_HEIGHT:
            pages.append([])
            used = TOP
        pages[-1].append(section)
        used += section.height
    return pages

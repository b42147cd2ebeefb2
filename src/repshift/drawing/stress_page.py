"""What a page of figure 4 draws, and where its panels lie; all lengths in inches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import xarray as xr

from repshift.drawing.plotting import Plotting
from repshift.drawing.stress_axes import StressAxis, axes_of
from repshift.drawing.stress_curves import Curve, Panel, line_of
from repshift.drawing.stress_scores import Score, scores_of
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH
from repshift.vocabulary import InputError

PAGE_HEIGHT: Final = 10.9
"""Height of the figure on a page of A4 with its margins [inch]."""

MOST_OUTPUTS: Final = 2
"""Outputs that are drawn where it is not said which."""

_LEFT: Final = 0.42
_RIGHT: Final = 0.1
GAP: Final = 0.17
"""Between panels."""

TOP: Final = 0.56
"""Height of the title of the page and of its columns."""

HEADING: Final = 0.15
"""Height of the title of a row."""

_TICKS: Final = 0.19
_LEAST_HEIGHT: Final = 0.7
NAMES: Final = 1.53
"""Width of the names of scores."""

SCORES: Final = 1.0
"""Width of a panel of scores."""

_SCORE: Final = 0.103
"""Height of the line of a score."""

_FOOT_ROWS: Final = 3


@dataclass(frozen=True)
class Page:
    """What a page draws: the cases, the columns of curves, the scores, the axes."""

    curves: Sequence[Curve]
    panels: Sequence[Panel]
    scores: Sequence[Score]
    axes: Sequence[StressAxis]
    outputs: tuple[str, ...]

    @property
    def others(self) -> list[Curve]:
        """The cases whose suite has a place on the axes."""
        return [curve for curve in self.curves if self.scores and "position" in curve.case.data_vars]

    @property
    def height(self) -> float:
        """Height of the panels of a row."""
        return max(_LEAST_HEIGHT, _SCORE * len(self.scores) + 0.04)

    @property
    def row(self) -> float:
        """Height of a row."""
        return HEADING + self.height + _TICKS

    @property
    def width(self) -> float:
        """Width of a panel of curves."""
        right = NAMES + SCORES + (GAP + SCORES if self.others else 0.0) if self.scores else 0.0
        own_scale = sum(one.variable != self.panels[0].variable for one in self.panels)
        free = PAGE_WIDTH - _LEFT - _RIGHT - right - (len(self.panels) - 1) * GAP - own_scale * _LEFT
        return free / len(self.panels)

    def left_of(self, place: int) -> float:
        """Return the left edge of a panel of curves: of another number, after room for its own ticks."""
        own_scale = sum(one.variable != self.panels[0].variable for one in self.panels[: place + 1])
        return _LEFT + place * (self.width + GAP) + own_scale * _LEFT

    @property
    def left_of_scores(self) -> float:
        """Left edge of the panel of early warnings."""
        return self.left_of(len(self.panels) - 1) + self.width + NAMES

    @property
    def foot(self) -> float:
        """Height of the legend and the words below the rows."""
        return (_FOOT_ROWS if self.scores else 1) * LINE_HEIGHT * 1.25 + 0.16


def in_order(cases: Sequence[xr.Dataset], *, figure: str = "a stress") -> list[xr.Dataset]:
    """Return the cases of a figure, those in distribution first.

    Raises
    ------
    InputError
        If there are none, or they are of several models.
    """
    models = list(dict.fromkeys(str(case.attrs["model"]) for case in cases))
    if len(models) != 1:
        found = f"cases of {', '.join(models)}" if models else "no case"
        raise InputError(f"The figure of {figure} was given {found}. It draws the cases of one model.")
    return sorted(cases, key=lambda case: str(case.attrs["in_distribution"]) != "true")


def page_of(
    cases: Sequence[xr.Dataset], outputs: Sequence[str], axes: Sequence[str] | None, plotting: Plotting
) -> Page:
    """Return what is drawn.

    Raises
    ------
    InputError
        If there is nothing to draw, or the cases are of several models.
    """
    ordered = in_order(cases)
    curves = []
    for place, case in enumerate(ordered):
        domain, suite = str(case.attrs["domain"]), str(case.attrs["test_suite"])
        label, colour = plotting.domain_label(domain, suite), plotting.case_colour(domain, suite)
        curves.append(Curve(case, label, colour, line_of(place)))
    drawn = drawn_outputs(ordered[0], outputs)
    variables = ("accuracy", "log_loss") if "accuracy" in ordered[0] else ("r2",)
    panels = [Panel(variable, output) for output in drawn for variable in variables]
    there = [axis for axis in axes_of(ordered) if axes is None or axis.name in axes]
    if not there:
        raise InputError("The figure of a stress was given no axis. Give one or more that the cases have.")
    return Page(curves, panels, home_scores(ordered, drawn), there, drawn)


def drawn_outputs(case: xr.Dataset, outputs: Sequence[str]) -> tuple[str, ...]:
    """Return those outputs of a case that are drawn: of those asked for the ones that it has, else the first."""
    held = [str(name) for name in case["output"].to_numpy()]
    return tuple(name for name in held if name in outputs) or tuple(held[:MOST_OUTPUTS])


def home_scores(cases: Sequence[xr.Dataset], outputs: Sequence[str]) -> list[Score]:
    """Return the scores of the case in distribution, except those of outputs that are not drawn."""
    inside = [case for case in cases if str(case.attrs["in_distribution"]) == "true"]
    return scores_of(inside[0], outputs) if inside else []

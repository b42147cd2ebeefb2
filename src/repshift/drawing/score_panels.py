"""Shift scores of some models: a panel a score, a mark a domain, and the range between halves of the own domain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import matplotlib
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from repshift.drawing.layout import add_legend, add_letter, add_panel, add_words, in_lines, shortened
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.score_axes import scale_beyond
from repshift.drawing.shift_scores import FAMILY_COLOURS, FAMILY_WORDS
from repshift.drawing.style import LINE_HEIGHT, PAGE_WIDTH, PUBLICATION, capitalised
from repshift.evidence.shift_scores import SHIFT_SCORES
from repshift.evidence.shift_scores.score import ShiftScore
from repshift.vocabulary import InputError

_COLUMNS: Final = 4
_LEFT: Final = 0.1
_GAP: Final = 0.15
_WIDTH: Final = (PAGE_WIDTH - 2 * _LEFT - (_COLUMNS - 1) * _GAP) / _COLUMNS
_TITLE: Final = 0.2
_HEADING: Final = 0.17
_LABEL: Final = 0.13
_MARK: Final = 0.065
"""Height of the line of a domain in a panel [inch]."""

_NAME: Final = 24
_TITLE_NAME: Final = 34
"""Characters of a line of a domain's name in the legend, and of names in the title of a block."""

_TICKS: Final = 0.21
_BETWEEN: Final = 0.08
_RANGE: Final = "0.85"
_MEDIAN: Final = "0.6"
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
_QUANTILES: Final = (0.025, 0.5, 0.975)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Scores that stand below each other under one heading."""

    heading: str
    colour: str
    scores: tuple[ShiftScore, ...]


@dataclass(frozen=True)
class Mark:
    """How a domain is drawn."""

    label: str
    colour: str
    marker: str


def draw_shift_scores(cases: Sequence[xr.Dataset], *, plotting: Plotting | None = None) -> Figure:
    """Draw every shift score of some models, each on an axis of its own.

    Parameters
    ----------
    cases
        As the stage shift_scores writes them, those of a model one after the other. Of scores of the outputs the mean
        over the parameters is drawn.
    plotting
        Colours and labels of suites, domains and models; None: those of the house.

    Returns
    -------
    Two columns wide, the models one below the other. Grey is where 95 % of the divisions of the model's own domain in
    two halves lie, the line in it their median.

    Raises
    ------
    InputError
        If there is nothing to draw.
    """
    if not cases:
        raise InputError("Nothing to draw: there are no shift scores. Give those of one case or more.")
    plotting = (plotting or HOUSE).of(case.attrs["test_suite"] for case in cases)
    models = {model: [one for one in cases if one.attrs["model"] == model] for model in _names(cases)}
    blocks = [_columns(of_model) for of_model in models.values()]
    marks = [_marks(of_model, plotting) for of_model in models.values()]
    heights = [_height(*block) for block in zip(blocks, models.values(), marks, strict=True)]
    with matplotlib.rc_context(PUBLICATION):
        figure = Figure(figsize=(PAGE_WIDTH, sum(heights) + 0.05))
        for index, (model, of_model) in enumerate(models.items()):
            top = sum(heights[:index]) + 0.05
            first = of_model[0].attrs
            names = plotting.model_label(model), plotting.domain_label(first["own_domain"], first["train_suite"])
            words = "{}: each domain against {}".format(*(shortened(name, _TITLE_NAME) for name in names))
            add_letter(figure, _LEFT, top, index)
            add_words(figure, _LEFT + 0.15, top, words, color=plotting.model_colour(model), gid=f"title {model}")
            _draw_block(figure, blocks[index], of_model, marks[index], top + _TITLE)
    return figure


def _names(cases: Sequence[xr.Dataset]) -> list[str]:
    """Return the models, in order of appearance."""
    return list(dict.fromkeys(str(case.attrs["model"]) for case in cases))


def values_of(case: xr.Dataset, name: str) -> tuple[float, Array]:
    """Return a score of a case and its values between halves (n_halves,); of the outputs, the means over parameters.

    NaN where the case has no such score.
    """
    nothing = (math.nan, np.empty(0))
    for variable, axis in (("value", "predictor"), ("parameter_value", "answer")):
        if variable in case and name in case[axis].to_numpy():
            held = [case[one].sel({axis: name}) for one in (variable, f"halves_{variable}") if one in case]
            means = [np.atleast_1d(_mean(one.to_numpy())) if axis == "answer" else one.to_numpy() for one in held]
            return float(means[0].item()), np.asarray(means[1] if len(means) > 1 else nothing[1], dtype=np.float64)
    return nothing


def _mean(values: npt.NDArray[np.float64]) -> Array:
    """Return the mean over the last axis of what is a number; NaN where nothing is."""
    there = np.isfinite(values)
    counts = there.sum(axis=-1)
    sums = np.where(there, values, 0.0).sum(axis=-1)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))


def _columns(cases: Sequence[xr.Dataset]) -> list[list[Group]]:
    """Return the groups of scores that some of the cases have, each in the column that is shortest so far."""
    columns: list[list[Group]] = [[] for _ in range(_COLUMNS)]
    for group in _groups(cases):
        min(columns, key=_rows).append(group)
    return columns


def _groups(cases: Sequence[xr.Dataset]) -> list[Group]:
    """Return the scores that some of the cases have, by family and by what their labels begin with."""
    found: dict[tuple[str, str], list[ShiftScore]] = {}
    for score in SHIFT_SCORES.values():
        if any(math.isfinite(values_of(case, score.name)[0]) for case in cases):
            found.setdefault((score.family, score.label.rpartition(": ")[0]), []).append(score)
    families = [family for family, _ in found]
    return [
        Group(
            capitalised(first if families.count(family) > 1 and first else FAMILY_WORDS[scores[0].family]),
            FAMILY_COLOURS[scores[0].family],
            tuple(scores),
        )
        for (family, first), scores in found.items()
    ]


def _rows(column: Sequence[Group]) -> int:
    return sum(len(group.scores) for group in column)


def _strip(cases: Sequence[xr.Dataset]) -> float:
    """Return the height of a panel."""
    return _MARK * (len(cases) + 0.6)


def _depth(column: Sequence[Group], cases: Sequence[xr.Dataset]) -> float:
    """Return how far down the panels of a column reach."""
    return len(column) * _HEADING + _rows(column) * (_LABEL + _strip(cases) + _TICKS)


def _legend_height(marks: Sequence[Mark]) -> float:
    return (sum(1 + mark.label.count("\n") for mark in marks) + 3) * LINE_HEIGHT * 1.25


def _height(columns: Sequence[Sequence[Group]], cases: Sequence[xr.Dataset], marks: Sequence[Mark]) -> float:
    """Return the height of a model's block: the legend stands below the shortest column."""
    depths = sorted(_depth(column, cases) for column in columns)
    return _TITLE + max(depths[-1], depths[0] + _legend_height(marks)) + _BETWEEN


def _marks(cases: Sequence[xr.Dataset], plotting: Plotting) -> list[Mark]:
    """Return how each domain is drawn: in the colour of its suite, domains of one colour by other markers."""
    found: list[Mark] = []
    for case in cases:
        domain, suite = (str(case.attrs[name]) for name in ("domain", "test_suite"))
        colour = plotting.case_colour(domain, suite)
        alike = sum(mark.colour == colour for mark in found)
        label = in_lines(plotting.domain_label(domain, suite), _NAME)
        found.append(Mark(label, colour, _MARKERS[alike % len(_MARKERS)]))
    return found


def _draw_block(
    figure: Figure, columns: Sequence[Sequence[Group]], cases: Sequence[xr.Dataset], marks: Sequence[Mark], top: float
) -> None:
    """Draw the panels of a model, and below the shortest column what marks and grey mean."""
    for index, column in enumerate(columns):
        left, down = _LEFT + index * (_WIDTH + _GAP), top
        for group in column:
            add_words(figure, left, down, group.heading, color=group.colour, fontweight="bold")
            down += _HEADING
            for score in group.scores:
                add_words(figure, left, down, score.label.rpartition(": ")[2])
                label = f"{cases[0].attrs['model']} {score.name}"
                axes = add_panel(figure, left, down + _LABEL, _WIDTH, _strip(cases), label=label)
                _draw_score(axes, [values_of(case, score.name) for case in cases], marks)
                down += _LABEL + _strip(cases) + _TICKS
    depths = [_depth(column, cases) for column in columns]
    shortest = depths.index(min(depths))
    handles: list[Line2D | Patch] = [
        Line2D([], [], linestyle="none", marker=one.marker, markersize=4, color=one.colour, label=one.label)
        for one in marks
    ]
    if any("halves" in case.sizes for case in cases):
        handles.append(Patch(color=_RANGE, label="two halves of the own\ndomain, 95 % of divisions"))
    left = _LEFT + shortest * (_WIDTH + _GAP)
    add_legend(figure, left, top + depths[shortest] + _legend_height(marks), handles)


def _draw_score(axes: Axes, values: Sequence[tuple[float, Array]], marks: Sequence[Mark]) -> None:
    """Draw a score of each domain, the first at the top, over the range of the halves."""
    low, middle, high = _range(values)
    if math.isfinite(middle):
        axes.axvspan(low, high, color=_RANGE, lw=0, zorder=0, gid="halves")
        axes.axvline(middle, color=_MEDIAN, lw=0.8, zorder=1, gid="median")
    for row, ((value, _), mark) in enumerate(zip(values, marks, strict=True)):
        if math.isfinite(value):
            axes.plot(
                value, row, mark.marker, ms=3.4, color=mark.colour, mew=0, zorder=3, gid=mark.label, clip_on=False
            )
    axes.set(ylim=(len(values) - 0.2, -0.8), yticks=[])
    axes.spines[["left", "right", "top"]].set_visible(False)
    scale_beyond(axes, [value for value, _ in values], low, high)


def _range(values: Sequence[tuple[float, Array]]) -> tuple[float, float, float]:
    """Return 2.5 % quantile, median and 97.5 % quantile between halves, of the first case that has any; else NaN."""
    held = [halves[np.isfinite(halves)] for _, halves in values]
    first = next((halves for halves in held if len(halves)), None)
    if first is None:
        return math.nan, math.nan, math.nan
    low, middle, high = map(float, np.quantile(first, _QUANTILES))
    return low, middle, high

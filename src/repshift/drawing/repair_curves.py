"""Panels of what repairs are tuned on: how many simulations, with which labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from repshift.drawing.r2_axis import scale_r2
from repshift.drawing.repair_entries import Entry
from repshift.drawing.repair_ladder import Ladder
from repshift.drawing.style import parameter_label
from repshift.evidence.repair.quantities import ONE_COSMOLOGY, RANDOM_HALF, SAME_PRIOR

_SPREAD: Final = 0.5
_FEWEST: Final = 2
"""Numbers of simulations of a learning curve."""

Number = tuple[float, float, float]


@dataclass(frozen=True)
class Panel:
    """What a panel shows: a number of an output against what the rungs were tuned on.

    Attributes
    ----------
    against
        "simulations" or "prior".
    variable
        "score", on the target, or "cosmology_bias".
    """

    against: str
    variable: str
    output: str

    @property
    def label(self) -> str:
        """The name of the panel."""
        return f"{self.variable} {self.against} {self.output}"

    def number(self, entry: Entry) -> Number:
        """Return the number of an entry with its ends."""
        where = {"judged_on": "target"} if self.variable == "score" else {}
        return entry.number(self.variable, parameter=self.output, **where)


def panels_of(ladder: Ladder) -> list[Panel]:
    """Return the panels that have anything to show, output by output."""
    kinds = (("simulations", "score"), ("prior", "score"), ("prior", "cosmology_bias"))
    panels = [Panel(*kind, output) for kind in kinds for output in ladder.outputs]
    return [panel for panel in panels if lines_of(ladder, panel)]


def priors_of(ladder: Ladder) -> list[str]:
    """Return the priors that rungs were tuned with, in the order in which they are drawn."""
    found = list(dict.fromkeys(entry.word("prior") for entry in ladder.entries if entry.word("kind") != "bound"))
    known = (SAME_PRIOR, RANDOM_HALF)
    order = {name: place for place, name in enumerate(known)} | {ONE_COSMOLOGY: len(known) + 1}
    return sorted(found, key=lambda name: order.get(name, len(known)))


def lines_of(ladder: Ladder, panel: Panel) -> list[list[Entry]]:
    """Return what is drawn joined: of each rung and setting the entries along the axis of a panel."""
    found = []
    for entries in ladder.series.values():
        if entries[0].word("kind") == "bound":
            continue
        held = [entry for entry in entries if math.isfinite(panel.number(entry)[0])]
        along = _by_number(held) if panel.against == "simulations" else _by_prior(held)
        if len(along) >= _FEWEST or (along and panel.variable != "score"):
            found.append(along)
    return found


def draw_lines(axes: Axes, ladder: Ladder, panel: Panel) -> None:
    """Draw a number of each rung against the simulations that tuned it, or against their labels."""
    lines = lines_of(ladder, panel)
    priors = priors_of(ladder)
    shifts = np.linspace(-0.5, 0.5, len(lines)) * _SPREAD if len(lines) > 1 else np.zeros(1)
    _scale_values(axes, ladder, panel, lines)
    _scale_tuned(axes, panel, lines, priors)
    for line, shift in zip(lines, shifts, strict=True):
        if panel.against == "simulations":
            places = np.array([entry.simulations for entry in line]) * 1.12**shift
        else:
            places = np.array([priors.index(entry.word("prior")) for entry in line]) + shift
        _draw_line(axes, line, panel, places)
    start = panel.number(ladder.as_it_is)[0] if ladder.as_it_is else math.nan
    if math.isfinite(start):
        axes.axhline(start, color="0.5", lw=0.6, ls=":", zorder=1, gid="as it is")
    axes.axhline(0, color="0.8", lw=0.5, zorder=0.9)


def title_of(ladder: Ladder, panel: Panel) -> str:
    """Return what a panel shows, in words."""
    symbol = parameter_label(panel.output)
    if panel.variable != "score":
        return f"{symbol}: mean error\non one cosmology"
    words = "by number\nof simulations" if panel.against == "simulations" else "by labels\nof simulations"
    return f"{ladder.score_label} of {symbol}, {words}"


def _by_number(entries: Sequence[Entry]) -> list[Entry]:
    return sorted((one for one in entries if one.word("prior") == SAME_PRIOR), key=lambda one: one.simulations)


def _by_prior(entries: Sequence[Entry]) -> list[Entry]:
    """Return an entry a prior, with most simulations of each; none where there is the same prior alone."""
    best: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda one: one.simulations):
        best[entry.word("prior")] = entry
    return list(best.values()) if set(best) - {SAME_PRIOR} else []


def _draw_line(axes: Axes, line: Sequence[Entry], panel: Panel, places: Any) -> None:  # noqa: ANN401 - (entries,)
    """Draw the entries of a rung, those of one line joined where the axis is of numbers."""
    first = line[0]
    bottom, top = axes.get_ylim()
    value, low, high = (np.array(one) for one in zip(*(panel.number(entry) for entry in line), strict=True))
    about: dict[str, Any] = {"color": first.colour, "gid": f"line {first.rung}"}
    joined = ("--" if first.is_labelled else "-") if panel.against == "simulations" else "none"
    axes.plot(places, value, ls=joined, lw=0.8, marker=first.marker, ms=2.8, mew=0.5, zorder=4, **about)
    ends = np.clip(low, bottom, top), np.clip(high, bottom, top)
    axes.vlines(places, *ends, color=first.colour, lw=0.6, zorder=3, gid=f"intervals {first.rung}")
    below = value < bottom
    if below.any():
        axes.plot(places[below], np.full(below.sum(), bottom), "v", ms=3, mfc="white", mew=0.6, clip_on=False, **about)


def _scale_values(axes: Axes, ladder: Ladder, panel: Panel, lines: Sequence[Sequence[Entry]]) -> None:
    """Scale the vertical axis of a panel."""
    numbers = np.array([panel.number(entry) for line in lines for entry in line])
    if panel.variable == "score" and ladder.is_r2:
        start = [panel.number(ladder.as_it_is)[0]] if ladder.as_it_is else []
        scale_r2(axes, float(np.nanmin([*numbers[:, 0], *start])))
        return
    if panel.variable == "score":
        axes.set(ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], yticklabels=["0", "0.5", "1"])
        return
    ends = numbers[np.isfinite(numbers)]
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    margin = 0.08 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))


def _scale_tuned(axes: Axes, panel: Panel, lines: Sequence[Sequence[Entry]], priors: Sequence[str]) -> None:
    """Scale the horizontal axis of a panel."""
    if panel.against == "prior":
        axes.set_xlim(-0.5, len(priors) - 0.5)
        axes.set_xticks(range(len(priors)), [_prior_words(name) for name in priors], rotation=90)
        for place in range(1, len(priors)):
            axes.axvline(place - 0.5, color="0.9", lw=0.5, zorder=0.5)
        return
    numbers = sorted({entry.simulations for line in lines for entry in line})
    axes.set_xscale("log")
    axes.set_xlim(numbers[0] / 1.35, numbers[-1] * 1.35)
    axes.set_xticks(_apart(numbers), [str(number) for number in _apart(numbers)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _apart(numbers: Sequence[int]) -> list[int]:
    """Return the numbers that get a tick: those that lie apart, the last among them.

    Examples
    --------
    >>> _apart([1, 5, 23, 25])
    [1, 5, 25]
    """
    kept: list[int] = []
    for number in reversed(numbers):
        if not kept or kept[-1] / number > 1.5:
            kept.append(number)
    return kept[::-1]


def _prior_words(name: str) -> str:
    """Return what simulations have tuned a rung, over two lines where it is long."""
    words = name if name != SAME_PRIOR else "same prior"
    half, _, parameter = words.partition(" of ")
    return f"{half}\nof {parameter_label(parameter)}" if parameter else words

"""Summary statistics of CKA matrices: the distribution of off-diagonal values, and the eigenvalues."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from repshift.drawing.cases import DrawnCase, case_name
from repshift.drawing.style import estimator_label

BIN_WIDTH: Final = 0.05
EIGENVALUE_FLOOR: Final = 1e-3
"""Where the logarithmic axis ends: smaller eigenvalues, negative ones too, are triangles on it."""

_BELOW_FLOOR: Final = "\N{WHITE DOWN-POINTING TRIANGLE} below $10^{-3}$\nor negative"
_LINES: Final = ("-", (0, (1, 0.8)), (0, (4, 1)))
_MEAN_LINE: Final = (0, (3, 2))
_INTERVAL: Final = 0.2
"""Opacity of intervals."""

_P_VALUE: Final = 0.2
"""Height of a line of words in the panel of a test, a share of it."""

_MARKERS: Final = ("o", "s", "D", "^")


@dataclass(frozen=True)
class Ranges:
    """What the rows of a figure share: edges of the bins of off-diagonal CKA, and the largest eigenvalue."""

    edges: npt.NDArray[np.float64]
    highest: float


def shared_ranges(cases: Sequence[DrawnCase]) -> Ranges:
    """Return bins up to 1, from 0 or the lowest off-diagonal value of all cases, and the largest eigenvalue."""
    lowest = min(float(case.off_diagonal.min()) for case in cases)
    first = min(0, int(np.floor(lowest / BIN_WIDTH)))
    edges = np.arange(first, round(1 / BIN_WIDTH) + 1, dtype=np.float64) * BIN_WIDTH
    return Ranges(edges, max(float(case.eigenvalues.max()) for case in cases))


def draw_distribution(axes: Axes, cases: Sequence[DrawnCase], *, ranges: Ranges, estimator: str) -> None:
    """Draw how often an off-diagonal CKA occurs: filled in distribution, outlined out of it, dashed the mean."""
    import seaborn  # it loads scipy.stats, a second that only this panel need wait for

    edges = ranges.edges
    for case in cases:
        values = np.clip(case.off_diagonal, edges[0], edges[-1])  # CKA is at most 1, up to rounding
        look = {"element": "step", "linewidth": 0.8, "label": case.domain, **_filling(case, cases)}
        seaborn.histplot(x=values, bins=edges.tolist(), ax=axes, **look)
        colour = case.colour
        axes.axvline(case.off_diagonal_mean, color=colour, linestyle=_MEAN_LINE, label=f"mean {case.domain}")
        if case.mean_ends:
            axes.axvspan(*case.mean_ends, color=colour, alpha=_INTERVAL, linewidth=0, label=f"interval {case.domain}")
    axes.set(xlim=(edges[0], edges[-1]), ylabel="Layer pairs")
    axes.set_xlabel(f"Off-diagonal {estimator_label(estimator)} CKA")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def draw_eigenvalues(axes: Axes, cases: Sequence[DrawnCase], *, ranges: Ranges, estimator: str) -> None:
    """Draw eigenvalues against their rank: filled markers in distribution, open ones out of it."""
    for index, case in enumerate(cases):
        _draw_spectrum(axes, case, marker=_MARKERS[index % len(_MARKERS)], shift=0.25 * (index - (len(cases) - 1) / 2))
    if any((case.eigenvalues < EIGENVALUE_FLOOR).any() for case in cases):
        axes.text(0.96, 0.94, _BELOW_FLOOR, transform=axes.transAxes, color="0.3", ha="right", va="top")
    axes.set(yscale="log", ylim=(EIGENVALUE_FLOOR, 2 * ranges.highest), ylabel="Eigenvalue")
    axes.set_xlabel(f"Rank ({estimator_label(estimator)} CKA)")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlim(0.3, max(len(case.layers) for case in cases) + 0.7)


def draw_tests(axes: Axes, cases: Sequence[DrawnCase]) -> None:
    """Draw what swapped domains make of the change of mean debiased CKA, over its error, and where the observed one is.

    The p-value is two-sided; the test is of the debiased estimator, whatever the figure shows.
    """
    tested = [(case, case.test) for case in cases if case.test]
    reach = 1.08 * max(float(np.abs([*test.null, test.observed]).max()) for _, test in tested)
    edges = np.linspace(-reach, reach, 41).tolist()
    tallest = 0.0
    step = min(_P_VALUE, 0.4 / len(tested))  # of many domains the p-values stand close, to leave the nulls their room
    is_left = min(test.observed for _, test in tested) < -0.5 * reach  # where the p-value would stand
    for line, (case, test) in enumerate(tested):
        colour = case.colour
        shares = np.full(len(test.null), 1 / len(test.null))
        look: dict[str, Any] = {"color": "0.75", "label": f"null {case.domain}", "alpha": max(1 / len(tested), 0.5)}
        heights, *_ = axes.hist(test.null, edges, weights=shares, **look)
        tallest = max(tallest, float(np.max(heights)))
        axes.axvline(test.observed, color=colour, linewidth=1.2, label=f"observed {case.domain}")
        place: dict[str, Any] = {"transform": axes.transAxes, "color": colour, "va": "top"}
        place |= {"ha": "right" if is_left else "left"}
        axes.text(0.97 if is_left else 0.03, 0.96 - step * line, f"p = {test.p_value:.2g}", **place)
    axes.set_ylim(0, tallest / max(0.92 - step * len(tested), 0.3))
    axes.set(xlim=(-reach, reach), xlabel="Debiased change / error", ylabel="Share")
    axes.yaxis.set_major_locator(MaxNLocator(2))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def legend_handles(cases: Sequence[DrawnCase]) -> list[Artist]:
    """Return a legend entry a case (colour and filling: suite, in or out of distribution) and one for the means."""
    entries: list[Artist] = [
        Patch(label=f"{case_name(case, cases)} ({_side(case)})", **_filling(case, cases)) for case in cases
    ]
    if any(case.mean_ends for case in cases):
        entries.append(Patch(facecolor=to_rgba("0.3", _INTERVAL), edgecolor="none", label="95 % interval"))
    return [*entries, Line2D([], [], color="0.3", linestyle=_MEAN_LINE, label="mean")]


def _side(case: DrawnCase) -> str:
    return "in" if case.in_distribution else "out"


def _filling(case: DrawnCase, cases: Sequence[DrawnCase]) -> dict[str, Any]:
    colour = case.colour
    namesakes = [other.domain for other in cases if other.test_suite == case.test_suite]
    line = _LINES[namesakes.index(case.domain) % len(_LINES)]
    return {"linestyle": line, "facecolor": to_rgba(colour, 0.35 if case.in_distribution else 0.0), "edgecolor": colour}


def _draw_spectrum(axes: Axes, case: DrawnCase, *, marker: str, shift: float) -> None:
    colour = case.colour
    look: dict[str, Any] = {"color": colour, "markeredgewidth": 0.6}
    look["markerfacecolor"] = colour if case.in_distribution else "white"
    rank = np.arange(1, len(case.eigenvalues) + 1)
    below = case.eigenvalues < EIGENVALUE_FLOOR
    above = np.where(below, np.nan, case.eigenvalues)
    if case.eigenvalue_ends:
        low, high = (np.clip(values, EIGENVALUE_FLOOR, None) for values in case.eigenvalue_ends)
        axes.fill_between(rank, low, high, color=colour, alpha=_INTERVAL, linewidth=0, label=f"interval {case.domain}")
    axes.plot(rank, above, marker=marker, markersize=2.6, label=case.domain, **look)
    if below.any():
        place: dict[str, Any] = {"linestyle": "none", "clip_on": False, "label": f"below {case.domain}"}
        floor = np.full(int(below.sum()), EIGENVALUE_FLOOR)
        axes.plot(rank[below] + shift, floor, marker="v", markersize=3.2, **place, **look)

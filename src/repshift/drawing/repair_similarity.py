"""What repairs do to similarity: CKA of layers before and after, and whether a number without labels knows the gain."""

import math
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from repshift.drawing.layout import add_words, fit_words, in_lines
from repshift.drawing.matrices import add_cka_colour_bar, add_matrix
from repshift.drawing.r2_axis import scale_r2
from repshift.drawing.repair_entries import Entry
from repshift.drawing.repair_ladder import Ladder
from repshift.drawing.style import LINE_HEIGHT, number
from repshift.evidence.repair.quantities import AS_IT_IS, SAME_PRIOR

MATRICES_A_LINE: Final = 7
MATRIX: Final = 0.82
"""Side of a matrix [inch]."""

MATRIX_LINE: Final = MATRIX + 0.6
"""Height of a line of matrices with their titles and layers."""

_LETTERS: Final = 17
_STEP: Final = 0.97
_LEFT: Final = 0.38

_TITLE_LETTERS: Final = 21
NUMBERS_A_LINE: Final = 5


def matrices_of(ladder: Ladder) -> list[tuple[str, Entry, str]]:
    """Return title, entry and variable of each matrix: before on both domains, then on the target after each repair."""
    before = ladder.as_it_is
    found = []
    if before is not None:
        titles = (f"own: {ladder.labels['home']}", "as it is")
        found = [(words, before, name) for words, name in zip(titles, ("cka_source", "cka_target"), strict=True)]
    kept: dict[tuple[str, str], Entry] = {}
    for entry in ladder.entries:
        if entry.rung != AS_IT_IS and entry.word("prior") == SAME_PRIOR and _has_matrix(entry, "cka_target"):
            best = kept.get(entry.series, entry)
            kept[entry.series] = entry if entry.simulations >= best.simulations else best
    found += [(entry.label, entry, "cka_target") for entry in kept.values()]
    return [one for one in found if _has_matrix(one[1], one[2])]


def _has_matrix(entry: Entry, name: str) -> bool:
    return name in entry.case and bool(np.isfinite(entry.matrix(name)).any())


def draw_matrices(figure: Figure, ladder: Ladder, top: float) -> None:
    """Draw matrices of CKA, lines of them from `top` [inch] down."""
    layers = [str(name) for name in ladder.case["layer"].to_numpy()]
    for place, (title, entry, name) in enumerate(matrices_of(ladder)):
        line, column = divmod(place, MATRICES_A_LINE)
        left, upper = _LEFT + column * _STEP, top + line * MATRIX_LINE + 2 * LINE_HEIGHT
        label = f"{name} {' '.join(filter(None, entry.series))}"
        how: dict[str, Any] = {"rows": layers, "columns": layers, "label": label, "most": 5}
        axes = add_matrix(figure, left, upper, MATRIX, entry.matrix(name), **how)
        axes.tick_params(labelleft=column == 0)
        centre: dict[str, Any] = {"horizontalalignment": "center", "verticalalignment": "bottom"}
        fit_words(add_words(figure, left + MATRIX / 2, upper - 0.03, in_lines(title, _LETTERS), **centre), _STEP - 0.04)
    lines = math.ceil(len(matrices_of(ladder)) / MATRICES_A_LINE)
    add_cka_colour_bar(figure, _LEFT, top + lines * MATRIX_LINE, 2.2, estimator="debiased")


def numbers_of(ladder: Ladder) -> dict[str, str]:
    """Return labels of the numbers without labels that can be set against a score, by name."""
    return {
        name: label
        for name, label in ladder.label_free.items()
        if any(pairs_of(ladder, name, output) for output in ladder.outputs)
    }


def pairs_of(ladder: Ladder, name: str, output: str) -> list[tuple[Entry, float, float]]:
    """Return entries with the change of a number without labels and the score on the target."""
    found = []
    for entry in ladder.entries:
        change = entry.number("label_free_change", label_free_name=name)[0]
        score = entry.number("score", judged_on="target", parameter=output)[0]
        if entry.rung != AS_IT_IS and math.isfinite(change) and math.isfinite(score):
            found.append((entry, change, score))
    return found


def draw_numbers(axes: Axes, ladder: Ladder, name: str, output: str, *, least: float) -> None:
    """Draw the score of each entry on the target against the change of a number; `least` is that of all panels."""
    if ladder.is_r2:
        scale_r2(axes, least)
    else:
        axes.set(ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], yticklabels=["0", "0.5", "1"])
    bottom, _ = axes.get_ylim()
    for entry, change, score in pairs_of(ladder, name, output):
        how: dict[str, Any] = {"ms": 2.8, "mew": 0.5, "color": entry.colour, "zorder": 3, "gid": f"score {entry.rung}"}
        below = score < bottom
        shown = {**how, "mfc": "white", "clip_on": False} if below else how
        axes.plot(change, max(score, bottom), "v" if below else entry.marker, **shown)
    start = ladder.as_it_is
    if start is not None:
        value = start.number("score", judged_on="target", parameter=output)[0]
        axes.axhline(value, color="0.5", lw=0.6, ls=":", zorder=1, gid="as it is")
    axes.axvline(0, color="0.8", lw=0.5, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], prune="both"))


def least_score(ladder: Ladder) -> float:
    """Return the least score on the target of any entry that is drawn, of any output, and 0."""
    where = [{"judged_on": "target", "parameter": output} for output in ladder.outputs]
    scores = [entry.number("score", **one)[0] for entry in ladder.entries for one in where]
    return min([0.0, *(score for score in scores if math.isfinite(score))])


def number_title(ladder: Ladder, name: str, label: str, output: str) -> str:
    """Return what a number without labels is, and its rank correlation with the gain over repairs without training.

    Each file has that over its own repairs, that of a trained one over too few.
    """
    files = {id(entry.case): entry.case for entry in ladder.entries if not entry.group[1]}.values()
    found = [one for one in (_correlation(case, name, output) for case in files) if math.isfinite(one[0])]
    words = in_lines(label, _TITLE_LETTERS)
    return f"{words}\n$\\rho$ = {number(found[0][0])}, n = {found[0][1]:.0f}" if len(found) == 1 else words


def _correlation(case: xr.Dataset, name: str, output: str) -> tuple[float, float]:
    """Return the correlation that a file holds, and over how many repairs; NaN where it has none."""
    if "label_free_correlation" not in case:
        return math.nan, 0.0
    held = case[["label_free_correlation", "label_free_entries"]].sel(label_free_name=name, parameter=output)
    return float(held["label_free_correlation"]), float(held["label_free_entries"])

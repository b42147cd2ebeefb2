"""Networks trained again: replaced ones beside the unchanged network, and those whose CKA was moved by the loss."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.loss_axis import scale_loss
from repshift.drawing.pruning_series import WAYS, marker_of
from repshift.drawing.r2_axis import scale_r2
from repshift.drawing.row_marks import mark_row
from repshift.drawing.stress_curves import Curve
from repshift.drawing.trust_scores import number_of

CAUSE_KINDS: Final = {
    "none": ("D", "0.35", "network as it is"),
    "control": ("v", "0.55", "control: the same steps without the term"),
    "build": ("^", "#AA3377", "layers made alike"),
    "remove": ("s", "#4477AA", "layers made unlike"),
    "match": ("o", "#228833", "both domains made alike"),
}
"""Marker, colour and words of what a run was trained to."""

_BEFORE: Final = 0.28
"""How far below a network that was trained again it lies as it was before, in rows."""

Row = tuple[str, str]


def rows_of(curves: Sequence[Curve]) -> list[Row]:
    """Return the change and the way of each row of networks trained again."""
    found: dict[Row, None] = {}
    for curve in curves:
        possible = curve.case["score_lost"].notnull().any("parameter").to_numpy()
        changes, ways = curve.case["change"].to_numpy(), curve.case["way"].to_numpy()
        found |= {(str(changes[i]), str(ways[j])): None for i, j in zip(*np.nonzero(possible), strict=True)}
    return list(found)


def row_words(row: Row) -> str:
    """Return what a row is called."""
    change, way = row
    return f"{change}, {WAYS[way][1] if way in WAYS else way}"


def draw_retrained(axes: Axes, curves: Sequence[Curve], rows: Sequence[Row], output: str) -> None:
    """Draw what each change loses after training, of the control's score; open, what it lost before."""
    where = [{"change": change, "way": way, "parameter": output} for change, way in rows]
    numbers = {
        (curve.name, name): [number_of(curve.case, name, one) for one in where]
        for curve in curves
        for name in ("score_lost", "score_lost_before")
    }
    scale_loss(axes, [one[0] for held in numbers.values() for one in held], which="x")
    axes.axvline(0, color="0.6", lw=0.5, zorder=1, gid="control")
    axes.set(ylim=(len(rows) - 0.5, -0.5), yticks=[])
    shifts = np.linspace(-0.5, 0.5, len(curves)) * 0.3 if len(curves) > 1 else np.zeros(1)
    ways = list(dict.fromkeys(way for _, way in rows))
    for curve, shift in zip(curves, shifts, strict=True):
        for place, row in enumerate(rows):
            how: dict[str, Any] = {"color": curve.colour, "marker": marker_of(row[1], ways)}
            about = f"{' '.join(row)} {curve.name}"
            mark_row(axes, place + shift, numbers[curve.name, "score_lost"][place], **how, gid=f"after {about}")
            before = (numbers[curve.name, "score_lost_before"][place][0], math.nan, math.nan)
            mark_row(axes, place + shift + _BEFORE / 2, before, color=curve.colour, marker="|", gid=f"before {about}")


def draw_cause(axes: Axes, case: xr.Dataset, output: str, *, score: str) -> None:
    """Draw a score of each run against the CKA that it reached; open, where the source's score was not held."""
    values = case[score].sel(parameter=output).to_numpy()
    reached, kinds = case["cka_reached"].to_numpy(), [str(kind) for kind in case["run_kind"].to_numpy()]
    there = values[np.isfinite(values)]
    if str(case.attrs["score"]) == "r2":
        scale_r2(axes, float(there.min()) if len(there) else 0.0)
    else:
        axes.set(ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], yticklabels=["0", "0.5", "1"])
    bottom, _ = axes.get_ylim()
    held = case["home_held"].to_numpy() if "home_held" in case else np.ones(len(kinds))
    for place, kind in enumerate(kinds):
        if not (math.isfinite(values[place]) and math.isfinite(reached[place])):
            continue
        marker, colour, _ = CAUSE_KINDS[kind]
        face = colour if held[place] == 1 else "white"
        below = values[place] < bottom
        how: dict[str, Any] = {"ms": 3.2, "mew": 0.7, "color": colour, "mfc": face, "clip_on": not below}
        axes.plot(reached[place], max(values[place], bottom), marker, **how, zorder=3, gid=f"run {kind}")
    axes.axhline(0, color="0.8", lw=0.5, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10], prune="both"))


def kinds_of(case: xr.Dataset) -> list[str]:
    """Return the kinds of runs of a case, in the order of `CAUSE_KINDS`."""
    held = {str(kind) for kind in case["run_kind"].to_numpy()}
    return [kind for kind in CAUSE_KINDS if kind in held]

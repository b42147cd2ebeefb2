"""Curves of trust: risk against the share of maps kept, calibration, and what conformal intervals hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.stress_curves import Curve
from repshift.drawing.style import parameter_label
from repshift.drawing.trust_scores import TrustScore, number_of

_SPREAD: Final = 0.36
_SHARE: Final[dict[str, Any]] = {"ylim": (-0.04, 1.04), "yticks": [0, 0.5, 1], "yticklabels": ["0", "0.5", "1"]}
_ENDS: Final = ("", "_low", "_high")


@dataclass(frozen=True)
class TrustPanel:
    """What a panel shows.

    Attributes
    ----------
    name
        "risk", "pit", "reliability", "coverage", "conformal" or "width".
    variable
        What it draws.
    output
        Of what.
    domain
        Of which domain, where a panel shows one; else all.
    """

    name: str
    variable: str
    output: str
    domain: str = ""

    @property
    def label(self) -> str:
        """The name of the panel."""
        return " ".join(filter(None, (self.name, self.domain, self.output)))


def trust_panels_of(curves: Sequence[Curve], output: str) -> list[TrustPanel]:
    """Return the panels of an output that any case has something for."""
    risks = [TrustPanel("risk", "risk_coverage", output, curve.name) for curve in curves]
    kinds = (
        ("pit", "pit"),
        ("reliability", "accuracy"),
        ("coverage", "coverage"),
        ("conformal", "conformal_coverage"),
        ("width", "conformal_half_width"),
        ("width", "conformal_set_size"),
    )
    panels = [*risks, *(TrustPanel(name, variable, output) for name, variable in kinds)]
    return [panel for panel in panels if any(_has(curve, panel) for curve in curves)]


def _has(curve: Curve, panel: TrustPanel) -> bool:
    if panel.variable not in curve.case or panel.domain not in ("", curve.name):
        return False
    return bool(_held(curve.case, panel.variable, panel.output).notnull().any())


def _held(case: xr.Dataset, variable: str, output: str) -> xr.DataArray:
    held = case[variable]
    return held.sel(parameter=output) if "parameter" in held.dims else held


def title_of(panel: TrustPanel, curves: Sequence[Curve]) -> str:
    """Return what a panel shows, in words of two lines at most."""
    symbol = parameter_label(panel.output)
    label = next((curve.label for curve in curves if curve.name == panel.domain), "")
    titles = {
        "risk": f"{symbol}: risk,\n{label}",
        "pit": f"{symbol}: PIT of\nthe predicted $\\sigma$",
        "reliability": f"{symbol}: accuracy\nby probability",
        "coverage": f"{symbol}: coverage of\nthe predicted $\\sigma$",
        "conformal": f"{symbol}: coverage,\nconformal",
        "width": f"{symbol}: half-width,\nconformal" if "width" in panel.variable else f"{symbol}: classes\nin the set",
    }
    return titles[panel.name]


def draw_panel(axes: Axes, curves: Sequence[Curve], scores: Sequence[TrustScore], panel: TrustPanel) -> None:
    """Draw a panel."""
    shown = [curve for curve in curves if _has(curve, panel)]
    if panel.name == "risk":
        _draw_risk(axes, shown[0], scores, panel)
    elif panel.name == "pit":
        _draw_pit(axes, shown, panel)
    elif panel.name == "reliability":
        _draw_reliability(axes, shown)
    elif panel.name == "coverage":
        _draw_coverage(axes, shown, panel)
    else:
        _draw_conformal(axes, shown, panel)


def _draw_risk(axes: Axes, curve: Curve, scores: Sequence[TrustScore], panel: TrustPanel) -> None:
    """Draw the risk of the maps trusted most against their share, a curve a score."""
    share = curve.case["share"].to_numpy()
    held = _held(curve.case, panel.variable, panel.output)
    names = [str(name) for name in held["score"].to_numpy()]
    for score in scores:
        if score.name in names:
            values = held.to_numpy()[names.index(score.name)]
            look: dict[str, Any] = {"color": score.colour, "lw": 1.2 if score.is_baseline else 0.8, "zorder": 3}
            axes.plot(share, values, ls="--" if score.is_baseline else "-", **look, gid=f"risk {score.name}")
    axes.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"], xlabel="share kept")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))


def _draw_pit(axes: Axes, curves: Sequence[Curve], panel: TrustPanel) -> None:
    """Draw the share of maps by the rank of the truth in the predicted distribution; a line: as it should be."""
    for curve in curves:
        value, low, high = _with_ends(curve.case, panel)
        edges = np.linspace(0, 1, len(value) + 1)
        about: dict[str, Any] = {"color": curve.colour, "gid": f"pit {curve.name}"}
        axes.stairs(value, edges, lw=0.9, **about)
        axes.stairs(high, edges, baseline=low, fill=True, alpha=0.2, lw=0, color=curve.colour, gid=f"band {curve.name}")
        axes.axhline(1 / len(value), color="0.6", lw=0.5, zorder=1, gid="calibrated")
    axes.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"], xlabel="PIT")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))


def _draw_reliability(axes: Axes, curves: Sequence[Curve]) -> None:
    """Draw the accuracy of maps against their mean probability, by bins of it; pale where too few have an interval."""
    for curve in curves:
        confidence = curve.case["confidence"].to_numpy()
        value, low, high = (curve.case[f"accuracy{end}"].to_numpy() for end in _ENDS)
        held = np.isfinite(low)
        pale: dict[str, Any] = {"color": curve.colour, "alpha": 0.35, "mew": 0, "gid": f"few {curve.name}"}
        axes.plot(confidence[~held], value[~held], "o", ms=2, **pale)
        axes.plot(confidence[held], value[held], "o-", ms=2.4, lw=0.8, color=curve.colour, gid=f"accuracy {curve.name}")
        axes.vlines(confidence, low, high, color=curve.colour, lw=0.7, gid=f"intervals {curve.name}")
    _diagonal(axes, "largest probability")


def _draw_coverage(axes: Axes, curves: Sequence[Curve], panel: TrustPanel) -> None:
    """Draw the share of maps within the predicted interval against its level."""
    for curve in curves:
        level = curve.case["level"].to_numpy()
        value, low, high = _with_ends(curve.case, panel)
        axes.fill_between(level, low, high, color=curve.colour, alpha=0.2, lw=0, gid=f"band {curve.name}")
        axes.plot(level, value, "o-", ms=2.2, lw=0.8, color=curve.colour, gid=f"coverage {curve.name}")
    _diagonal(axes, "level")


def _diagonal(axes: Axes, words: str) -> None:
    axes.plot([0, 1], [0, 1], color="0.6", lw=0.5, zorder=1, gid="calibrated")
    axes.set(xlim=(0, 1.02), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"], xlabel=words, **_SHARE)


def _draw_conformal(axes: Axes, curves: Sequence[Curve], panel: TrustPanel) -> None:
    """Draw what conformal intervals of one level hold, or how wide they are, a kind beside the other.

    A mark is open where some intervals are infinite.
    """
    kinds = conformal_kinds(curves)
    names = list(kinds)
    shifts = np.linspace(-0.5, 0.5, len(curves)) * _SPREAD if len(curves) > 1 else np.zeros(1)
    is_coverage = panel.variable == "conformal_coverage"
    for curve, shift in zip(curves, shifts, strict=True):
        level = level_name(curve.case)
        for place, kind in enumerate(names):
            where = {"kind": kind, "parameter": panel.output, "level": level}
            value, *interval = number_of(curve.case, panel.variable, where)
            bounded = number_of(curve.case, "conformal_bounded", where)[0]
            about: dict[str, Any] = {"color": curve.colour, "gid": f"{kind} {curve.name}"}
            face = "white" if math.isfinite(bounded) and bounded < 1 else curve.colour
            axes.plot(place + shift, value, "o", ms=3, mew=0.7, mfc=face, zorder=4, **about)
            axes.vlines(place + shift, interval[0], interval[1], lw=0.8, zorder=3, **about)
            if is_coverage:
                ends = ("lowest", "highest")
                low, high = (number_of(curve.case, f"{panel.variable}_{end}", where)[0] for end in ends)
                axes.vlines(place + shift, low, high, color=curve.colour, lw=3.2, alpha=0.25, zorder=2, gid="halves")
    if is_coverage:
        attainable = float(curves[0].case.attrs["level_attainable"])
        axes.axhline(attainable, color="0.6", lw=0.5, zorder=1, gid="level")
        axes.set(**_SHARE)
    else:
        axes.set_ylim(0, 1.12 * axes.dataLim.y1 if axes.dataLim.y1 > 0 else 1)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xticks(range(len(names)), list(kinds.values()), rotation=90)


def conformal_kinds(curves: Sequence[Curve]) -> dict[str, str]:
    """Return words of the kinds of conformal intervals that any case has, by name."""
    there = [str(name) for curve in curves if "kind" in curve.case.dims for name in curve.case["kind"].to_numpy()]
    return {name: name.replace("_", " ") for name in there}


def level_name(case: xr.Dataset) -> str:
    """Return the level that a case was asked for, as its dimension has it."""
    levels = case["level"].to_numpy()
    return str(levels[int(np.abs(levels - float(case.attrs["level"])).argmin())])


def _with_ends(case: xr.Dataset, panel: TrustPanel) -> tuple[Any, Any, Any]:
    """Return a number of a case along what dimension it has, and its ends."""
    value, low, high = (_held(case, f"{panel.variable}{end}", panel.output).to_numpy() for end in _ENDS)
    return value, low, high

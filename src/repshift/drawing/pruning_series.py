"""Layers that are replaced, as figure 8 draws them: changes, ways and domains, and what each loses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from repshift.drawing.attribution_series import name_ticks
from repshift.drawing.loss_axis import scale_loss
from repshift.drawing.stress_curves import Curve
from repshift.drawing.style import interval, number
from repshift.drawing.trust_scores import number_of

Kind = Literal["replaced", "retrained", "cause"]

WAYS: Final = {"identity": ("x", "identity"), "linear": ("o", "best linear map")}
"""Marker and words of each way."""

_SPREAD: Final = 0.5


@dataclass(frozen=True)
class Relation:
    """A number of a change that its loss is set against."""

    name: str
    title: str


RELATIONS: Final = (
    Relation("depth", "by layer"),
    Relation("cka_with_neighbour", "by CKA with\nthe layer before"),
    Relation("parameters_saved", "by share of\nparameters saved"),
    Relation("n_layers", "of runs,\nby layers in it"),
)


def kind_of(case: xr.Dataset) -> Kind:
    """Return which action of the stage pruning wrote a file."""
    if "cka_reached" in case:
        return "cause"
    return "retrained" if "score_control" in case else "replaced"


def ways_of(curves: Sequence[Curve]) -> list[str]:
    """Return the ways that any case has."""
    return list(dict.fromkeys(str(way) for curve in curves for way in curve.case["way"].to_numpy()))


def marker_of(way: str, ways: Sequence[str]) -> str:
    """Return the marker of a way."""
    return WAYS[way][0] if way in WAYS else ("s", "^", "v", "D")[ways.index(way) % 4]


def relations_of(curves: Sequence[Curve]) -> list[Relation]:
    """Return what losses can be set against: runs of layers where there are any."""
    has_runs = any((curve.case["n_layers"] > 1).any() for curve in curves)
    return [one for one in RELATIONS if one.name != "n_layers" or has_runs]


def losses_of(curves: Sequence[Curve], output: str) -> list[float]:
    """Return every loss of an output that panels share their scale by, without ends."""
    held = [curve.case["score_lost"].sel(parameter=output).to_numpy().ravel() for curve in curves]
    return [float(value) for value in np.concatenate(held)]


def draw_losses(axes: Axes, curves: Sequence[Curve], relation: Relation, output: str) -> None:
    """Draw what each change loses against a number of it: single layers, or runs of them."""
    scale_loss(axes, losses_of(curves, output))
    axes.axhline(0, color="0.8", lw=0.5, zorder=1)
    ways = ways_of(curves)
    series = [(curve, way) for way in ways for curve in curves]
    spread = _SPREAD if relation.name in ("depth", "n_layers") else 0.0
    shifts = np.linspace(-0.5, 0.5, len(series)) * spread if len(series) > 1 else np.zeros(1)
    for (curve, way), shift in zip(series, shifts, strict=True):
        if way not in [str(name) for name in curve.case["way"].to_numpy()]:
            continue
        for linear in (False, True):
            places, *numbers = _points(curve.case, way, relation, output, linear=linear)
            _draw_points(axes, places + shift, tuple(numbers), curve, marker_of(way, ways), linear=linear)
    _scale_relation(axes, curves, relation)


def layer_names(curves: Sequence[Curve]) -> list[str]:
    """Return the layers that a change may be, by depth."""
    found: dict[str, float] = {}
    for curve in curves:
        single = curve.case["n_layers"].to_numpy() == 1
        names, depths = curve.case["change"].to_numpy()[single], curve.case["depth"].to_numpy()[single]
        found |= dict(zip(map(str, names), map(float, depths), strict=True))
    return sorted(found, key=lambda name: found[name])


def correlation_words(case: xr.Dataset, relation: Relation, way: str, output: str) -> str:
    """Return the rank correlation of losses with a number, and its interval; empty where there is none."""
    where = {"relation": relation.name, "way": way, "parameter": output}
    value, low, high = number_of(case, "rank_correlation", where)
    if not math.isfinite(value):
        return ""
    return f"{number(value)} {interval(low, high)}" if math.isfinite(low) else number(value)


def _points(case: xr.Dataset, way: str, relation: Relation, output: str, *, linear: bool) -> tuple[Any, Any, Any, Any]:
    """Return the number of each change and its loss with ends, of single layers or of runs alone.

    `linear`: of changes whose layers are linear themselves, or of the others.
    """
    is_linear = case["is_linear"].to_numpy() == 1 if "is_linear" in case else np.zeros(case.sizes["change"], dtype=bool)
    kept = (is_linear == linear) & ((case["n_layers"].to_numpy() > 1) == (relation.name == "n_layers"))
    chosen = [case[f"score_lost{end}"].sel(way=way, parameter=output).to_numpy() for end in ("", "_low", "_high")]
    kept &= np.isfinite(chosen[0])
    if relation.name == "depth":
        names = layer_names([Curve(case, "", "", "")])
        places = np.array([names.index(str(name)) if str(name) in names else -1 for name in case["change"].to_numpy()])
    elif relation.name == "parameters_saved":
        places = case[relation.name].sel(way=way).to_numpy() / float(case.attrs["parameters"])
    else:
        places = case[relation.name].to_numpy()
    value, low, high = (one[kept] for one in chosen)
    return places[kept].astype(np.float64), value, low, high


def _draw_points(
    axes: Axes,
    places: Any,  # noqa: ANN401 - (changes,)
    numbers: tuple[Any, ...],
    curve: Curve,
    marker: str,
    *,
    linear: bool,
) -> None:
    """Draw losses with their intervals; open, of layers that are linear; those beyond the axis as arrows at its end."""
    if not len(places):
        return
    value, low, high = numbers
    bottom, top = axes.get_ylim()
    name = f"{'linear' if marker == 'o' else 'identity' if marker == 'x' else marker} {curve.name}"
    about: dict[str, Any] = {"ls": "none", "color": curve.colour, "zorder": 4, "gid": f"losses {name}"}
    about |= {"mfc": "white", "gid": f"linear layers {name}"} if linear else {}
    inside = (bottom <= value) & (value <= top)
    axes.plot(places[inside], value[inside], marker, ms=2.8, mew=0.7, **about)
    for beyond, end, arrow in ((value > top, top, "^"), (value < bottom, bottom, "v")):
        if beyond.any():
            ends = np.full(beyond.sum(), end)
            axes.plot(places[beyond], ends, arrow, ms=3, mew=0.6, clip_on=False, **about | {"mfc": "white"})
    shown = np.clip(low[inside], bottom, top), np.clip(high[inside], bottom, top)
    axes.vlines(places[inside], *shown, color=curve.colour, lw=0.6, zorder=3, gid=f"intervals {name}")


def _scale_relation(axes: Axes, curves: Sequence[Curve], relation: Relation) -> None:
    """Scale the horizontal axis, and name its ticks."""
    if relation.name == "depth":
        names = layer_names(curves)
        axes.set_xlim(-0.7, len(names) - 0.3)
        name_ticks(axes, names)
        return
    if relation.name == "n_layers":
        most = max(int(curve.case["n_layers"].max()) for curve in curves)
        axes.set_xlim(1.4, most + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        return
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10], prune="both"))

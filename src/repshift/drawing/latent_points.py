"""Points of latent space: maps in two dimensions, filled by their parameter, edged and marked by their domain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_hex, to_rgba
from matplotlib.figure import Figure

from repshift.drawing.matrices import Scale, add_colour_bar
from repshift.drawing.plotting import Plotting
from repshift.drawing.style import number, parameter_label

REFERENCE: Final = "0.7"
_MARKERS: Final = ("o", "^", "s", "D", "v", "P")
_SIZE: Final = 14.0
"""Area of a point [point^2]."""

_EDGE: Final = 0.5
_PLAIN: Final = "0.8"
"""Fill where no parameter is known."""


@dataclass(frozen=True)
class DrawnDomain:
    """A domain as its points are drawn."""

    name: str
    label: str
    colour: str
    marker: str


@dataclass(frozen=True)
class Points:
    """The maps of a case and what colours them; `output` is empty where nothing does."""

    case: xr.Dataset
    domains: tuple[DrawnDomain, ...]
    output: str

    @property
    def is_number(self) -> bool:
        """Whether maps are coloured by the value of a parameter."""
        return bool(self.output) and "truth" in self.case

    @property
    def has_reference(self) -> bool:
        """Whether the own domain is drawn as the network places it that is not repaired."""
        return self.case.sizes["network"] > 1

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """The parameter of each map, (n_maps,)."""
        return np.asarray(self.case["truth"].sel(parameter=self.output).to_numpy(), dtype=np.float64)

    @property
    def norm(self) -> Normalize:
        """The range of the parameter, of all domains."""
        there = self.values[np.isfinite(self.values)]
        return Normalize(float(there.min()), float(there.max()))


def domains_of(case: xr.Dataset, plotting: Plotting) -> tuple[DrawnDomain, ...]:
    """Return the domains of a case, the model's own first."""
    names, suites = (map(str, case[f"map_{name}"].to_numpy()) for name in ("domain", "suite"))
    found = dict(zip(names, suites, strict=True))
    own = str(case.attrs["own_domain"])
    ordered = sorted(found, key=lambda name: name != own)
    return tuple(
        DrawnDomain(name, plotting.domain_label(name, found[name]), plotting.case_colour(name, found[name]), marker)
        for name, marker in zip(ordered, _MARKERS * math.ceil(len(ordered) / len(_MARKERS)), strict=False)
    )


def drawn_parameters(case: xr.Dataset, outputs: Sequence[str]) -> list[str]:
    """Return what colours the points: of the parameters asked for those that any map has, else the first."""
    if "truth" not in case:
        return ["class"] if "true_class" in case else [""]
    known = [str(name) for name in case["parameter"].to_numpy() if case["truth"].sel(parameter=name).notnull().any()]
    return [name for name in known if name in outputs] or known[:1] or [""]


def class_colours(points: Points) -> dict[str, str]:
    """Return the colour of each class, of the scale of numbers: those of suites are the edges of points.

    None where maps are coloured by a number, or by nothing.
    """
    if points.output != "class" or "true_class" not in points.case:
        return {}
    names = sorted({str(name) for name in points.case["true_class"].to_numpy()} - {""})
    colours = colormaps["viridis"](np.linspace(0, 1, len(names)))
    return {name: to_hex(colour) for name, colour in zip(names, colours, strict=True)}


def draw_points(axes: Axes, points: Points, network: str, layer: str, method: str) -> None:
    """Draw the maps as a network places them in a layer, by an embedding."""
    case = points.case
    where = {"network": network, "layer": layer, "method": method}
    if network != str(case["network"].to_numpy()[0]):
        held = case["position_home"].sel(where).to_numpy()
        axes.scatter(held[:, 0], held[:, 1], s=5, marker="x", lw=0.4, c=REFERENCE, zorder=1, gid="own domain as it is")
    position, fills = case["position"].sel(where).to_numpy(), _fills(points)
    domains = case["map_domain"].to_numpy()
    for place, domain in enumerate(points.domains):
        kept = domains == domain.name
        how: dict[str, Any] = {"marker": domain.marker, "s": _SIZE, "lw": _EDGE, "edgecolors": domain.colour}
        axes.scatter(
            position[kept, 0],
            position[kept, 1],
            facecolors=fills[kept],
            **how,
            zorder=2 + place,
            gid=f"maps {domain.name}",
        )
    axes.margins(0.06)
    axes.set(xticks=[], yticks=[])
    if method == "pca":
        share = [100 * float(one) for one in case["variance_share"].sel(layer=layer).to_numpy()]
        axes.set_xlabel(f"component 1 ({share[0]:.0f} %)", labelpad=1)
        axes.set_ylabel(f"component 2 ({share[1]:.0f} %)", labelpad=1)


def _fills(points: Points) -> npt.NDArray[Any]:
    """Return the fill of each map, (n_maps, 4)."""
    if points.is_number:
        fills = np.array(colormaps["viridis"](points.norm(points.values)))
        fills[~np.isfinite(points.values)] = to_rgba(_PLAIN)
        return fills
    colours = class_colours(points)
    names = points.case["true_class"].to_numpy() if colours else [""] * points.case.sizes["map"]
    return np.array([to_rgba(colours.get(str(name), _PLAIN)) for name in names])


def preservation_words(case: xr.Dataset, network: str, layer: str, method: str) -> list[str]:
    """Return how well a picture keeps neighbours, and how many neighbours in the layer are of the same domain."""
    where = {"network": network, "layer": layer, "method": method}
    trusted, whole, kept = (
        float(case[name].sel(where)) for name in ("trustworthiness", "continuity", "neighbours_kept")
    )
    same = float(case["same_domain_share"].sel(network=network, layer=layer))
    neighbours = int(case.attrs["neighbours"])
    return [
        f"trustworthy {number(trusted)}, continuous {number(whole)}",
        f"{100 * kept:.0f} % of {neighbours} neighbours kept",
        f"in the layer {100 * same:.0f} % of own domain ({100 * float(case['same_domain_chance']):.0f} % by chance)",
    ]


def add_parameter_bar(figure: Figure, points: Points, left: float, top: float, width: float) -> None:
    """Add the colour bar of the parameter, at a place in inches."""
    scale = Scale(colormaps["viridis"], points.norm, distance=True)
    add_colour_bar(figure, left, top, width, scale=scale, name=points.output, words=parameter_label(points.output))

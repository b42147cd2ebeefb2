"""What a shift score is: its column, its words, what it looks at, what it needs, its function; and what it is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from repshift.similarity.discrepancy import PooledMaps
from repshift.similarity.gram import linear_gram
from repshift.similarity.stacks import Grams

if TYPE_CHECKING:
    import xarray as xr

Family = Literal["cka", "distances", "input", "outputs"]
"""What a score looks at: CKA, other distances of layers, the raw input, the outputs; columns are in this order."""

FAMILIES: tuple[Family, ...] = get_args(Family)

Need = Literal[
    "std",
    "trials",
    "trials_std",
    "symmetries",
    "symmetries_std",
    "probability",
    "probability_trials",
    "probability_symmetries",
]
"""What not every pair has.

``std``: predicted standard deviations. ``trials``: outputs of other trials; ``trials_std``: all with standard
deviations. ``symmetries``: the scatter under symmetries; ``symmetries_std``: with standard deviations. These are of
parameters; ``probability``: that of classes, ``probability_trials``: also by other trials, ``probability_symmetries``:
its scatter.
"""

Values = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Pair:
    """A case out of distribution beside the model's own domain. Where there are two sides, out of distribution first.

    Attributes
    ----------
    grams
        (layer, map, map_other) of the maps of both domains together, with the coordinate ``simulation``.
    maps
        Which of them are of which domain and simulation.
    inputs
        (n_maps, n_channels, y, x) float32 of each side, as the network takes them.
    outputs
        Of each side: ``mean`` (map, parameter) and maybe ``std``; of a classifier ``probability`` (map, class).
    trials
        Outputs of other trials, of each side; may be empty.
    symmetries
        Of each side: ``scatter`` (map, parameter) and maybe ``sigma``; of a classifier ``scatter`` (map, class).
    n_components, n_folds, seed
        Principal components of a layer, parts of a cross-validation, what draws them.
    """

    grams: "xr.DataArray"
    maps: PooledMaps
    inputs: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
    outputs: "tuple[xr.Dataset, xr.Dataset]"
    trials: "tuple[Sequence[xr.Dataset], Sequence[xr.Dataset]]"
    symmetries: "tuple[xr.Dataset, xr.Dataset] | None"
    n_components: int
    n_folds: int
    seed: int
    _known: dict[Any, Any] = field(default_factory=dict, repr=False)

    def once(self, function: "Callable[[Pair], T]") -> T:
        """Return what a function makes of the pair, which it does the first time alone: several scores share it."""
        if function not in self._known:
            self._known[function] = function(self)
        found: T = self._known[function]
        return found

    def blocks(self) -> "tuple[xr.DataArray, xr.DataArray]":
        """Return the Gram matrices of the maps of each side, (layer, map, map_other)."""
        outside, inside = (np.flatnonzero(side) for side in (self.maps.outside, ~self.maps.outside))
        return self.grams.isel(map=outside, map_other=outside), self.grams.isel(map=inside, map_other=inside)

    def has(self) -> frozenset[Need]:
        """Return which of what not every pair has is there."""
        trials = [*self.outputs, *self.trials[0], *self.trials[1]]
        of_classes = "probability" in self.outputs[0]
        has_trials, has_symmetries = len(self.trials[0]) > 0, self.symmetries is not None
        there: dict[Need, bool] = {
            "std": "std" in self.outputs[0],
            "trials": has_trials and not of_classes,
            "trials_std": all("std" in one for one in trials),
            "symmetries": has_symmetries and not of_classes,
            "symmetries_std": all("sigma" in side for side in self.symmetries or ()),
            "probability": of_classes,
            "probability_trials": has_trials and of_classes,
            "probability_symmetries": has_symmetries and of_classes,
        }
        return frozenset(need for need, is_there in there.items() if is_there)


def pair_of_layers(grams: "xr.DataArray", maps: PooledMaps, *, n_components: int, n_folds: int, seed: int) -> Pair:
    """Return a pair of which layers alone are known: neither raw inputs nor outputs."""
    import xarray as xr  # what only reads the names of scores need not load it

    nothing = np.empty((0, 0, 0), dtype=np.float32)
    outputs = xr.Dataset()
    return Pair(grams, maps, (nothing, nothing), (outputs, outputs), ([], []), None, n_components, n_folds, seed)


@dataclass(frozen=True)
class ShiftScore:
    """A number of a pair that needs no labels.

    Attributes
    ----------
    name
        Its column.
    label
        In a figure.
    family
        What it looks at.
    function
        Of a `Pair`: a number; of one of the outputs (parameters,), NaN where it has no value.
    needs
        Without which it is left out.
    units
        Its unit.
    is_of_parameters
        Whether it has a value a parameter.
    is_control
        Whether partial correlations are beyond it.
    """

    name: str
    label: str
    family: Family
    function: Callable[[Pair], Any]
    needs: frozenset[Need] = frozenset()
    units: str = "1"
    is_of_parameters: bool = False
    is_control: bool = False

    @property
    def words(self) -> str:
        """Its label without the markup of a figure."""
        return _plain(self.label)


@dataclass(frozen=True)
class LayerScore:
    """How far the domains are from each other in each layer; it makes three shift scores.

    Attributes
    ----------
    name, label, units
        As of a `ShiftScore`.
    function
        Of Gram matrices of the maps of both domains and the `Pair`: (layers,).
    """

    name: str
    label: str
    function: Callable[[Grams, Pair], Values]
    units: str = "1"

    @property
    def words(self) -> str:
        """Its label without the markup of a figure."""
        return _plain(self.label)

    def of_layers(self, pair: Pair) -> Values:
        """Return its values of all layers, (layers,)."""
        return self.function(pair.grams, pair)

    def of_pixels(self, pair: Pair) -> float:
        """Return its value where a map itself is the representation."""
        return float(self.function(pair.once(pixel_gram), pair)[0])

    def mean(self, pair: Pair) -> float:
        """Return the mean over all layers."""
        return float(pair.once(self.of_layers).mean())

    def last(self, pair: Pair) -> float:
        """Return the value of the last layer."""
        return float(pair.once(self.of_layers)[-1])

    def shift_scores(self) -> tuple[ShiftScore, ...]:
        """Return the mean over all layers, the last layer, and the same of the pixels."""
        name, label, units = self.name, self.label, self.units
        return (
            ShiftScore(f"{name}_mean", f"{label}, mean", "distances", self.mean, units=units),
            ShiftScore(f"{name}_last", f"{label}, last layer", "distances", self.last, units=units),
            ShiftScore(f"pixel_{name}", f"pixels: {label}", "input", self.of_pixels, units=units),
        )


def _plain(label: str) -> str:
    """Return a label as text."""
    return label.replace(r"$\sigma$", "sigma")


def pixel_gram(pair: Pair) -> "xr.DataArray":
    """Return the Gram matrix of the raw input of both domains, as the only layer (layer, map, map_other)."""
    import xarray as xr  # what only reads the names of scores need not load it

    outside = pair.maps.outside
    together = np.empty((len(outside), *pair.inputs[0].shape[1:]), dtype=np.float32)
    together[outside], together[~outside] = pair.inputs
    dimensions = ("layer", "map", "map_other")
    return xr.DataArray(linear_gram(together)[None], dims=dimensions, coords={"layer": ["pixels"]})

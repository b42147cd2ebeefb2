"""What a measure of similarity is: its name, what it is called, its unit, what it does not see, its function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Influence = Callable[[Any], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]
"""Takes Gram matrices (layers, n_maps, n_maps), and returns a measure of every pair of layers (layers, layers) and its
derivative by the weight of each map (n_maps, layers, layers), where all weights are 1."""

Weighted = Callable[..., npt.NDArray[np.float64]]
"""Takes Gram matrices (layers, n_maps, n_maps), weights of the maps (resamples, n_maps), whole and not negative, and
``resources``; returns a measure of every pair of layers (resamples, layers, layers), maps drawn so often."""

Invariance = Literal["rotation", "unit_order", "shift", "map_order", "scale", "linear_map"]
"""What may happen to one representation, or to the order of the maps of both, without changing a measure.

``rotation``: any orthogonal map of the units, reflections among them. ``unit_order``: a permutation of the units.
``shift``: one vector added to every map. ``scale``: multiplication by one number. ``linear_map``: an invertible matrix.
``map_order``: the same permutation of the maps of both (for neighbours, but where distances tie).
"""

EUCLIDEAN: Final[frozenset[Invariance]] = frozenset({"rotation", "unit_order", "shift", "map_order"})
"""Invariances of whatever depends on the distances between maps alone."""

SCALE_FREE: Final[frozenset[Invariance]] = EUCLIDEAN | {"scale"}
"""Those of what is normalised as well."""


@dataclass(frozen=True)
class Option:
    """A number that a measure depends on: an argument of its function, a key of the section cka.

    Attributes
    ----------
    name
        Of the argument.
    default
        Used where nothing is said; its type is the option's.
    description
        For the command line and the configuration.
    minimum, maximum
        Smallest and largest value, both allowed unless `above_minimum`.
    """

    name: str
    default: float
    description: str
    minimum: float
    maximum: float = np.inf
    above_minimum: bool = False


@dataclass(frozen=True)
class Measure:
    """A measure of similarity of two layers.

    Attributes
    ----------
    name
        In files, tables and the configuration.
    long_name
        Of the variable in a file.
    label
        In a figure, over two short lines.
    invariances
        What it does not see; everything else changes it.
    function
        Of Gram matrices (layers, n_maps, n_maps) and (layers_other, n_maps, n_maps) or None, and of `option` by name:
        returns (layers, layers_other). None where it is no function of whole Gram matrices.
    units
        Its unit.
    is_distance
        Whether it is 0 where two layers are alike and grows from there; the others are 1 there.
    option
        The number that it depends on.
    kept
        Of a stack of Gram matrices, and of `option`: the number of directions that it keeps of each layer (layers,).
    is_always_there
        Whether the stage cka makes it without being asked.
    has_gradient
        Whether of tensors it is a tensor with their gradient.
    influence
        How it changes with the weight of each map, where that is known: its interval is then as cheap as the measure.
    weighted
        What it is of maps that are drawn several times each, where a map that meets itself can be left out.
    depends_on_number
        Whether its mean depends on how many maps there are: of other numbers of them it is another number.
    interval_trusted
        Whether its 95 % interval held the truth where that was known, and was not far wider than that takes:
        docs/statistics.md has how often, and how wide.
    """

    name: str
    long_name: str
    label: str
    invariances: frozenset[Invariance]
    function: Callable[..., npt.NDArray[np.float64]] | None
    units: str = "1"
    is_distance: bool = False
    option: Option | None = None
    kept: Callable[..., npt.NDArray[np.int64]] | None = None
    is_always_there: bool = False
    has_gradient: bool = False
    influence: Influence | None = None
    weighted: Weighted | None = None
    depends_on_number: bool = False
    interval_trusted: bool = True

    def chosen(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return those of the options of all measures that this one depends on."""
        return {name: value for name, value in options.items() if self.option and name == self.option.name}

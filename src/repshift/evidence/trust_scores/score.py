"""What a trust score is: a number of each map, without labels, that is larger where the network is trusted less."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

TrustNeed = Literal["layers", "std", "probability", "symmetries", "trials", "dropout"]
"""What not every network or case has: layers, predicted standard deviations, probabilities of classes, outputs under
symmetries, outputs of other trials, outputs with dropout drawn."""


@dataclass(frozen=True)
class TrustMaps:
    """What is known of some maps of a domain.

    Attributes
    ----------
    simulations
        (n_maps,): number of the simulation of each, from 0.
    pixels
        (n_maps, 2 n_channels): mean of each channel of the maps as the network reads them, then its standard deviation.
    features
        (n_maps, n_units) of each layer by its name, the mean over the positions of a channel.
    outputs
        ``mean`` and ``std`` (n_maps, n_parameters) in their units, or ``probability`` (n_maps, n_classes).
    scatters
        By what it is under (``symmetries``, ``trials``, ``dropout``): how far outputs of a map scatter, (n_maps,
        n_parameters) in their units, or of classes (n_maps, 1), the root of the squares summed over the classes.
    """

    simulations: npt.NDArray[np.int64]
    pixels: Values
    features: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    outputs: Mapping[str, Values] = field(default_factory=dict)
    scatters: Mapping[str, Values] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of maps."""
        return len(self.simulations)

    def has(self) -> frozenset[TrustNeed]:
        """Return which of what not every case has is there."""
        there = {*self.outputs, *self.scatters, *(["layers"] if self.features else [])}
        return frozenset(need for need in get_args(TrustNeed) if need in there)

    def of(self, rows: npt.NDArray[np.bool_]) -> "TrustMaps":
        """Return what is known of some of the maps, (n_maps,) bool."""
        parts = {
            name: {one: values[rows] for one, values in getattr(self, name).items()}
            for name in ("features", "outputs", "scatters")
        }
        return replace(self, simulations=self.simulations[rows], pixels=self.pixels[rows], **parts)


@dataclass(frozen=True)
class TrustReference:
    """What maps are compared with.

    Attributes
    ----------
    maps
        Of simulations of the model's own domain, none of which is judged.
    layer
        Of a score of layers; else None.
    neighbours
        How many of the maps are nearest.
    """

    maps: TrustMaps
    layer: str | None = None
    neighbours: int = 5


@dataclass(frozen=True)
class TrustScore:
    """A number of each map that needs no labels.

    Attributes
    ----------
    name
        In the configuration, in files and in tables.
    label
        In a figure.
    meaning
        What it is, for a table and a report.
    needs
        Without which it is left out.
    function
        Of `TrustMaps` and a `TrustReference`: (n_maps,), or (n_maps, n_parameters) where it is of outputs. Larger where
        the network is trusted less.
    is_of_layers
        Whether it has a value a layer.
    is_of_outputs
        Whether it has a value a parameter; of classes one.
    has_reference
        Whether it compares maps with a reference: it is then the mean over the halves that a map is judged by.
    """

    name: str
    label: str
    meaning: str
    needs: frozenset[TrustNeed]
    function: Callable[[TrustMaps, TrustReference], Values]
    is_of_layers: bool = False
    is_of_outputs: bool = False
    has_reference: bool = False

    def of_layer(self, layer: str | None) -> str:
        """Return the name of the score of a layer, or its own."""
        return self.name if layer is None else f"{self.name}_{layer}"

"""How the features of a model are shown: layers, channels, optimised maps and dreams."""

from collections.abc import Sequence
from dataclasses import dataclass

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class FeatureSettings:
    """How the features of a model are shown.

    Attributes
    ----------
    layers
        By name or pattern; none: four that are spread over depth.
    n_maps
        Maps of each domain, one of each simulation.
    channels, filters
        Channels shown of each layer, and how many of them maps are optimised for.
    seeds, steps
        Random maps that each optimisation starts from, and its steps.
    dream_layer
        Layer that the deep dream enhances; None: the last that is shown.
    dream_maps, dream_size
        Maps of each domain that dreams start from, and the root mean square of what is added, in standard deviations.
    outputs
        By name; none: the first two, or of classes all.
    seed, resamples
        What draws maps and starts, and resamples of the bootstrap by simulation.
    """

    layers: Sequence[str] = ()
    n_maps: int = 50
    channels: int = 8
    filters: int = 2
    seeds: int = 3
    steps: int = 40
    dream_layer: str | None = None
    dream_maps: int = 4
    dream_size: float = 0.2
    outputs: Sequence[str] = ()
    seed: int = 1
    resamples: int = 2000

    def __post_init__(self) -> None:
        if self.dream_maps > self.n_maps:
            raise InputError(f"Dreams start from {self.dream_maps} maps of {self.n_maps}. Expected at most as many.")
        if self.filters > self.channels:
            raise InputError(
                f"Maps are optimised for {self.filters} channels of the {self.channels} shown of a layer. Expected at "
                "most as many."
            )

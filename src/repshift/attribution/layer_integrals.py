"""How much of the change of an output between a map and its twin passes through each layer, and each channel of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from repshift.attribution.explained import Explained


@dataclass(frozen=True)
class LayerIntegrals:
    """Integrals at layers, on the straight paths from maps to their twins.

    Attributes
    ----------
    channels
        By the name of each layer, in the order of the forward pass: (n_outputs, n_maps, n_channels) the integral in the
        unit of the output. It sums to the difference of the outputs where all of the change passes through the layer.
    offsets
        Alike: the part by the mean change of each feature channel over maps and positions.
    differences
        (n_outputs, n_maps): outputs of the twin less those of the map.
    """

    channels: dict[str, Tensor]
    offsets: dict[str, Tensor]
    differences: Tensor

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of layers, in the order of the forward pass."""
        raise NotImplementedError

    @property
    def totals(self) -> Tensor:
        """The integral at each layer, (n_outputs, n_layers, n_maps)."""
        raise NotImplementedError

    @property
    def offset_totals(self) -> Tensor:
        """The part of it by the mean change of each channel, (n_outputs, n_layers, n_maps)."""
        raise NotImplementedError

    @property
    def units(self) -> Tensor:
        """Participation ratio of the channels of each layer, (n_outputs, n_layers), of means over maps."""
        raise NotImplementedError


def layer_integrals(
    explained: Explained, maps: Tensor, twins: Tensor, *, nodes: int, layers: Sequence[str] | None = None
) -> LayerIntegrals:
    """Return integrals at layers for maps and twins, both (n_maps, channels, y, x)."""
    raise NotImplementedError

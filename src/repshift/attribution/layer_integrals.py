r"""How much of the change of an output between a map and its twin passes through each layer.

On the straight path :math:`x(\alpha) = x + \alpha (x' - x)` from a map to its twin, with the features
:math:`h(\alpha)` of a layer,

.. math:: \int_0^1 \sum_u \frac{\partial F}{\partial h_u} \frac{d h_u}{d \alpha} \, d\alpha

over the units :math:`u` of the layer is :math:`F(x') - F(x)` where everything passes through the layer; of a branch it
is the part that passes there. By feature channel it says which features carry the change. The integral is that of
conductance, by Gauss-Legendre; :math:`dh/d\alpha` is taken in forward mode, in the same pass.

References
----------
Dhamdhere, Sundararajan & Yan 2018, "How important is a neuron?", arXiv 1805.12233, eq. 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from repshift.attribution.layer_calls import layer_pass
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.recording.layers import Rule
from repshift.statistics.quadrature import gauss_legendre
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class LayerIntegral:
    """The integral at one layer, by feature channel, summed over the positions of each.

    Attributes
    ----------
    contributions
        (n_outputs, n_maps, n_channels): in the unit of the output.
    gradients
        (n_outputs, n_maps, n_channels): mean gradient along the path, summed over positions.
    changes
        (n_maps, n_channels): change of the features from map to twin, mean over positions.
    """

    contributions: Tensor
    gradients: Tensor
    changes: Tensor

    @property
    def total(self) -> Tensor:
        """The integral over all units, (n_outputs, n_maps)."""
        return self.contributions.sum(dim=-1)

    @property
    def offset(self) -> Tensor:
        """The part by the mean change of each channel over maps and positions, (n_outputs, n_maps).

        It is what a layer that only shifts channels, as a batch norm of other statistics, could take away.
        """
        return (self.gradients * self.changes.mean(dim=0)).sum(dim=-1)

    @property
    def units(self) -> Tensor:
        r"""The participation ratio of channels, (n_outputs,), between 1 and their number.

        :math:`(\sum_k |c_k|)^2 / \sum_k c_k^2`, with :math:`c_k` the mean contribution over maps.
        """
        mean = self.contributions.mean(dim=1)
        return mean.abs().sum(dim=-1) ** 2 / mean.square().sum(dim=-1)


@dataclass(frozen=True)
class LayerIntegrals:
    """Integrals at the layers of a network, on the straight paths from maps to their twins.

    Attributes
    ----------
    layers
        By their names, in the order of the forward pass.
    differences
        (n_outputs, n_maps): outputs of the twin less those of the map.
    """

    layers: dict[str, LayerIntegral]
    differences: Tensor


def layer_integrals(
    explained: NetworkOutputs, maps: Tensor, twins: Tensor, *, nodes: int, layers: Sequence[Rule] | None = None
) -> LayerIntegrals:
    """Return the integral at each layer, all layers of one pass.

    Parameters
    ----------
    explained
        The network, and what of it is attributed.
    maps, twins
        (n_maps, channels, y, x), as the network reads them: where each path starts, and where it ends.
    nodes
        Points of the path, 1 or more.
    layers
        As in `repshift.attribution.layer_calls.layer_pass`.

    Returns
    -------
    LayerIntegrals
        On the host, in double precision. Where a layer returns (n_maps, channels, y, x), its channels are the first
        axis after the maps; of tokens, (n_maps, n_tokens, n_features), the last.

    Raises
    ------
    InputError
        If maps and twins disagree in shape, there is no node, or as `layer_pass` says.
    """
    if maps.shape != twins.shape:
        raise InputError(f"The maps have shape {tuple(maps.shape)}, their twins {tuple(twins.shape)}. Expected one.")
    if nodes < 1:
        raise InputError(f"'nodes' is {nodes}. Expected 1 or more.")
    size = explained.batch_size
    parts = [
        _of_maps(explained, some, other, nodes, layers)
        for some, other in zip(maps.split(size), twins.split(size), strict=True)
    ]
    return LayerIntegrals(
        {name: _joined([part.layers[name] for part in parts]) for name in parts[0].layers},
        torch.cat([part.differences for part in parts], dim=1),
    )


def _of_maps(
    explained: NetworkOutputs, maps: Tensor, twins: Tensor, nodes: int, layers: Sequence[Rule] | None
) -> LayerIntegrals:
    first, last = (layer_pass(explained, each, layers) for each in (maps, twins))
    changes = {
        name: _held(_by_channel(last.features[name] - features).mean(dim=-1))
        for name, features in first.features.items()
    }
    contributions: dict[str, Tensor] = {}
    gradients: dict[str, Tensor] = {}
    for place, weight in zip(*gauss_legendre(nodes), strict=True):
        found = layer_pass(explained, maps + place * (twins - maps), layers, direction=twins - maps)
        for name, gradient in found.gradients().items():
            slopes = torch.stack([_by_channel(one) for one in gradient])
            parts = (slopes * _by_channel(found.changes[name])).sum(dim=-1)
            contributions[name] = contributions.get(name, 0) + weight * _held(parts)
            gradients[name] = gradients.get(name, 0) + weight * _held(slopes.sum(dim=-1))
    differences = _held((last.values - first.values).detach().T)
    return LayerIntegrals(
        {name: LayerIntegral(contributions[name], gradients[name], changes[name]) for name in changes}, differences
    )


def _held(numbers: Tensor) -> Tensor:
    """Return numbers on the host, in double precision, which not every device has."""
    return numbers.cpu().double()


def _by_channel(features: Tensor) -> Tensor:
    """Return features of a layer as (n_maps, n_channels, n_positions)."""
    if features.ndim < 3:
        return features.reshape(len(features), -1, 1)
    return features.mT if features.ndim == 3 else features.flatten(2)


def _joined(parts: Sequence[LayerIntegral]) -> LayerIntegral:
    return LayerIntegral(
        torch.cat([part.contributions for part in parts], dim=1),
        torch.cat([part.gradients for part in parts], dim=1),
        torch.cat([part.changes for part in parts], dim=0),
    )

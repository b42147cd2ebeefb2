"""What the layers of a network return within one forward pass, with the gradients of outputs by it.

Layers and their names are those of `repshift.recording.layers`: calls, so that a module used twenty times is twenty.
"""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.autograd.graph import GradientEdge, get_gradient_edge

from repshift.attribution.network_outputs import NetworkOutputs
from repshift.attribution.rules import Call, ruling
from repshift.recording.calls import recording
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.passes import require_seen
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class LayerPass:
    """One forward pass.

    Attributes
    ----------
    values
        (n_maps, n_outputs), differentiable.
    features
        What each layer returned, (n_maps, ...), by its name, in the order of the forward pass; copies, without a graph.
    changes
        Where the pass had a direction, the derivative of the features along it, in their shapes; else empty.
    edges
        Where in the graph of the gradients each layer stands.
    """

    values: Tensor
    features: dict[str, Tensor]
    changes: dict[str, Tensor]
    edges: dict[str, GradientEdge]

    def gradients(self) -> dict[str, Tensor]:
        """Return the gradient of each output by the features of each layer, (n_outputs, n_maps, ...); used once."""
        n_outputs = self.values.shape[1]
        found = [
            torch.autograd.grad(
                column.sum(), list(self.edges.values()), retain_graph=place < n_outputs - 1, allow_unused=True
            )
            for place, column in enumerate(self.values.unbind(dim=1))
        ]
        return {
            name: torch.stack([torch.zeros_like(self.features[name]) if one is None else one for one in of_layer])
            for name, of_layer in zip(self.edges, zip(*found, strict=True), strict=True)
        }


def layer_pass(
    explained: NetworkOutputs, maps: Tensor, layers: Sequence[Rule] | None = None, *, direction: Tensor | None = None
) -> LayerPass:
    """Run one batch of maps through a network, and keep what its layers return.

    Parameters
    ----------
    explained
        The network, and what of it is attributed.
    maps
        (n_maps, channels, y, x), as the network reads them.
    layers
        As in `repshift.recording.layers.choose_layers`. Where none are named, those that do not depend on the maps, and
        those that return no representation, are left out.
    direction
        In the shape of the maps: the features are differentiated along it, too, in forward mode; None: they are not.

    Raises
    ------
    InputError
        If a layer is unknown, never called or does not depend on the maps, if no output depends on them by anything
        that can be differentiated, or if there is a direction and torch cannot differentiate a call in forward mode.

    Notes
    -----
    Gradients are those by what a layer returned at the moment of its call, also where it is overwritten later.
    """
    choice = choose_layers(explained.network, layers)
    fixed: list[str] = []
    features, changes, edges = dict[str, Tensor](), dict[str, Tensor](), dict[str, GradientEdge]()

    def keep(name: str, output: Tensor) -> None:
        if not output.requires_grad:
            fixed.append(name)
            return
        edges[name] = get_gradient_edge(output)
        primal = output
        if direction is not None:
            primal, change = forward_ad.unpack_dual(output)
            changes[name] = torch.zeros_like(primal) if change is None else change.detach().clone()
        features[name] = primal.detach().clone()

    leaf = maps.detach().clone().requires_grad_()
    left_out: dict[str, InputError] | None = {} if choice.is_default else None
    with torch.enable_grad(), forward_ad.dual_level() if direction is not None else nullcontext():
        given = leaf if direction is None else forward_ad.make_dual(leaf, direction)
        with recording(explained.network, choice=choice, n_maps=len(maps), consume=keep, left_out=left_out):
            values = explained.differentiable(given) if direction is None else _along(explained, given)
        values = values if direction is None else forward_ad.unpack_dual(values).primal
    require_seen({*features, *fixed}, choice, explained.network)
    if not values.requires_grad:
        raise InputError("The outputs have no gradient by the pixels. Expected a network that torch can differentiate.")
    if fixed and not choice.is_default:
        raise InputError(f"Layer '{fixed[0]}' does not depend on the maps. Choose one that does.")
    return LayerPass(values, features, changes, edges)


def _along(explained: NetworkOutputs, maps: Tensor) -> Tensor:
    """Return outputs of maps with a direction."""
    try:
        return explained.differentiable(maps)
    except NotImplementedError as error:
        where = _last_call(explained, maps)
        raise InputError(
            f"Torch cannot differentiate the network in forward mode, at {where} or right after it: {error!s:.200}"
        ) from error


def _last_call(explained: NetworkOutputs, maps: Tensor) -> str:
    """Return in words the last call that is made before a network stops."""
    made = [""]

    def note(call: Call) -> Any:  # noqa: ANN401 - whatever the function returns
        made[0] = str(call) if call.dependent else made[0]
        return call.output()

    with ruling(explained.network, note), suppress(NotImplementedError):
        explained.differentiable(maps)
    return made[0]

"""The layers before the outputs, and the last of them."""

import torch
from torch import Tensor, nn

from repshift.recording.batches import Forward, maps_alone
from repshift.recording.calls import recording
from repshift.recording.layers import choose_layers
from repshift.recording.maps import placed
from repshift.vocabulary import InputError


def last_layer(network: nn.Module, maps: Tensor, *, forward: Forward | None = None) -> str:
    """Return the name of the last of the layers before the outputs; arguments and errors as there."""
    return layers_before_outputs(network, maps, forward=forward)[-1]


def layers_before_outputs(network: nn.Module, maps: Tensor, *, forward: Forward | None = None) -> list[str]:
    """Return the names of the layers whose output is not that of the network, in the order of their calls.

    Parameters
    ----------
    network
        In evaluation mode.
    maps
        (n_maps, channels, y, x); the first two are shown to it.
    forward
        Runs a batch of maps through the network; None calls it with them.

    Raises
    ------
    InputError
        If there is none.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str, output: Tensor) -> None:
        outputs[name] = output.flatten(1).clone()

    few = placed(network, maps[:2]).clone()
    choice = choose_layers(network, None)
    with torch.no_grad(), recording(network, choice=choice, n_maps=len(few), consume=keep, left_out={}):
        found = (forward or maps_alone)(network, few)
    before = [name for name, output in outputs.items() if not _same(output, found)]
    if not before:
        raise InputError("The network has no layer before its outputs. Name the layer.")
    return before


def _same(output: Tensor, found: object) -> bool:
    return isinstance(found, Tensor) and torch.equal(output, found.flatten(1))

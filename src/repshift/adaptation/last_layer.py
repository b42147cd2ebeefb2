"""The last layer before the outputs."""

import torch
from torch import Tensor, nn

from repshift.recording.batches import Forward, maps_alone
from repshift.recording.calls import recording
from repshift.recording.layers import choose_layers
from repshift.vocabulary import InputError


def last_layer(network: nn.Module, maps: Tensor, *, forward: Forward | None = None) -> str:
    """Return the name of the layer called last of all whose output is not that of the network.

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

    few = maps[:2].to(next(network.parameters()).device)
    choice = choose_layers(network, None)
    with torch.no_grad(), recording(network, choice=choice, n_maps=len(few), consume=keep, left_out={}):
        found = (forward or maps_alone)(network, few)
    before = [name for name, output in outputs.items() if not _same(output, found)]
    if not before:
        raise InputError("The network has no layer before its outputs. Name the layer.")
    return before[-1]


def _same(output: Tensor, found: object) -> bool:
    return isinstance(found, Tensor) and torch.equal(output, found.flatten(1))

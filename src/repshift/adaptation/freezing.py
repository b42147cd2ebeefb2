"""Which parameters stay as they are when training begins at a layer."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from repshift.recording.batches import Forward, maps_alone
from repshift.recording.calls import recording
from repshift.recording.layers import choose_layers
from repshift.vocabulary import InputError


def frozen_below(network: nn.Module, layer: str, maps: Tensor, *, forward: Forward | None = None) -> frozenset[str]:
    """Return the names of the parameters that the outputs of all layers before one depend on.

    What lies between the layer before and `layer`, such as the convolution and the batch norm that feed an activation,
    belongs to `layer`. So the representations of all layers before it stay as they are. For the first layer nothing is
    frozen.

    Parameters
    ----------
    network
        In evaluation mode, not changed.
    layer
        Name of one of its layers, as `repshift.recording.layers.choose_layers` names them where nothing is said.
    maps
        (n_maps, channels, y, x), one or more, on the network's device.
    forward
        Runs a batch of maps through the network; None calls it with them.

    Raises
    ------
    InputError
        If there is no such layer.
    """
    sums = _sums_of_outputs(network, maps, forward)
    if layer not in sums:
        raise InputError(f"There is no layer '{layer}' to freeze below. There are {', '.join(sums)}.")
    before = [value for value in list(sums.values())[: list(sums).index(layer)] if value.requires_grad]
    if not before:
        return frozenset()
    named = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    gradients = torch.autograd.grad(torch.stack(before).sum(), list(named.values()), allow_unused=True)
    return frozenset(name for name, gradient in zip(named, gradients, strict=True) if gradient is not None)


@contextmanager
def frozen(network: nn.Module, names: frozenset[str]) -> Iterator[list[nn.Parameter]]:
    """Freeze parameters by name and yield those left to train, which are what was not frozen before either.

    Raises
    ------
    InputError
        If none is left.
    """
    before = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    trained = [parameter for name, parameter in before.items() if name not in names]
    if not trained:
        raise InputError("All parameters of the network are frozen. Expected some that can be trained.")
    try:
        for name in names:
            before[name].requires_grad_(False)
        yield trained
    finally:
        for parameter in before.values():
            parameter.requires_grad_(True)


def _sums_of_outputs(network: nn.Module, maps: Tensor, forward: Forward | None) -> dict[str, Tensor]:
    """Return the sum of the output of each layer for some maps, in the order of the calls."""
    sums: dict[str, Tensor] = {}

    def keep(name: str, output: Tensor) -> None:
        sums[name] = output.sum()

    choice = choose_layers(network, None)
    with torch.enable_grad(), recording(network, choice=choice, n_maps=len(maps), consume=keep, left_out={}):
        (forward or maps_alone)(network, maps)
    return sums

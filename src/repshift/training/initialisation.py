"""Networks before training: seeded weights, batch statistics set on given maps."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def set_batch_statistics(
    network: nn.Module,
    maps: Tensor,
    *,
    batch_size: int,
    forward: Callable[[nn.Module, Tensor], object] | None = None,
) -> None:
    """Set the running mean and variance of every batch norm to the average over batches of `maps`.

    Without it the batch norms of an untrained network do nothing, and its deep layers see inputs of no trained scale.

    Parameters
    ----------
    network
        Changed in place, left in evaluation mode.
    maps
        (n_maps, channels, size, size), standardised.
    batch_size
        Maps of one forward pass.
    forward
        Runs a batch of maps through the network; None calls it with them.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    with torch.no_grad():
        for batch in maps.split(batch_size):
            network(batch) if forward is None else forward(network, batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()

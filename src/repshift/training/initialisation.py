"""Networks before training: seeded weights, batch statistics set on given maps."""

import torch
from torch import Tensor, nn


def set_batch_statistics(network: nn.Module, maps: Tensor, *, batch_size: int) -> None:
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
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    with torch.no_grad():
        for batch in maps.split(batch_size):
            network(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()

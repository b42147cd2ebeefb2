"""What tells networks apart whose passes over the same maps are kept."""

from hashlib import blake2b

import torch
from torch import nn

from repshift.networks.insertion_places import insertions_of


def digest_of(network: nn.Module) -> bytes:
    """Return a digest of the tensors of a network, their names and its insertions; copies have the same."""
    digest = blake2b(digest_size=16)
    for name, tensor in network.state_dict(keep_vars=True).items():
        if isinstance(tensor, torch.Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    digest.update(repr([one.record for one in insertions_of(network).held]).encode())
    return digest.digest()

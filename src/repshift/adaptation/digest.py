"""What tells networks apart whose passes over the same maps are kept."""

from hashlib import blake2b
from typing import Final

import torch
from torch import nn

from repshift.networks.insertion_places import insertions_of

_PLAIN: Final = (bool, int, float, complex, str, bytes, tuple, type(None))
"""Attributes of a module that what it computes may follow, beside its tensors and modules."""


def digest_of(network: nn.Module) -> bytes:
    """Return a digest of the modules of a network, its tensors and its insertions; copies have the same."""
    digest = blake2b(digest_size=16)
    for path, module in network.named_modules():
        plain = {name: repr(value) for name, value in vars(module).items() if isinstance(value, _PLAIN)}
        digest.update(f"{path} {type(module).__module__}.{type(module).__qualname__} {plain}".encode())
    for name, tensor in network.state_dict(keep_vars=True).items():
        if isinstance(tensor, torch.Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    digest.update(repr([one.record for one in insertions_of(network).held]).encode())
    return digest.digest()

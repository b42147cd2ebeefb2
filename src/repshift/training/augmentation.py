"""Exact symmetries of a map that leave its parameters as they are."""

import numpy as np
import torch
from torch import Tensor

SYMMETRIES = 8
"""Four rotations by 90 degrees, each with and without a flip."""


def augment(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """Turn and flip every map (n_maps, channels, size, size) by a symmetry of its own, drawn by `rng`."""
    drawn = rng.integers(SYMMETRIES, size=len(maps))
    turned = torch.empty_like(maps)
    for symmetry in np.unique(drawn):
        chosen = torch.from_numpy(np.flatnonzero(drawn == symmetry)).to(maps.device)
        turned[chosen] = transform(maps[chosen], int(symmetry))
    return turned


def transform(maps: Tensor, symmetry: int) -> Tensor:
    """Apply one of the eight symmetries, 0 to 7; 0 leaves the maps as they are."""
    rotated = torch.rot90(maps, symmetry % 4, dims=(-2, -1))
    return rotated.flip(-1) if symmetry >= 4 else rotated

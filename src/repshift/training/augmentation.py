"""Maps seen under their exact symmetries in training."""

import numpy as np
import torch
from torch import Tensor

from repshift.networks.symmetries import SYMMETRIES, transform


def augment(maps: Tensor, rng: np.random.Generator) -> Tensor:
    """Turn and flip every map (n_maps, channels, size, size) by a symmetry of its own, drawn by `rng`."""
    drawn = rng.integers(SYMMETRIES, size=len(maps))
    turned = torch.empty_like(maps)
    for symmetry in np.unique(drawn):
        chosen = torch.from_numpy(np.flatnonzero(drawn == symmetry)).to(maps.device)
        turned[chosen] = transform(maps[chosen], int(symmetry))
    return turned

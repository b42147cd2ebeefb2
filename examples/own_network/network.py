"""A small residual network that has nothing of CMD's: its activations are functions, and maps of any size will do."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Two convolutions around which the features also pass unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, padding_mode="circular")
        self.second = nn.Conv2d(width, width, 3, padding=1, padding_mode="circular")

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape, (n_maps, width, size, size)."""
        return functional.gelu(features + self.second(functional.gelu(self.first(features))))


class ResidualNetwork(nn.Module):
    """Infer mean and standard deviation of two labels from one map."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1, padding_mode="circular")
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.head = nn.Linear(2 * width, 4)

    def forward(self, maps: Tensor) -> Tensor:
        """Return (n_maps, 4): two means, then two standard deviations."""
        features = functional.gelu(self.stem(maps))
        for block in self.blocks:
            features = block(features)
        pooled = torch.cat((features.mean(dim=(2, 3)), features.amax(dim=(2, 3))), dim=1)
        mean, spread = self.head(pooled).chunk(2, dim=1)
        return torch.cat((mean, functional.softplus(spread) + 1e-3), dim=1)


def residual(width: int, blocks: int) -> nn.Module:
    """Return the network of the configuration: any function or class that returns a module will do."""
    return ResidualNetwork(width, blocks)

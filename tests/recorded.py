"""Networks to record, and a recorder that keeps everything."""

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own custom
from torch import nn

from repshift.recording.representations import record_representations


def recorded(network, maps, **options):
    """Return what each layer returned, by name, as (n_maps, n_units)."""
    return record_representations(network, maps, **{"batch_size": len(maps)} | options)


class Lambda(nn.Module):
    """A network whose forward pass is a function of itself and its input, with some modules."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, maps):
        return self.function(self, maps)


class Block(nn.Module):
    """A residual block: an in-place ReLU used twice, once more as a function."""

    def __init__(self, width):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, features):
        inner = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(features)))))
        return F.relu(self.relu(inner).add_(features), inplace=True)


class Residual(nn.Module):
    """A small residual network."""

    def __init__(self, width=4):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.head = nn.Linear(width, 2)

    def forward(self, maps):
        features = self.blocks(F.leaky_relu(self.stem(maps), 0.1))
        return self.head(features.mean((2, 3)))


class Transformer(nn.Module):
    """A small vision transformer on patches of 4 pixels."""

    def __init__(self, width=8, depth=2, batch_first=True):
        super().__init__()
        self.patches = nn.Conv2d(1, width, 4, stride=4)
        self.position = nn.Parameter(torch.randn(1, 4, width))
        layer = nn.TransformerEncoderLayer(width, 2, 16, activation="gelu", batch_first=batch_first)
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.batch_first = batch_first
        self.head = nn.Linear(width, 3)

    def forward(self, maps):
        tokens = self.patches(maps).flatten(2).transpose(1, 2) + self.position
        if not self.batch_first:
            return self.head(self.encoder(tokens.transpose(0, 1)).mean(0))
        return self.head(self.encoder(tokens).mean(1))


def settled(network, maps):
    """Give batch norms statistics and scales of their own, as training does."""
    with torch.no_grad():
        network.train()(torch.as_tensor(maps))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 2)
                module.bias.normal_()
    return network.eval()

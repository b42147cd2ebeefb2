"""A small network that finds lenses: it takes cut-outs in three bands and returns the logits of galaxy and lens.

A chain of convolutions and fully connected layers, as the finder of Jacobs et al. 2017 (MNRAS 471, 167, arXiv
1704.02744), but narrower: 85,000 parameters. Its nine non-linear layers are the ReLUs, in the order of the chain.
"""

from torch import Tensor, nn

CLASSES = ("galaxy", "lens")
"""What the outputs stand for, in their order."""


class Finder(nn.Module):
    """Classify cut-outs (n, n_bands, y, x) of any size of 32 pixels or more."""

    def __init__(self, n_bands: int = 3, width: int = 16) -> None:
        super().__init__()
        self.stem = convolution(n_bands, width, size=5, stride=2)
        self.stages = nn.Sequential(
            stage(width, width),
            stage(width, 2 * width),
            stage(2 * width, 3 * width),
        )
        self.last = convolution(3 * width, 4 * width)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(4 * width, 32), nn.ReLU(), nn.Linear(32, len(CLASSES)))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (n, 2), of galaxy and of lens."""
        logits: Tensor = self.head(self.pool(self.last(self.stages(self.stem(images)))))
        return logits


def convolution(n_in: int, n_out: int, *, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size up to its stride, batch normalisation and a ReLU."""
    layer = nn.Conv2d(n_in, n_out, size, stride=stride, padding=size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(n_out), nn.ReLU())


def stage(n_in: int, n_out: int) -> nn.Sequential:
    """Return two convolutions and a pooling that halves the sides."""
    return nn.Sequential(convolution(n_in, n_out), convolution(n_out, n_out), nn.MaxPool2d(2))


def finder(n_bands: int = 3, width: int = 16) -> nn.Module:
    """Return the network of the configuration."""
    return Finder(n_bands, width)

"""A small convolutional network that measures a galaxy: three labels, each with its standard deviation."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_DEVIATION = 1e-2
"""Smallest standard deviation of an output, in the spread of its label."""


def convolution(width_in: int, width_out: int, *, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Return a convolution, batch normalisation and the activation that CKA reads."""
    return nn.Sequential(
        nn.Conv2d(width_in, width_out, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(width_out),
        nn.LeakyReLU(0.1),
    )


class GalaxyNetwork(nn.Module):
    """Infer labels and their standard deviations from images of several bands, in the units of the labels.

    Parameters
    ----------
    bands
        Number of bands of an image.
    labels
        Number of labels.
    widths
        Channels of the stages; each halves the image. The first is one convolution of 5 x 5 pixels, each other one of
        two of 3 x 3.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, *, bands: int = 3, labels: int = 3, widths: Sequence[int] = (16, 24, 40, 64, 96)) -> None:
        super().__init__()
        stages = [convolution(bands, widths[0], kernel=5, stride=2)]
        for before, width in pairwise(widths):
            stages.append(nn.Sequential(convolution(before, width, stride=2), convolution(width, width)))
        self.stages = nn.Sequential(*stages)
        self.hidden = nn.Sequential(nn.Linear(widths[-1], 64), nn.LeakyReLU(0.1))
        self.head = nn.Linear(64, 2 * labels)
        self.register_buffer("centre", torch.zeros(labels))
        self.register_buffer("scale", torch.ones(labels))

    def forward(self, images: Tensor) -> Tensor:
        """Return (n, 2 * labels): the means, then the standard deviations, of images (n, bands, y, x)."""
        features = self.hidden(self.stages(images).mean(dim=(2, 3)))
        mean, deviation = self.head(features).chunk(2, dim=1)
        deviation = functional.softplus(deviation) + LEAST_DEVIATION
        return torch.cat((self.centre + self.scale * mean, self.scale * deviation), dim=1)


def galaxy_network(*, bands: int = 3, labels: int = 3) -> nn.Module:
    """Return the network of the configuration."""
    return GalaxyNetwork(bands=bands, labels=labels)

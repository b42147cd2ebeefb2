"""Gradients through rewritten convolutions are those of the convolutions, batch norms and activations themselves."""

import pytest
import torch
from torch import nn

from recorded import settled
from repshift.networks.cmd import CMDNetwork
from repshift.recording.convolutions import FusedConvolution, Workspace
from repshift.recording.differentiation import gradient_of
from repshift.recording.fast import accelerate

SHAPES = {
    "one pixel, zeros": {"kernel_size": 3, "padding": 1},
    "one pixel, circular": {"kernel_size": 3, "padding": 1, "padding_mode": "circular"},
    "circular by two": {"kernel_size": 5, "padding": 2, "padding_mode": "circular"},
    "circular, smaller": {"kernel_size": 5, "padding": 1, "padding_mode": "circular"},
    "circular in rows": {"kernel_size": (3, 1), "padding": (1, 0), "padding_mode": "circular"},
    "circular and stride": {"kernel_size": 3, "padding": 1, "padding_mode": "circular", "stride": 2},
    "halving": {"kernel_size": 2, "stride": 2},
    "stride that leaves pixels": {"kernel_size": 3, "stride": (2, 3)},
    "dilation": {"kernel_size": 3, "dilation": 2, "padding": 2},
    "dilation, circular": {"kernel_size": 3, "dilation": 2, "padding": 2, "padding_mode": "circular"},
    "no padding": {"kernel_size": 4},
    "groups": {"kernel_size": 3, "padding": 1, "groups": 2},
    "groups and stride": {"kernel_size": 3, "stride": 2, "groups": 2},
    "no bias": {"kernel_size": 3, "padding": 1, "bias": False},
}


class Residual(nn.Module):
    """A residual network, which adds in place to what a batch norm returns, as torchvision's do."""

    def __init__(self, width=4):
        super().__init__()
        self.stem, self.inner = nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.norm, self.relu, self.head = nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.Linear(width, 2)

    def forward(self, maps):
        features = self.relu(self.stem(maps))
        features = self.relu(self.norm(self.inner(features)).add_(features))
        return self.head(features.mean((2, 3)))


def random(rng, *shape):
    return torch.from_numpy(rng.normal(size=shape)).float()


def through(call, features, direction):
    leaf = features.clone().requires_grad_(True)
    return gradient_of((call(leaf) * direction).flatten(1).sum(1), leaf)


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_fused_convolution_has_torch_s_gradient(shape, slope, rng):
    torch.manual_seed(0)
    convolution, norm = nn.Conv2d(4, 6, **shape), nn.BatchNorm2d(6)
    settled(nn.Sequential(convolution, norm), random(rng, 16, 4, 12, 10).numpy())
    plain = nn.Sequential(convolution, norm, nn.LeakyReLU(slope)).eval()
    fused = FusedConvolution(convolution, norm, slope=slope, workspace=Workspace(), kept=False)
    features = random(rng, 3, 4, 12, 10)
    direction = random(rng, *plain(features).shape)
    torch.testing.assert_close(through(fused, features, direction), through(plain, features, direction))


@pytest.mark.parametrize("build", [lambda: CMDNetwork(2, size=32), Residual], ids=["cmd", "residual"])
def test_a_rewritten_network_has_the_gradient_of_its_own(build, rng):
    torch.manual_seed(0)
    maps = random(rng, 6, 1, 32, 32)
    network = settled(build(), maps.numpy())
    fast = accelerate(network, maps).network
    expected = through(network, maps, 1)
    found = through(fast.differentiable, maps, 1)
    assert (found - expected).norm() < 1e-4 * expected.norm()


def test_weights_of_the_way_back_are_kept_where_weights_are(rng):
    layer = nn.Conv2d(2, 2, 3, padding=1)
    kept, made = (FusedConvolution(layer, None, slope=1, workspace=Workspace(), kept=True) for _ in range(2))
    assert kept.weights_back is kept.weights_back
    made.kept, made.original, made.norm = False, layer, None
    assert made.weights_back is not made.weights_back
    torch.testing.assert_close(made.weights_back, kept.weights_back)


def test_a_rewritten_network_asks_for_no_gradient_otherwise(rng):
    network = settled(Residual(), random(rng, 4, 1, 16, 16).numpy())
    maps = random(rng, 2, 1, 16, 16).requires_grad_(True)
    assert not accelerate(network, maps.detach()).network(maps).requires_grad

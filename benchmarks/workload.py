"""What all routes are given: networks of CMD's kind with settled batch norms, and maps."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from repshift.networks.cmd import CMDNetwork

N_MAPS = 48
SIZE = 256
_SPECTRAL_SLOPE = -1.0


class Offset(nn.Module):
    """Add a number to what passes: the activations of a network that works far from zero."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = offset

    def forward(self, features: Tensor) -> Tensor:
        """Return features plus the offset."""
        return features + self.offset


class TappedNetwork(CMDNetwork):
    """The same network, each layer shown to a separate module, a tap, whose output goes nowhere.

    The libraries hook modules and keep one output of each, so of the one LeakyReLU that CMD's network calls twenty
    times they would keep the last call alone. A tap costs nothing (``nn.Identity``), or adds an offset: the
    activations recorded are then offset and the network's own arithmetic is untouched, so that errors are those of the
    comparison of layers alone.
    """

    def __init__(self, hidden: int, *, size: int = SIZE, offset: float = 0.0) -> None:
        super().__init__(hidden, size=size)
        self.names = (*self.convolutions, "FC1")
        self.taps = nn.ModuleDict({name: Offset(offset) if offset else nn.Identity() for name in self.names})

    @property
    def layers(self) -> dict[str, str]:
        """The layers by name, to the calls of their taps."""
        return {name: f"taps.{name}:0" for name in self.names}

    def forward(self, maps: Tensor) -> Tensor:
        """Return the output of `CMDNetwork`, every layer shown to its tap."""
        features = maps
        for name in self.convolutions:
            features = self.get_submodule(name)(features)
            if name != "C01":
                features = self.get_submodule(name.replace("C", "B"))(features)
            features = self.LeakyReLU(features)
            self.taps[name](features)
        features = self.LeakyReLU(self.FC1(features.flatten(1)))
        self.taps["FC1"](features)
        mean, root = self.FC2(features).chunk(2, dim=1)
        return torch.cat((mean, root.square()), dim=1)


@dataclass(frozen=True)
class Workload:
    """Networks, and the maps they are shown.

    Attributes
    ----------
    networks
        CMD's networks, in evaluation mode; where there is an offset, the tapped ones, which add it.
    tapped
        The same networks with taps, for the libraries.
    maps
        (n_maps, 1, size, size) float32, standardised.
    batch_size
        Maps of one forward pass; it divides the number of maps.
    """

    networks: tuple[CMDNetwork, ...]
    tapped: tuple[TappedNetwork, ...]
    maps: Tensor
    batch_size: int


def make_workload(
    hidden: int, *, batch_size: int, n_networks: int = 1, offset: float = 0.0, n_maps: int = N_MAPS, size: int = SIZE
) -> Workload:
    """Make seeded networks of width `hidden`, settle their batch norms on the maps, and make the maps."""
    maps = make_maps(n_maps, size)
    networks: list[CMDNetwork] = []
    tapped: list[TappedNetwork] = []
    for seed in range(n_networks):
        torch.manual_seed(seed)
        network = CMDNetwork(hidden, size=size)
        settle(network, maps)
        twin = TappedNetwork(hidden, size=size, offset=offset).eval()
        twin.load_state_dict(network.state_dict())
        networks.append(network)
        tapped.append(twin)
    return Workload(tuple(tapped if offset else networks), tuple(tapped), maps, batch_size)


def make_maps(n_maps: int, size: int = SIZE) -> Tensor:
    """Return random fields with power on all scales, each with another amplitude: (n_maps, 1, size, size)."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    filtered = np.fft.rfft2(rng.standard_normal((n_maps, size, size)))
    filtered *= np.maximum(frequency, 1 / size) ** _SPECTRAL_SLOPE
    fields = np.fft.irfft2(filtered, s=(size, size)) * rng.uniform(0.5, 2.0, (n_maps, 1, 1))
    fields = (fields - fields.mean()) / fields.std()
    return torch.from_numpy(fields[:, None].astype(np.float32))


def settle(network: CMDNetwork, maps: Tensor) -> None:
    """Give the batch norms the statistics of the maps, and scales and shifts that are not all alike."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.uniform_(-0.5, 0.5)
            norm.momentum = 1.0
        network.train()
        network(maps[:16])
        for norm in norms:
            norm.momentum = 0.1
        network.eval()

"""A network in evaluation mode and what it returns for changed maps, with gradients by their pixels."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from repshift.recording.differentiation import require_finite, rows_of
from repshift.recording.passes import evaluating


@dataclass(frozen=True)
class NetworkOnMaps:
    """A network on maps, in evaluation mode.

    Attributes
    ----------
    network
        As it is; no weight gets a gradient.
    maps
        (n_maps, channels, y, x), as the network reads them, on its device and in its type.
    batch_size
        Maps of one forward pass.
    """

    network: nn.Module
    maps: Tensor
    batch_size: int

    def answers(self, change: Tensor | None = None, which: Tensor | None = None) -> Tensor:
        """Return what the network returns, (n_maps, n_answers), for the maps at places `which`, changed by `change`."""
        places = self.places if which is None else which
        found = []
        with torch.no_grad():
            for part in places.new_tensor(range(len(places))).split(self.batch_size):
                maps = self.maps[places[part]]
                found.append(rows_of(self.network(maps.clone() if change is None else maps + change[part])))
        return torch.cat(found)

    def differentiated(self, change: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
        """Return answers to changed maps, of one batch, and the leaf (n_maps, channels, y, x) that they depend on."""
        leaf = change.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            return rows_of(self.network(self.maps[which] + leaf)), leaf

    def part(self, which: Tensor) -> "NetworkOnMaps":
        """Return the network on the maps at places `which` alone."""
        return NetworkOnMaps(self.network, self.maps[which], self.batch_size)

    @property
    def places(self) -> Tensor:
        """The places of all maps, (n_maps,)."""
        return torch.arange(len(self.maps), device=self.maps.device)


@contextmanager
def on_maps(network: nn.Module, maps: Tensor, *, batch_size: int) -> Iterator[NetworkOnMaps]:
    """Yield a network in evaluation mode with some maps; the mode of each module is restored.

    Raises
    ------
    InputError
        If an answer is not finite.
    """
    with evaluating(network, None):
        found = NetworkOnMaps(network, maps, batch_size)
        require_finite(found.answers())
        yield found

"""A network in evaluation mode and what it answers to changed maps, with gradients by their pixels."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from repshift.recording.passes import evaluating
from repshift.vocabulary import InputError


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
        """Return what the network answers, (n_maps, n_answers), to the maps at places `which`, changed by `change`."""
        places = self.places if which is None else which
        found = []
        with torch.no_grad():
            for part in places.new_tensor(range(len(places))).split(self.batch_size):
                maps = self.maps[places[part]]
                found.append(_rows(self.network(maps.clone() if change is None else maps + change[part])))
        return torch.cat(found)

    def differentiated(self, change: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
        """Return answers to changed maps, of one batch, and the leaf (n_maps, channels, y, x) that they depend on."""
        leaf = change.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            return _rows(self.network(self.maps[which] + leaf)), leaf

    def part(self, which: Tensor) -> "NetworkOnMaps":
        """Return the network on the maps at places `which` alone."""
        return NetworkOnMaps(self.network, self.maps[which], self.batch_size)

    @property
    def places(self) -> Tensor:
        """The places of all maps, (n_maps,)."""
        return torch.arange(len(self.maps), device=self.maps.device)


def gradient_of(progress: Tensor, leaf: Tensor) -> Tensor:
    """Return the gradient of progress (n_maps,) by the changes of the maps, (n_maps, channels, y, x).

    Raises
    ------
    InputError
        If the progress does not depend on the maps by anything that can be differentiated.
    """
    found = None
    if progress.requires_grad:
        (found,) = torch.autograd.grad(progress.sum(), leaf, retain_graph=True, allow_unused=True)
    if found is None:
        raise InputError(
            "The answers of the network have no gradient by the pixels of its maps. Expected a network that torch can "
            "differentiate."
        )
    return found


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
        answers = found.answers()
        if not torch.isfinite(answers).all():
            first = int(torch.nonzero(~torch.isfinite(answers))[0][0])
            raise InputError(f"The network answers map {first} with a number that is not finite.")
        yield found


def _rows(answers: object) -> Tensor:
    """Return answers as (n_maps, n_answers)."""
    if not (isinstance(answers, Tensor) and answers.is_floating_point() and answers.ndim > 0):
        kind = str(answers.dtype) if isinstance(answers, Tensor) else type(answers).__name__
        raise InputError(f"The network answers with a {kind}. Expected a tensor of real numbers, (n_maps, n_answers).")
    return answers.reshape(len(answers), -1)

"""Networks that know less: weights shuffled from the last layer down, and a network before any training."""

from collections.abc import Iterator

from torch import Tensor, nn

from repshift.recording.batches import Forward


def randomised(
    network: nn.Module, maps: Tensor, *, depths: int, seed: int, forward: Forward | None = None
) -> Iterator[tuple[str, nn.Module]]:
    """Yield copies of a network with more and more of its layers shuffled, from the last down: `depths` of them.

    Each comes with the path of the first layer that is shuffled; the last is called ``all``. Depths are evenly spaced
    between one layer and all of them.
    """
    raise NotImplementedError


def untrained(
    network: nn.Module, maps: Tensor, *, seed: int, batch_size: int, forward: Forward | None = None
) -> nn.Module:
    """Return a copy of a network with weights before training, its batch statistics set on maps."""
    raise NotImplementedError

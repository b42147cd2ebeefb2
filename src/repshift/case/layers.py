"""Which layers of a model are recorded: the names of their calls."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from repshift.recording.passes import record_layers
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def called_layers(network: nn.Module, maps: npt.NDArray[np.float32], layers: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of the layers that names and patterns choose, in the order in which they are called."""
    names: dict[str, None] = {}

    def note(name: str, _output: Tensor) -> None:
        names[name] = None

    record_layers(network, maps, batch_size=len(maps), layers=layers, consume=note)
    return tuple(names)


def layers_of(
    network: nn.Module, layers: Sequence[str] | None, shape: tuple[int, int, int], path: Path
) -> tuple[str, ...]:
    """Return the layers of a network of CMD: its own convention, or those that names and patterns choose.

    `shape` is that of a map, (n_channels, y, x); `path` is named where there are none.
    """
    try:
        return called_layers(network, np.zeros((2, *shape), dtype=np.float32), layers)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error

"""Batches of maps on their way to a network: slices of an array, or as a loader gives them."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from repshift.recording.maps import Maps, batch_of, kind_of, readable, require_in_order
from repshift.similarity.arrays import numbers_of
from repshift.vocabulary import InputError

Forward: TypeAlias = Callable[[nn.Module, Any], Any]
"""Takes the network and a batch, calls the network with what it needs of it, and returns the answer."""


@dataclass(frozen=True)
class LoaderBatches:
    """The batches of a loader, held as it gave them: tensors, or tuples, lists and dictionaries of tensors.

    Attributes
    ----------
    batches
        One after the other.
    sizes
        Maps of each.
    """

    batches: Sequence[Any]
    sizes: Sequence[int]

    def __len__(self) -> int:
        return sum(self.sizes)


def held_maps(maps: Maps, forward: Forward | None) -> Any:  # noqa: ANN401 - what gives a batch for a slice, or batches
    """Return maps as `repshift.recording.maps.readable` does; with `forward` the batches of a loader as they are.

    Raises
    ------
    InputError
        As there, and if a batch holds no tensor over the maps.
    """
    if isinstance(maps, LoaderBatches):
        return maps
    if forward is None or not isinstance(maps, DataLoader):
        return readable(maps)
    require_in_order(maps)
    batches = list(maps)
    sizes = [next((len(one) for one in tensors_of(batch) if one.ndim), 0) for batch in batches]
    if not sizes or 0 in sizes:
        raise InputError(f"The loader gave {len(batches)} batches; each needs a tensor whose first axis is the maps.")
    return LoaderBatches(batches, sizes)


def sizes_of(maps: Any, batch_size: int) -> Sequence[int]:  # noqa: ANN401 - see `held_maps`
    """Return how many maps each batch has: a loader's are as it made them."""
    if isinstance(maps, LoaderBatches):
        return maps.sizes
    return [min(batch_size, len(maps) - start) for start in range(0, len(maps), batch_size)]


def batches_of(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - see `held_maps`
    sizes: Sequence[int],
    device: torch.device,
    forward: Forward | None,
) -> Iterator[Any]:
    """Yield the batches on the device, one at a time; arguments as in `batch_at`."""
    if isinstance(maps, LoaderBatches):
        yield from (_placed(batch, network, device) for batch in maps.batches)
        return
    start = 0
    for size in sizes:
        yield batch_at(network, maps, slice(start, start + size), device, forward)
        start += size


def batch_at(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    which: slice,
    device: torch.device,
    forward: Forward | None,
) -> Any:  # noqa: ANN401
    """Return a copy of some maps in the type of the network's parameters; with `forward` whole numbers stay whole."""
    if forward is None:
        return batch_of(network, maps, which, device)
    part = maps[which]
    if not isinstance(part, Tensor):
        part = torch.from_numpy(np.array(numbers_of(part, what="The stack of maps"), order="C"))
    return _placed(part, network, device)


def maps_alone(network: nn.Module, batch: Tensor) -> object:
    """Return what a network returns for maps alone: the forward pass where none is given."""
    return network(batch)


def require_maps_alone(network: nn.Module) -> None:
    """Refuse a network whose forward pass needs more than the maps.

    Raises
    ------
    InputError
        With what is missing.
    """
    try:
        inspect.signature(network.forward).bind(None)
    except TypeError as error:
        raise InputError(
            f"The network takes more than maps ({error}). Give forward=lambda network, batch: ..., which calls it with "
            "the rest, or a module whose forward pass takes the maps alone and does."
        ) from error
    except ValueError:  # what torch.jit compiled says nothing of its arguments
        return


def _placed(batch: Any, network: nn.Module, device: torch.device) -> Any:  # noqa: ANN401 - whatever a loader gives
    """Return a batch with a copy of each tensor on the device, its real numbers in the type of the parameters."""
    if isinstance(batch, Tensor):
        kind = kind_of(network) if batch.is_floating_point() else None
        return batch.to(device=device, dtype=kind, copy=True)
    if isinstance(batch, dict):
        return {name: _placed(one, network, device) for name, one in batch.items()}
    if isinstance(batch, tuple | list):
        found = [_placed(one, network, device) for one in batch]
        return type(batch)(*found) if hasattr(batch, "_fields") else type(batch)(found)
    return batch.to(device) if hasattr(batch, "to") else batch


def tensors_of(batch: Any) -> Iterable[Tensor]:  # noqa: ANN401 - whatever a loader gives
    """Yield the tensors of a batch, in its order."""
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, Mapping | tuple | list):
        for one in batch.values() if isinstance(batch, Mapping) else batch:
            yield from tensors_of(one)

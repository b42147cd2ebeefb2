"""Maps as users have them, read a batch at a time: arrays, tensors, lists of tensors, loaders of batches."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, IterableDataset, SequentialSampler

from repshift.similarity.arrays import numbers_of
from repshift.vocabulary import InputError


class Batches(Protocol):
    """Maps that are read a batch at a time."""

    def __len__(self) -> int:
        """Return how many maps there are."""

    def __getitem__(self, which: slice, /) -> npt.NDArray[np.float32]:
        """Return some of them, (n_maps, channels, y, x)."""


Maps: TypeAlias = "npt.NDArray[Any] | Tensor | Batches | Iterable[Any]"
"""An array of any byte order without masked values, a tensor, a list of either, what slices can be taken of, or a
``DataLoader``."""


def readable(maps: Maps) -> Any:  # noqa: ANN401 - an array, a tensor, or Batches
    """Return maps as what gives a batch for a slice.

    A loader is run through once, and its maps are held. Where it gives tuples, as one of maps and labels does, the maps
    are the first entry.

    Raises
    ------
    InputError
        If maps are masked, complex or no numbers, or a loader gives something else than maps.
    """
    if isinstance(maps, DataLoader):
        require_in_order(maps)
    if isinstance(maps, Dataset) and hasattr(maps, "__len__"):
        items: Any = maps
        return numbers_of([_first(items[number]) for number in range(len(items))], what="The data set")
    is_array = isinstance(maps, np.ndarray | Tensor | list | tuple) or hasattr(maps, "to_numpy")
    if is_array:
        found = numbers_of(maps, what="The stack of maps")
        if found.ndim < 2:
            raise InputError(f"Maps have the shape (n_maps, channels, y, x); found {tuple(found.shape)}.")
        return found
    if isinstance(maps, Mapping):
        raise InputError(
            "Maps are an array (n_maps, channels, y, x), found a dictionary. Give the entry that holds them."
        )
    if hasattr(maps, "__getitem__") and hasattr(maps, "__len__"):
        return maps
    if not isinstance(maps, Iterable):
        raise InputError(f"Maps are an array (n_maps, channels, y, x), found a {type(maps).__name__}.")
    batches = [_first(batch) for batch in maps]
    if not batches:
        raise InputError("The loader gave no batch of maps.")
    try:
        return torch.cat(batches)
    except RuntimeError as error:
        raise InputError(f"The loader gives batches that do not fit together: {error}") from error


def batch_of(network: nn.Module, maps: Any, which: slice, device: torch.device) -> Tensor:  # noqa: ANN401
    """Return a copy of some maps in the type of the network's parameters: a network may work on its input in place."""
    part = maps[which]
    if not isinstance(part, Tensor):
        part = torch.from_numpy(np.array(numbers_of(part, what="The stack of maps"), copy=True, order="C"))
    return part.to(device=device, dtype=kind_of(network), copy=True)


def kind_of(network: nn.Module) -> torch.dtype | None:
    """Return the type of a network's parameters of real numbers; None where it has none."""
    kinds = (parameter.dtype for parameter in network.parameters() if parameter.is_floating_point())
    return next(kinds, None)


def placed(network: nn.Module, maps: Tensor) -> Tensor:
    """Return maps where a network is, in the type of its parameters; as they are where it has none of real numbers."""
    first = next((one for one in network.parameters() if one.is_floating_point()), None)
    return maps if first is None else maps.to(first)


def require_in_order(loader: "DataLoader[Any]") -> None:
    """Refuse a loader that gives maps in another order each time, or not all: maps are compared by their position."""
    batches = loader.batch_sampler
    sampler = loader.sampler if batches is None else getattr(batches, "sampler", None)
    in_order = isinstance(loader.dataset, IterableDataset) or isinstance(sampler, SequentialSampler)
    if not in_order or (batches is not None and type(batches) is not BatchSampler):
        raise InputError("The DataLoader shuffles its maps, so their order is another each time. Give shuffle=False.")
    if loader.drop_last:
        raise InputError("The DataLoader leaves out the last maps (drop_last=True). Give drop_last=False.")


def _first(batch: object) -> Tensor:
    """Return the maps of a batch, or one map, of a loader or a data set."""
    found = batch[0] if isinstance(batch, tuple | list) and batch else batch
    if isinstance(found, np.ndarray):
        found = torch.from_numpy(np.array(numbers_of(found, what="A batch of maps")))
    if not isinstance(found, Tensor):
        raise InputError(
            f"The loader gives a {type(batch).__name__}. Expected tensors of maps, or tuples that begin so."
        )
    return found

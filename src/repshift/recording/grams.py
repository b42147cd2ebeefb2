"""Gram matrices of all layers, straight from the forward pass."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr
from torch import Tensor, nn

from repshift.recording.passes import representation_of, run_network
from repshift.similarity.gram import linear_gram
from repshift.vocabulary import InputError


def record_grams(
    network: nn.Module,
    maps: npt.NDArray[np.float32] | Tensor,
    *,
    layers: Sequence[str] | None = None,
    batch_size: int | None = None,
    device: str = "cpu",
) -> xr.DataArray:
    """Return the Gram matrix of every layer over all maps.

    Parameters
    ----------
    network
        Runs in evaluation mode; its mode is restored.
    maps
        (n_maps, channels, size, size), preprocessed as the network expects.
    layers
        Names of layers; None for the network's own convention (``CMDNetwork``: its LeakyReLU calls), else every call of
        a non-linear activation module.
    batch_size
        Maps of one forward pass; None for all. It bounds the forward pass, not the result: the representations of all
        maps are held.
    device
        ``cpu``, ``cuda`` or ``auto``.

    Returns
    -------
    (layer, map, map_other) float64, offset-free (the mean map subtracted); `map` counts from 0.

    Raises
    ------
    InputError
        If a layer is unknown or a representation is not finite.
    """
    batches: dict[str, list[npt.NDArray[np.floating]]] = {}

    def collect(name: str, output: Tensor) -> None:
        batches.setdefault(name, []).append(representation_of(output))

    run_network(network, maps, batch_size=batch_size or len(maps), device=device, layers=layers, consume=collect)
    grams = {name: linear_gram(np.concatenate(pieces)) for name, pieces in batches.items()}
    numbers = np.arange(len(maps))
    return _labelled(np.stack(list(grams.values())), {"layer": list(grams), "map": numbers, "map_other": numbers})


def record_minibatch_grams(
    network: nn.Module,
    maps: npt.NDArray[np.float32] | Tensor,
    *,
    layers: Sequence[str] | None = None,
    batch_size: int,
    device: str = "cpu",
) -> xr.DataArray:
    """Return the Gram matrices of every layer within batches of maps, in the caller's order, in constant memory.

    Shuffle maps of the same simulation apart first: `repshift.minibatch_cka_matrix` says why. Arguments as in
    `record_grams`.

    Returns
    -------
    (batch, layer, map, map_other) float64; each batch has its own mean map subtracted.

    Raises
    ------
    InputError
        If maps are left over, a batch has fewer than four, or as `record_grams`.
    """
    if batch_size < 4 or len(maps) % batch_size:
        raise InputError(
            f"{len(maps)} maps in batches of {batch_size}: a batch needs at least 4 maps, and none may be left over."
        )
    grams: dict[str, list[npt.NDArray[np.float64]]] = {}

    def multiply(name: str, output: Tensor) -> None:
        grams.setdefault(name, []).append(linear_gram(output))

    run_network(network, maps, batch_size=batch_size, device=device, layers=layers, consume=multiply)
    numbers = np.arange(batch_size)
    return _labelled(
        np.stack([np.stack(of_layer) for of_layer in grams.values()], axis=1),
        {"batch": np.arange(len(maps) // batch_size), "layer": list(grams), "map": numbers, "map_other": numbers},
    )


def _labelled(grams: npt.NDArray[np.float64], coordinates: Mapping[str, object]) -> xr.DataArray:
    attributes = {"units": "1", "long_name": "offset-free linear Gram matrix"}
    return xr.DataArray(grams, dims=list(coordinates), coords=dict(coordinates), attrs=attributes, name="gram")

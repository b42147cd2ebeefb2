"""Gram matrices of all layers, straight from the forward pass."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr
from torch import Tensor, nn

from repshift.recording.devices import choose_device
from repshift.recording.layers import Rule
from repshift.recording.memory import BatchSize, refusing_shortage
from repshift.recording.passes import Precision, features_of, record_layers
from repshift.recording.representations import record_representations
from repshift.similarity.gram import linear_gram
from repshift.vocabulary import InputError


def record_grams(
    network: nn.Module,
    maps: npt.NDArray[np.float32] | Tensor,
    *,
    layers: Sequence[Rule] | None = None,
    batch_size: int | None = None,
    device: str = "cpu",
    precision: Precision = "float32",
) -> xr.DataArray:
    """Return the Gram matrix of every layer over all maps.

    Parameters
    ----------
    network
        Moved to the device; runs in evaluation mode, its mode is restored.
    maps
        (n_maps, channels, size, size), preprocessed as the network expects.
    layers
        Names of layers, patterns of names, or types of module, as `repshift.recording.layers.choose_layers` reads them;
        None for the network's own convention (``CMDNetwork``: its LeakyReLU calls), else every call of a non-linear
        activation, module or function.
    batch_size
        Maps of one forward pass; None for all; halved, with a warning, where memory is short. It bounds the forward
        pass, not the result: the representations of all maps are held on the host, n_maps times all units of all
        layers, 4 bytes each (9.4 MB a map for ``CMDNetwork(4)``).
    device
        ``cpu``, ``cuda`` or ``auto``.
    precision
        Of the forward pass: ``float32``, or ``bfloat16`` under torch's autocast. Gram products are float32 in both.

    Returns
    -------
    (layer, map, map_other) float64, offset-free (the mean map subtracted); `map` counts from 0.

    Raises
    ------
    InputError
        If a layer is unknown, never called, or no tensor over the maps, its representation is not finite, or memory is
        short for a single map.
    """
    found = record_representations(
        network,
        maps,
        batch_size=BatchSize(len(maps) if batch_size is None else batch_size),
        layers=layers,
        device=device,
        precision=precision,
    )
    grams = {name: _gram(name, representation) for name, representation in found.items()}
    numbers = np.arange(len(maps))
    return _labelled(np.stack(list(grams.values())), {"layer": list(grams), "map": numbers, "map_other": numbers})


def record_minibatch_grams(
    network: nn.Module,
    maps: npt.NDArray[np.float32] | Tensor,
    *,
    layers: Sequence[Rule] | None = None,
    batch_size: int,
    device: str = "cpu",
    precision: Precision = "float32",
) -> xr.DataArray:
    """Return the Gram matrices of every layer within batches of maps, in the caller's order, in constant memory.

    No representation is kept: each is multiplied inside the call that returns it, as it lies in memory. Shuffle maps
    of the same simulation apart first: `repshift.minibatch_cka_matrix` says why. Arguments as in `record_grams`.

    Returns
    -------
    (batch, layer, map, map_other) float64; each batch has its own mean map subtracted.

    Raises
    ------
    InputError
        If maps are left over, a batch has fewer than four, memory is short for one, or as `record_grams`.
    """
    if batch_size < 4 or len(maps) % batch_size:
        raise InputError(
            f"{len(maps)} maps in batches of {batch_size}: a batch needs at least 4 maps, and none may be left over."
        )
    grams: dict[str, list[npt.NDArray[np.float64]]] = {}

    def multiply(name: str, output: Tensor) -> None:
        grams.setdefault(name, []).append(_gram(name, features_of(output)))

    with refusing_shortage("Give a smaller batch_size, which the result depends on.", device=choose_device(device)):
        record_layers(
            network, maps, batch_size=batch_size, device=device, layers=layers, consume=multiply, precision=precision
        )
    numbers = np.arange(batch_size)
    return _labelled(
        np.stack([np.stack(of_layer) for of_layer in grams.values()], axis=1),
        {"batch": np.arange(len(maps) // batch_size), "layer": list(grams), "map": numbers, "map_other": numbers},
    )


def _gram(name: str, features: npt.NDArray[np.floating] | Tensor) -> npt.NDArray[np.float64]:
    try:
        return linear_gram(features)
    except InputError as error:
        raise InputError(f"Layer '{name}': {error}") from error


def _labelled(grams: npt.NDArray[np.float64], coordinates: Mapping[str, object]) -> xr.DataArray:
    attributes = {"units": "1", "long_name": "offset-free linear Gram matrix"}
    return xr.DataArray(grams, dims=list(coordinates), coords=dict(coordinates), attrs=attributes, name="gram")

"""Gram matrices of all layers of a case, as the file of the stage grams holds them."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor

from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.resolution import settled
from repshift.similarity.gram import FEATURE_CHUNK, chunked_product
from repshift.storage.datasets import PIXELS, SPREAD, layer_of, write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

SAME: Final = ("model", "weights_sha256", "passes", "dropout", "precision")
"""What files of activations agree on that are multiplied with each other."""


def write_grams(datasets: list[xr.Dataset], *, device: str, threads: int, output: Path) -> None:
    """Write the Gram matrices of all layers over the maps of a domain and, out of distribution, of the model's own."""
    layers = [str(name) for name in datasets[0].data_vars if name != PIXELS]
    target = choose_device(device)
    logger.info("%s: %d layers of %s on %s", output, len(layers), [d.sizes["map"] for d in datasets], describe(target))
    _require_room(output, len(layers), [dataset.sizes["map"] for dataset in datasets])
    with reproducible(threads=threads):
        spreads = {layer: min(_spread(dataset, layer) for dataset in datasets) for layer in layers}
        grams = np.stack([_gram(datasets, layer, target) for layer in layers], axis=-3)
        pixels = _gram(datasets, PIXELS, target)
    maps = xr.concat([dataset.drop_vars([*layers, PIXELS]) for dataset in datasets], "map", combine_attrs="override")
    dimensions = ("layer", "map", "map_other") if grams.ndim == 3 else ("pass", "layer", "map", "map_other")
    attributes = {"units": "1", "long_name": "linear Gram matrix, mean map subtracted"}
    of_pixels = {
        "units": "1",
        "long_name": "linear Gram matrix of the maps as the network takes them, mean map subtracted",
    }
    reference = {} if len(datasets) == 1 else {"reference_maps_sha256": datasets[1].attrs["maps_sha256"]}
    doubled = {name: None for dataset in datasets for name in dataset.attrs.get("layers_in_double", "").split()}
    if doubled:
        reference["layers_in_double"] = " ".join(doubled)
    of_spread = {"units": "1", "long_name": "share of the size of the layer's maps that differs between them"}
    dataset = maps.assign(
        gram=(dimensions, grams, attributes),
        gram_pixels=(dimensions[-2:], pixels, of_pixels),
        relative_spread=("layer", np.array(list(spreads.values())), of_spread),
    ).assign_attrs(reference)
    write_dataset(
        dataset.assign_coords(layer=[layer_of(name) for name in layers], map_other=maps["map"].values), output
    )
    logger.info("%s: %s", output, grams.shape)


def _require_room(output: Path, n_layers: int, n_maps: list[int]) -> None:
    """Refuse matrices that the disk cannot hold, before they are made."""
    output.parent.mkdir(parents=True, exist_ok=True)
    needed, room = 8 * n_layers * sum(n_maps) ** 2, shutil.disk_usage(output.parent).free
    if needed > room:
        raise InputError(
            f"Gram matrices of {n_layers} layers over {sum(n_maps)} maps take {needed / 1e9:.3g} GB, and the disk of "
            f"{output} has {room / 1e9:.3g} GB left. Use fewer maps or layers, or another disk."
        )


def _spread(dataset: xr.Dataset, layer: str) -> float:
    """Return the relative spread of a layer, as its recorder found it."""
    variable = dataset[layer]
    if SPREAD not in variable.attrs:
        raise InputError(f"Layer '{layer_of(layer)}' lacks the attribute '{SPREAD}'. Make the activations again.")
    return float(variable.attrs[SPREAD])


def _gram(datasets: list[xr.Dataset], layer: str, device: torch.device) -> npt.NDArray[np.float64]:
    """Return the Gram matrix of a layer over the maps of all datasets, (..., n_maps, n_maps)."""
    if "pass" not in datasets[0][layer].dims:
        return _product([dataset[layer] for dataset in datasets], device)
    return np.stack(
        [
            _product([dataset[layer].isel({"pass": number}) for dataset in datasets], device)
            for number in range(datasets[0].sizes["pass"])
        ]
    )


def _product(representations: list[xr.DataArray], device: torch.device) -> npt.NDArray[np.float64]:
    """Return the Gram matrix of a layer; zeros, as of a constant, where double precision does not resolve it either."""
    product = chunked_product(_chunks(representations, device))
    is_double = any(one.dtype == np.float64 for one in representations)
    return (settled(product) if is_double else product).gram


def _chunks(representations: list[xr.DataArray], device: torch.device) -> Iterator[Tensor]:
    """Read (n_maps, n_units) of all maps, some units at a time."""
    for start in range(0, representations[0].shape[1], FEATURE_CHUNK):
        pieces = [piece[:, start : start + FEATURE_CHUNK].to_numpy() for piece in representations]
        yield torch.from_numpy(np.concatenate(pieces)).to(device)


def require_one_model(datasets: list[xr.Dataset], paths: list[Path]) -> None:
    """Refuse files of activations of two models, or of one recorded in two ways."""
    for name in SAME:
        values = [dataset.attrs[name] for dataset in datasets]
        if len(set(values)) > 1:
            raise InputError(f"{paths[0]} and {paths[1]} disagree on '{name}': '{values[0]}' and '{values[1]}'.")
    for dataset, path in zip(datasets, paths, strict=True):
        if PIXELS not in dataset:
            raise InputError(
                f"{path} lacks the variable '{PIXELS}', the maps as the network takes them. Make it again."
            )
    if len({tuple(dataset.data_vars) for dataset in datasets}) > 1:
        raise InputError(f"{paths[0]} and {paths[1]} hold different layers.")

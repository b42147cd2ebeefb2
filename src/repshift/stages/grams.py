"""Stage grams: the Gram matrix of every layer over the maps of a case. Rule ``grams``.

Output: ``{model}/{domain}.nc`` with ``gram`` (layer, map, map_other) float64, or (pass, layer, map, map_other): the
domain's maps and, out of distribution, after them those of the model's own domain, with one common offset; coordinates
layer, map, simulation, position, suite, domain.
"""

import argparse
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor

from repshift.recording.devices import choose_device, reproducible
from repshift.similarity.gram import FEATURE_CHUNK, chunked_gram
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_SAME = ("model", "weights_sha256", "passes", "dropout")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--activations", type=Path, required=True, help=".nc of the case")
    parser.add_argument("--reference", type=Path, help=".nc of the model shown its own domain, for its cross block")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), required=True, help="where torch computes")
    parser.add_argument("--threads", type=int, required=True, help="threads of torch on the CPU")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, activations: Path, reference: Path | None, device: str, threads: int, output: Path) -> None:
    """Multiply the representations of every layer, by chunks of features, on the device."""
    paths = [activations] if reference is None else [activations, reference]
    with ExitStack() as stack:
        stack.enter_context(reproducible(threads=threads))
        datasets = [stack.enter_context(open_dataset(path, attributes=_SAME)) for path in paths]
        _require_one_model(datasets, paths)
        layers = [str(name) for name in datasets[0].data_vars]
        target = choose_device(device)
        logger.info("%s: %d layers of %s on %s", output, len(layers), [d.sizes["map"] for d in datasets], target)
        grams = np.stack([_gram(datasets, layer, target) for layer in layers], axis=-3)
        maps = xr.concat([dataset.drop_vars(layers) for dataset in datasets], "map", combine_attrs="override")
    dimensions = ("layer", "map", "map_other") if grams.ndim == 3 else ("pass", "layer", "map", "map_other")
    attributes = {"units": "1", "long_name": "linear Gram matrix, mean map subtracted"}
    checksums = {"activations_sha256": " ".join(sha256(path) for path in paths)}
    dataset = maps.assign(gram=(dimensions, grams, attributes)).assign_attrs(checksums)
    write_dataset(dataset.assign_coords(layer=layers, map_other=maps["map"].values), output)
    logger.info("%s: %s", output, grams.shape)


def _gram(datasets: list[xr.Dataset], layer: str, device: torch.device) -> npt.NDArray[np.float64]:
    """Return the Gram matrix of a layer over the maps of all datasets, (..., n_maps, n_maps)."""
    if "pass" not in datasets[0][layer].dims:
        return chunked_gram(_chunks([dataset[layer] for dataset in datasets], device))
    return np.stack(
        [
            chunked_gram(_chunks([dataset[layer].isel({"pass": number}) for dataset in datasets], device))
            for number in range(datasets[0].sizes["pass"])
        ]
    )


def _chunks(representations: list[xr.DataArray], device: torch.device) -> Iterator[Tensor]:
    """Read (n_maps, n_units) of all maps, some units at a time."""
    for start in range(0, representations[0].shape[1], FEATURE_CHUNK):
        pieces = [piece[:, start : start + FEATURE_CHUNK].to_numpy() for piece in representations]
        yield torch.from_numpy(np.concatenate(pieces)).to(device)


def _require_one_model(datasets: list[xr.Dataset], paths: list[Path]) -> None:
    for name in _SAME:
        values = [dataset.attrs[name] for dataset in datasets]
        if len(set(values)) > 1:
            raise InputError(f"{paths[0]} and {paths[1]} disagree on '{name}': '{values[0]}' and '{values[1]}'.")
    if len({tuple(dataset.data_vars) for dataset in datasets}) > 1:
        raise InputError(f"{paths[0]} and {paths[1]} hold different layers.")

"""Stage grams: the Gram matrix of every layer over the maps of a case. Rule ``grams``.

Output: ``{model}/{domain}.nc`` with ``gram`` (layer, map, map_other) float64, or (pass, layer, map, map_other): the
domain's maps and, out of distribution, after them those of the model's own domain, with one common offset; and
``gram_pixels`` (map, map_other) of the standardised maps themselves, which come before all layers; coordinates layer,
map, simulation, position, suite, domain.

``multiply`` reads what the stage activations wrote; ``record`` runs the maps through the model itself.
"""

import argparse
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor

from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.passes import Precision
from repshift.similarity.gram import FEATURE_CHUNK, chunked_gram
from repshift.stages.arguments import add_device, at_least, device_of, domain_of
from repshift.stages.cases import add_case, add_recording, open_case, record, show
from repshift.stages.own import constructor_of
from repshift.storage.constructors import Constructor
from repshift.storage.datasets import PIXELS, layer_of, open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.vocabulary import Domain, InputError, Split, Standardisation

logger = logging.getLogger(__name__)

_SAME = ("model", "weights_sha256", "passes", "dropout", "precision")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions of the stage."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    multiplier = actions.add_parser("multiply", help="from files of activations")
    multiplier.set_defaults(run=lambda **given: run(device=device_of(given), **given))
    multiplier.add_argument("--activations", type=Path, required=True, help=".nc of the case")
    multiplier.add_argument("--reference", type=Path, help=".nc of the model shown its own domain, for its cross block")
    add_device(multiplier)
    multiplier.add_argument("--threads", type=at_least(1), required=True, help="threads of torch on the CPU")
    recorder = actions.add_parser("record", help="straight from the forward pass, which writes no activations")
    recorder.set_defaults(run=_record_given)
    add_case(recorder)
    add_recording(recorder)
    choices = {"split": get_args(Split), "standardisation": get_args(Standardisation)}
    for name in ("domain", "suite", "set", "split", "standardisation"):
        text = f"{name} of the model's own domain, for its cross block"
        recorder.add_argument(f"--reference-{name}", choices=choices.get(name), help=text)
    for name, text in (("maps", ".npy of maps"), ("measured", ".json of the maps")):
        recorder.add_argument(f"--reference-{name}", type=Path, help=f"{text} of that domain")
    for action in (multiplier, recorder):
        action.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, activations: Path, reference: Path | None, device: str, threads: int, output: Path) -> None:
    """Multiply the representations of every layer, by chunks of features, on the device."""
    paths = [activations] if reference is None else [activations, reference]
    with ExitStack() as stack:
        datasets = [stack.enter_context(open_dataset(path, attributes=_SAME)) for path in paths]
        _require_one_model(datasets, paths)
        checksums = {"activations_sha256": " ".join(sha256(path) for path in paths)}
        _multiply(datasets, checksums, device=device, threads=threads, output=output)


def run_recorded(
    *,
    model: str,
    weights: Path,
    own: Constructor | None = None,
    maps: Path,
    parameters: Path | None,
    measured: Path,
    domain: Domain,
    reference: Domain | None = None,
    reference_maps: Path | None = None,
    reference_measured: Path | None = None,
    n_maps: int,
    maps_each: int = 1,
    seed: int,
    batch_size: int,
    passes: int,
    dropout: Literal["on", "off"],
    precision: Precision,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Run the chosen maps of a domain, and of the model's own, through a model, and multiply what layers return."""
    _require_whole({"domain": reference, "maps": reference_maps, "measured": reference_measured})
    shown = [open_case(model, weights, own=own, maps=maps, parameters=parameters, measured=measured, domain=domain)]
    if reference is not None:
        files: dict[str, Any] = {"maps": reference_maps, "parameters": None, "measured": reference_measured}
        shown.append(show(model, shown[0].network, shown[0].description, domain=reference, **files))
    how: dict[str, Any] = {"n_maps": n_maps, "maps_each": maps_each, "seed": seed}
    how |= {"batch_size": batch_size, "passes": passes}
    how |= {"dropout": dropout, "precision": precision, "device": device, "threads": threads}
    datasets = [record(one, **how) for one in shown]
    checksums = {"maps_sha256": " ".join(one.simulations.measured.sha256 for one in shown)}
    _multiply(datasets, checksums, device=device, threads=threads, output=output)


def _record_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    words = {name: given.pop(f"reference_{name}") for name in ("domain", "suite", "set", "split", "standardisation")}
    _require_whole(words | {name: given[f"reference_{name}"] for name in ("maps", "measured")})
    reference = None if words["domain"] is None else domain_of(words)
    here = device_of(given)
    run_recorded(domain=domain_of(given), own=constructor_of(given), reference=reference, device=here, **given)


def _require_whole(reference: dict[str, object]) -> None:
    """Refuse a part of what the cross block with the model's own domain needs."""
    missing = [f"--reference-{name}" for name, value in reference.items() if value is None]
    if missing and len(missing) < len(reference):
        given = [f"--reference-{name}" for name, value in reference.items() if value is not None]
        raise InputError(f"The cross block lacks {', '.join(missing)}. Give it beside {', '.join(given)}, or none.")


def _multiply(
    datasets: list[xr.Dataset], checksums: dict[str, str], *, device: str, threads: int, output: Path
) -> None:
    """Write the Gram matrices of all layers over the maps of all datasets."""
    layers = [str(name) for name in datasets[0].data_vars if name != PIXELS]
    target = choose_device(device)
    logger.info("%s: %d layers of %s on %s", output, len(layers), [d.sizes["map"] for d in datasets], describe(target))
    with reproducible(threads=threads):
        grams = np.stack([_gram(datasets, layer, target) for layer in layers], axis=-3)
        pixels = _gram(datasets, PIXELS, target)
    maps = xr.concat([dataset.drop_vars([*layers, PIXELS]) for dataset in datasets], "map", combine_attrs="override")
    dimensions = ("layer", "map", "map_other") if grams.ndim == 3 else ("pass", "layer", "map", "map_other")
    attributes = {"units": "1", "long_name": "linear Gram matrix, mean map subtracted"}
    of_pixels = {
        "units": "1",
        "long_name": "linear Gram matrix of the maps as the network takes them, mean map subtracted",
    }
    dataset = maps.assign(
        gram=(dimensions, grams, attributes), gram_pixels=(dimensions[-2:], pixels, of_pixels)
    ).assign_attrs(checksums)
    write_dataset(
        dataset.assign_coords(layer=[layer_of(name) for name in layers], map_other=maps["map"].values), output
    )
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
    for dataset, path in zip(datasets, paths, strict=True):
        if PIXELS not in dataset:
            raise InputError(
                f"{path} lacks the variable '{PIXELS}', the maps as the network takes them. Make it again."
            )
    if len({tuple(dataset.data_vars) for dataset in datasets}) > 1:
        raise InputError(f"{paths[0]} and {paths[1]} hold different layers.")

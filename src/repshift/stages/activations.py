"""Stage activations: the representations of all layers for the maps that are compared. Rule ``activations``.

Output: ``{model}/{domain}.nc``, one variable a layer, (map, unit) float32, or (pass, map, unit) with two passes;
coordinates map (its label), simulation, position (in the file of maps), suite; attributes of the case and its choices.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
from torch import Tensor, nn

from repshift.recording.devices import choose_device, reproducible
from repshift.recording.passes import representation_of, run_network
from repshift.stages.arguments import add_case, add_domain, add_simulations, add_torch, domain_of
from repshift.stages.preparation import moments_of, preparation
from repshift.statistics.selection import choose_maps, split_simulations
from repshift.storage.datasets import write_dataset
from repshift.storage.maps import open_simulations
from repshift.storage.models import read_model, require_fitting
from repshift.vocabulary import Case, Domain, InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **arguments: run(domain=domain_of(arguments), **arguments))
    add_case(parser)
    add_domain(parser)
    add_simulations(parser)
    add_torch(parser)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), required=True, help="where torch computes")
    parser.add_argument("--n-maps", type=int, required=True, help="maps to compare, one a simulation")
    parser.add_argument("--seed", type=int, required=True, help="chooses the maps, and draws dropout")
    parser.add_argument("--passes", type=int, choices=(1, 2), required=True, help="forward passes over the maps")
    parser.add_argument("--dropout", choices=("on", "off"), required=True, help="whether dropout stays on")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    model: str,
    weights: Path,
    maps: Path,
    parameters: Path,
    measured: Path,
    domain: Domain,
    n_maps: int,
    seed: int,
    batch_size: int,
    passes: int,
    dropout: Literal["on", "off"],
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Run the chosen maps of a domain through a model and write what every layer returns."""
    network, description = read_model(weights)
    simulations = open_simulations(maps, parameters, measured)
    require_fitting(description, simulations.measured, maps)
    split = split_simulations(len(simulations.parameters), split=domain.split)
    chosen = choose_maps(split, n_maps=n_maps, seed=seed)
    moments = moments_of(description, simulations.measured, domain)
    inputs = simulations.standardised(chosen, moments)
    case = Case(model, description.field, description.suite, domain.name, domain.suite)
    target = choose_device(device).type
    logger.info("%s shown %s: %s on %s", model, domain.name, inputs.shape, target)
    with reproducible(threads=threads):
        representations = [
            _record(network, description.layers, inputs, batch_size, target, seed + number if dropout == "on" else None)
            for number in range(passes)
        ]
    _require_finite(representations, case)
    attributes = {
        **case.attributes(),
        **domain.attributes(),
        **preparation(description, simulations.measured, domain),
        "n_maps": n_maps,
        "seed": seed,
        "passes": passes,
        "dropout": dropout,
        "device": target,
        "weights_sha256": description.sha256,
        "maps_sha256": simulations.measured.sha256,
    }
    coordinates = domain.coordinates(chosen)
    write_dataset(_dataset(representations).assign_coords(coordinates).assign_attrs(attributes), output)
    logger.info("%s: %d layers", output, len(representations[0]))


def _record(
    network: nn.Module,
    layers: Sequence[str],
    inputs: npt.NDArray[np.float32],
    batch_size: int,
    device: str,
    dropout_seed: int | None,
) -> dict[str, npt.NDArray[np.floating]]:
    """Return the representation (n_maps, n_units) of every layer, by name."""
    pieces: dict[str, list[npt.NDArray[np.floating]]] = {}

    def collect(name: str, output: Tensor) -> None:
        pieces.setdefault(name, []).append(representation_of(output))

    run_network(
        network,
        inputs,
        batch_size=batch_size,
        device=device,
        layers=layers,
        consume=collect,
        dropout_seed=dropout_seed,
    )
    return {name: np.concatenate(of_layer) for name, of_layer in pieces.items()}


def _require_finite(passes: list[dict[str, npt.NDArray[np.floating]]], case: Case) -> None:
    layers = [name for of_pass in passes for name, values in of_pass.items() if not np.isfinite(values).all()]
    if layers:
        raise InputError(
            f"Model '{case.model}' returns values that are not finite in layer {layers[0]} on domain '{case.domain}'."
        )


def _dataset(passes: list[dict[str, npt.NDArray[np.floating]]]) -> xr.Dataset:
    variables: dict[str, Any] = {}
    for name in passes[0]:
        attributes = {"units": "1", "long_name": f"representation of layer {name}"}
        if len(passes) == 1:
            variables[name] = (("map", f"unit_{name}"), passes[0][name], attributes)
        else:
            stacked = np.stack([of_pass[name] for of_pass in passes])
            variables[name] = (("pass", "map", f"unit_{name}"), stacked, attributes)
    return xr.Dataset(variables)

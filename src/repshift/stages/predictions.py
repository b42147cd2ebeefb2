"""Stage predictions: what a model says of every map of a domain's split. Rule ``predictions``.

Output: ``{model}/{domain}.nc`` with ``mean``, ``std`` (posterior, predicted) and ``truth`` (map, parameter), not scaled
(all six parameters are dimensionless); coordinates parameter, map, simulation, position, suite.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr
from torch import nn

from repshift.networks.preprocessing import Moments, physical_parameters
from repshift.recording.devices import reproducible
from repshift.recording.passes import run_network
from repshift.stages.arguments import add_case, add_domain, add_simulations, add_torch, domain_of
from repshift.stages.preparation import moments_of, preparation
from repshift.stages.progress import progress
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.datasets import write_dataset
from repshift.storage.maps import Simulations, open_simulations
from repshift.storage.models import read_model, require_fitting
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, Case, Domain, InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **arguments: run(domain=domain_of(arguments), **arguments))
    add_case(parser)
    add_domain(parser)
    add_simulations(parser)
    add_torch(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    model: str,
    weights: Path,
    maps: Path,
    parameters: Path,
    measured: Path,
    domain: Domain,
    batch_size: int,
    threads: int,
    output: Path,
) -> None:
    """Predict the parameters of every map of the split, on the CPU, and write them beside the truth."""
    network, description = read_model(weights)
    simulations = open_simulations(maps, parameters, measured)
    require_fitting(description, simulations.measured, maps)
    positions = maps_of(split_simulations(len(simulations.parameters), split=domain.split))
    moments = moments_of(description, simulations.measured, domain)
    with reproducible(threads=threads):
        answers = _answers(network, simulations, positions, moments, batch_size)
    if not np.isfinite(answers).all():
        number = int(positions[np.argwhere(~np.isfinite(answers))[0][0]])
        raise InputError(f"Model '{model}' answers map {number} of {maps} with a number that is not finite.")
    mean, std = physical_parameters(*np.split(answers, 2, axis=1))
    case = Case(model, description.field, description.suite, domain.name, domain.suite)
    prepared = preparation(description, simulations.measured, domain)
    checksums = {"weights_sha256": description.sha256, "maps_sha256": simulations.measured.sha256}
    values = {
        "mean": (mean, "predicted posterior mean"),
        "std": (std, "predicted posterior standard deviation"),
        "truth": (simulations.parameters[positions // MAPS_PER_SIMULATION], "true value"),
    }
    dataset = xr.Dataset(
        {
            name: (("map", "parameter"), array, {"units": "1", "long_name": long_name})
            for name, (array, long_name) in values.items()
        },
        coords={"parameter": list(PARAMETERS), **domain.coordinates(positions)},
        attrs={**case.attributes(), **domain.attributes(), **prepared, **checksums},
    )
    write_dataset(dataset, output)
    logger.info("%s: %d maps", output, len(positions))


def _answers(
    network: nn.Module,
    simulations: Simulations,
    positions: npt.NDArray[np.int64],
    moments: Moments,
    batch_size: int,
) -> npt.NDArray[np.float64]:
    """Return the network's answers (n_maps, 12), standardising one batch of maps at a time."""
    starts = range(0, len(positions), batch_size)
    answers = []
    with progress(len(starts), "batches predicted") as advance:
        for start in starts:
            inputs = simulations.standardised(positions[start : start + batch_size], moments)
            answers.append(run_network(network, inputs, batch_size=batch_size).numpy())
            advance()
    return np.concatenate(answers).astype(np.float64)

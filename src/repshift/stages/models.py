"""Stage models: bring a network into the standard model file. Rules ``models`` and ``untrained``.

Outputs: ``{model}.pt`` (a state dict) and ``{model}.json`` (suite, field, constructor, layers, moments, provenance,
SHA-256): see `repshift.storage.models`.
"""

import argparse
import logging
from pathlib import Path

import torch

from repshift.networks.cmd import CMDNetwork
from repshift.recording.devices import reproducible
from repshift.stages.arguments import add_network, add_simulations, add_torch
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.maps import open_simulations
from repshift.storage.models import CMD_NETWORK, Description, read_model, write_model
from repshift.training.initialisation import set_batch_statistics
from repshift.vocabulary import InputError, Split

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions of the stage."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    chooser = actions.add_parser("choose", help="take a model file as it is, once it proved whole and fitting")
    chooser.set_defaults(run=choose)
    chooser.add_argument("--weights", type=Path, required=True, help=".pt of a model file, its .json beside it")
    chooser.add_argument("--suite", required=True, help="suite the model must have been trained on")
    chooser.add_argument("--field", required=True, help="field the model must read")
    chooser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    initialiser = actions.add_parser("initialise", help="an untrained network, batch statistics set on given maps")
    initialiser.set_defaults(run=initialise)
    add_simulations(initialiser)
    add_network(initialiser)
    initialiser.add_argument("--split", required=True, help="part of the set whose maps set the batch statistics")
    add_torch(initialiser)
    initialiser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")


def choose(*, weights: Path, suite: str, field: str, output: Path) -> None:
    """Read a model file, refuse one that is not what the configuration says, and write it where the workflow looks."""
    network, description = read_model(weights)
    if (description.suite, description.field) != (suite, field):
        raise InputError(
            f"{weights} was trained on field '{description.field}' of suite '{description.suite}'; "
            f"the configuration says field '{field}' of suite '{suite}'."
        )
    write_model(network, output, description=description)
    logger.info("%s: %d layers, from %s", output, len(description.layers), weights)


def initialise(
    *,
    maps: Path,
    parameters: Path,
    measured: Path,
    suite: str,
    field: str,
    hidden: int,
    dropout: float,
    seed: int,
    split: Split,
    batch_size: int,
    threads: int,
    output: Path,
) -> None:
    """Write an untrained network: seeded weights, batch statistics and moments of the given maps."""
    simulations = open_simulations(maps, parameters, measured)
    found = simulations.measured
    chosen = maps_of(split_simulations(len(simulations.parameters), split=split))
    with reproducible(threads=threads):
        torch.manual_seed(seed)
        network = CMDNetwork(hidden, dropout, size=found.size)
        inputs = torch.from_numpy(simulations.standardised(chosen, found.moments))
        set_batch_statistics(network, inputs, batch_size=batch_size)
    description = Description(
        suite=suite,
        field=field,
        constructor=CMD_NETWORK,
        arguments={"hidden": hidden, "dropout": dropout, "channels": 1, "size": found.size},
        layers=tuple(network.layers),
        moments=found.moments,
        provenance={"trained": False, "seed": seed, "split": split, "maps_sha256": found.sha256},
    )
    write_model(network, output, description=description)
    logger.info("%s: untrained, batch statistics of %d maps", output, len(chosen))

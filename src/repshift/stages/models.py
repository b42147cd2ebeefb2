"""Stage models: bring a network into the standard model file. Rules ``models``, ``trial``, ``untrained``, ``network``.

Outputs: ``{model}.pt`` (a state dict) and ``{model}.json`` (suite, field, constructor, layers, moments, provenance,
SHA-256): see `repshift.storage.models`.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from repshift.networks.cmd import CMDNetwork
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.memory import refusing_shortage
from repshift.stages.arguments import add_network, add_simulations, add_torch
from repshift.stages.fetching import SMALL, add_source, obtain
from repshift.stages.own import add_layers, add_take, called_layers
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.files import sha256
from repshift.storage.maps import open_simulations
from repshift.storage.measured import read_measured
from repshift.storage.models import CMD_NETWORK, Description, read_model, write_model
from repshift.storage.remote import Connection
from repshift.storage.studies import read_trial, require_study
from repshift.storage.weights import load_weights
from repshift.training.initialisation import set_batch_statistics
from repshift.vocabulary import InputError, Split

logger = logging.getLogger(__name__)

_LARGEST_WEIGHTS = 4 * 10**9
"""Bytes; CMD's have about 100 MB."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of the stage."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    chooser = actions.add_parser("choose", help="take a model file as it is, once it proved whole and fitting")
    chooser.set_defaults(run=choose)
    chooser.add_argument("--weights", type=Path, required=True, help=".pt of a model file, its .json beside it")
    chooser.add_argument("--suite", required=True, help="suite the model must have been trained on")
    chooser.add_argument("--field", required=True, help="field the model must read")
    chooser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    publisher = actions.add_parser("trial", help="a trial of a search that CMD publishes, chosen by its rank")
    publisher.set_defaults(run=trial)
    publisher.add_argument("--study", required=True, help="name of the study")
    publisher.add_argument("--studies", nargs="+", required=True, help="paths of the file of studies, in order")
    publisher.add_argument("--weights", nargs="+", required=True, help="paths of its weights, {trial} the number")
    publisher.add_argument("--rank", type=int, required=True, help="1 for the trial of the lowest value")
    add_source(publisher)
    publisher.add_argument("--measured", type=Path, required=True, help=".json measured of the training maps")
    publisher.add_argument("--suite", required=True, help="suite that the search trained on")
    publisher.add_argument("--field", required=True, help="field that the networks read")
    publisher.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    initialiser = actions.add_parser("initialise", help="an untrained network, batch statistics set on given maps")
    initialiser.set_defaults(run=initialise)
    add_simulations(initialiser)
    add_network(initialiser)
    initialiser.add_argument("--split", required=True, help="part of the set whose maps set the batch statistics")
    add_torch(initialiser)
    initialiser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    for action in (chooser, publisher, initialiser):
        add_layers(action)
    add_take(actions.add_parser("network", help="a network of your own code"))


def choose(*, weights: Path, suite: str, field: str, output: Path, layers: Sequence[str] | None = None) -> None:
    """Read a model file, refuse one that is not what the configuration says, and write it where the workflow looks.

    With `layers`, names and patterns, the description names these in place of those that it was written with.
    """
    network, description = read_model(weights)
    if (description.suite, description.field) != (suite, field):
        raise InputError(
            f"{weights} was trained on field '{description.field}' of suite '{description.suite}'; "
            f"the configuration says field '{field}' of suite '{suite}'."
        )
    if layers is not None:
        description = replace(description, layers=_layers(network, layers, description.arguments["size"], weights))
    write_model(network, output, description=description)
    logger.info("%s: %d layers, from %s", output, len(description.layers), weights)


def trial(
    *,
    study: str,
    studies: list[str],
    weights: list[str],
    rank: int,
    directory: Path | None,
    roots: list[str],
    attempts: int,
    timeout: float,
    measured: Path,
    suite: str,
    field: str,
    output: Path,
    layers: Sequence[str] | None = None,
) -> None:
    """Choose a trial of a search, fetch its weights alone, and write them with the moments of their training maps."""
    found = read_measured(measured)
    if found.field != field:
        raise InputError(f"{measured} was measured of field '{found.field}', but the model reads field '{field}'.")
    take = partial(obtain, directory=directory, roots=roots, connection=Connection(attempts, timeout))
    searched = take(studies, check=partial(require_study, study=study), largest=SMALL)
    chosen = read_trial(searched, study=study, rank=rank)
    arguments: dict[str, Any] = {"hidden": chosen.hidden, "dropout": chosen.dropout, "channels": 1, "size": found.size}
    network = CMDNetwork(**arguments)
    paths = [path.replace("{trial}", str(chosen.number)) for path in weights]
    logger.info("%s: trial %d has rank %d, value %g", searched, chosen.number, rank, chosen.value)
    trained = take(paths, check=partial(load_weights, network), largest=_LARGEST_WEIGHTS)
    load_weights(network, trained)
    description = Description(
        suite=suite,
        field=field,
        constructor=CMD_NETWORK,
        arguments=arguments,
        layers=_layers(network, layers, found.size, trained),
        moments=found.moments,
        provenance={
            "trained": True,
            "study": searched.name,
            "study_sha256": sha256(searched),
            **{"trial": chosen.number, "rank": rank, "validation_loss": chosen.value},
            "weights": trained.name,
            "weights_sha256": sha256(trained),
            "maps_sha256": found.sha256,
            "maps_source": found.source and asdict(found.source),
            "moments_estimate": found.estimate and asdict(found.estimate),
        },
        preprocessing=found.preprocessing,
    )
    write_model(network, output, description=description)
    logger.info("%s: %d layers, from %s", output, len(description.layers), trained)


def initialise(
    *,
    maps: Path,
    parameters: Path | None,
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
    layers: Sequence[str] | None = None,
) -> None:
    """Write an untrained network: seeded weights, batch statistics and moments of the given maps."""
    simulations = open_simulations(maps, parameters, measured)
    found = simulations.measured
    chosen = maps_of(split_simulations(found.n_simulations, split=split), maps_per_simulation=found.maps_per_simulation)
    advice = f"Lower predictions.batch_size, found {batch_size}: the batch statistics are averages over its batches."
    target = choose_device("cpu")
    logger.info("%s %s: %d maps on %s", field, suite, len(chosen), describe(target))
    with reproducible(threads=threads), refusing_shortage(advice, device=target):
        torch.manual_seed(seed)
        network = CMDNetwork(hidden, dropout, size=found.size)
        inputs = torch.from_numpy(simulations.standardised(chosen, found.moments))
        set_batch_statistics(network, inputs, batch_size=batch_size)
    description = Description(
        suite=suite,
        field=field,
        constructor=CMD_NETWORK,
        arguments={"hidden": hidden, "dropout": dropout, "channels": 1, "size": found.size},
        layers=_layers(network, layers, found.size, maps),
        moments=found.moments,
        provenance={
            **{"trained": False, "seed": seed, "split": split, "maps_sha256": found.sha256},
            "moments_estimate": found.estimate and asdict(found.estimate),
        },
        preprocessing=found.preprocessing,
    )
    write_model(network, output, description=description)
    logger.info("%s: untrained, batch statistics of %d maps", output, len(chosen))


def _layers(network: nn.Module, layers: Sequence[str] | None, size: int, path: Path) -> tuple[str, ...]:
    """Return the layers of a network of CMD: its own convention, or those that names and patterns choose."""
    try:
        return called_layers(network, np.zeros((2, 1, size, size), dtype=np.float32), layers)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error

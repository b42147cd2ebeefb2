"""Action of the stage models: ``initialise``, an untrained network, batch statistics set on given maps.

Output: ``{model}.pt`` and ``{model}.json``, see `repshift.storage.models`.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from repshift.case.layers import layers_of
from repshift.cli.arguments import add_network, add_simulations, add_torch
from repshift.cli.networks import add_layers
from repshift.networks.cmd import CMDNetwork
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.memory import refusing_shortage
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.measurement import side_of
from repshift.storage.models import CMD_NETWORK, Description, by_channel, write_model
from repshift.storage.simulations import Paths, open_simulations
from repshift.training.initialisation import set_batch_statistics
from repshift.vocabulary import Split

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_simulations(parser)
    add_network(parser)
    parser.add_argument("--split", required=True, help="part of the set whose maps set the batch statistics")
    add_torch(parser)
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    add_layers(parser)


def run(
    *,
    maps: Paths,
    parameters: Path | None,
    measured: Paths,
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
    found, side = simulations.measured, side_of(simulations.measured)
    chosen = maps_of(
        split_simulations(simulations.n_simulations, split=split), maps_per_simulation=simulations.maps_per_simulation
    )
    advice = f"Lower predictions.batch_size, found {batch_size}: the batch statistics are averages over its batches."
    target = choose_device("cpu")
    logger.info("%s %s: %d maps on %s", field, suite, len(chosen), describe(target))
    with reproducible(threads=threads), refusing_shortage(advice, device=target):
        torch.manual_seed(seed)
        network = CMDNetwork(hidden, dropout, len(found), side)
        inputs = torch.from_numpy(simulations.standardised(chosen, simulations.moments))
        set_batch_statistics(network, inputs, batch_size=batch_size)
    description = Description(
        suite=suite,
        field=field,
        constructor=CMD_NETWORK,
        arguments={"hidden": hidden, "dropout": dropout, "channels": len(found), "size": side},
        layers=layers_of(network, layers, (len(found), side, side), simulations.channels[0].path),
        channels=tuple(one.channel for one in found),
        provenance={
            **{"trained": False, "seed": seed, "split": split, "maps_sha256": simulations.sha256},
            "moments_estimate": by_channel([one.estimate and asdict(one.estimate) for one in found]),
        },
    )
    write_model(network, output, description=description)
    logger.info("%s: untrained, batch statistics of %d maps", output, len(chosen))

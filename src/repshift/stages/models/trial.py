"""Action of the stage models: ``trial``, a trial of a search that CMD publishes, chosen by its rank.

Output: ``{model}.pt`` and ``{model}.json``, see `repshift.storage.models`.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from repshift.case.layers import layers_of
from repshift.cli.arguments import add_source
from repshift.cli.networks import add_layers
from repshift.downloads.connections import Connection
from repshift.downloads.sources import SMALL, obtain
from repshift.networks.cmd import CMDNetwork
from repshift.storage.files import sha256
from repshift.storage.measurement import read_channels, side_of
from repshift.storage.models import CMD_NETWORK, Description, by_channel, write_model
from repshift.storage.simulations import Paths
from repshift.storage.studies import read_trial, require_study
from repshift.storage.weights import load_weights

logger = logging.getLogger(__name__)

_LARGEST_WEIGHTS = 4 * 10**9
"""Bytes; CMD's have about 100 MB."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--study", required=True, help="name of the study")
    parser.add_argument("--studies", nargs="+", required=True, help="paths of the file of studies, in order")
    parser.add_argument("--weights", nargs="+", required=True, help="paths of its weights, {trial} the number")
    parser.add_argument(
        "--rank", type=int, required=True, help="place of the trial by validation loss; 1 is the lowest"
    )
    add_source(parser)
    text = ".json measured of the training maps, one a channel"
    parser.add_argument("--measured", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--suite", required=True, help="suite that the search trained on")
    parser.add_argument("--field", required=True, help="field that the networks read")
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    add_layers(parser)


def run(
    *,
    study: str,
    studies: list[str],
    weights: list[str],
    rank: int,
    directory: Path | None,
    roots: list[str],
    attempts: int,
    timeout: float,
    measured: Paths,
    suite: str,
    field: str,
    output: Path,
    layers: Sequence[str] | None = None,
) -> None:
    """Choose a trial of a search, fetch its weights alone, and write them with the moments of their training maps."""
    channels = read_channels(measured, field)
    side = side_of(channels)
    take = partial(obtain, directory=directory, roots=roots, connection=Connection(attempts, timeout))
    searched = take(studies, check=partial(require_study, study=study), largest=SMALL)
    chosen = read_trial(searched, study=study, rank=rank)
    arguments: dict[str, Any] = {
        "hidden": chosen.hidden,
        "dropout": chosen.dropout,
        "channels": len(channels),
        "size": side,
    }
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
        layers=layers_of(network, layers, (len(channels), side, side), trained),
        channels=tuple(one.channel for one in channels),
        provenance={
            "trained": True,
            "study": searched.name,
            "study_sha256": sha256(searched),
            **{"trial": chosen.number, "rank": rank, "validation_loss": chosen.value},
            "weights": trained.name,
            "weights_sha256": sha256(trained),
            "maps_sha256": " ".join(one.sha256 for one in channels),
            "maps_source": by_channel([one.source and asdict(one.source) for one in channels]),
            "moments_estimate": by_channel([one.estimate and asdict(one.estimate) for one in channels]),
        },
    )
    write_model(network, output, description=description)
    logger.info("%s: %d layers, from %s", output, len(description.layers), trained)

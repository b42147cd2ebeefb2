"""Action of the stage models: ``choose``, take a model file as it is, once it proved whole and fitting.

Output: ``{model}.pt`` and ``{model}.json``, see `repshift.storage.models`.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from repshift.case.layers import layers_of
from repshift.cli.networks import add_layers
from repshift.storage.models import read_model, write_model
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, help=".pt of a model file, its .json beside it")
    parser.add_argument("--suite", required=True, help="suite the model must have been trained on")
    parser.add_argument("--field", required=True, help="field the model must read")
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    add_layers(parser)


def run(*, weights: Path, suite: str, field: str, output: Path, layers: Sequence[str] | None = None) -> None:
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
        side, n_channels = description.arguments["size"], len(description.channels)
        chosen = layers_of(network, layers, (n_channels, side, side), weights)
        description = replace(description, layers=chosen)
    write_model(network, output, description=description)
    logger.info("%s: %d layers, from %s", output, len(description.layers), weights)

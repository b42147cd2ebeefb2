"""Action of the stage training: ``publish`` a trained model. Rule ``publish_model``."""

import argparse
import logging
from pathlib import Path

from repshift.storage.models import read_model, write_model
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--weights", type=Path, required=True, help=".pt of the trained model")
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")


def run(*, weights: Path, output: Path) -> None:
    """Copy a trained model, once it proved whole, to the place that the configuration names."""
    if output.resolve() == weights.resolve():
        raise InputError(f"{output} is where the model was trained. Give the model other weights to publish it to.")
    network, description = read_model(weights)
    write_model(network, output, description=description)
    logger.info("%s: from %s", output, weights)

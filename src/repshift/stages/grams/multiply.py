"""Action of the stage grams: ``multiply`` the representations that the stage activations wrote. Rule ``network``."""

import argparse
import logging
from contextlib import ExitStack
from pathlib import Path

from repshift.case.products import SAME, require_one_model, write_grams
from repshift.cli.arguments import add_device, add_threads, device_of
from repshift.storage.datasets import open_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(device=device_of(given), **given))
    parser.add_argument("--activations", type=Path, required=True, help=".nc of the case")
    parser.add_argument("--reference", type=Path, help=".nc of the model shown its own domain, for its cross block")
    add_device(parser)
    add_threads(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, activations: Path, reference: Path | None, device: str, threads: int, output: Path) -> None:
    """Multiply the representations of every layer, by chunks of features, on the device."""
    paths = [activations] if reference is None else [activations, reference]
    with ExitStack() as stack:
        datasets = [stack.enter_context(open_dataset(path, attributes=SAME)) for path in paths]
        require_one_model(datasets, paths)
        write_grams(datasets, device=device, threads=threads, output=output)

"""Action of the stage maps: ``slice``, the maps of a split out of a file on a server. Rule ``slice``."""

import argparse
import logging
from dataclasses import replace
from pathlib import Path
from typing import get_args

from repshift.cli.progress import transfer
from repshift.downloads.connections import Connection
from repshift.downloads.remote import Remote, open_remote
from repshift.downloads.slices import log_transfer, read_header, write_slice
from repshift.statistics.selection import split_simulations
from repshift.storage.files import sha256
from repshift.storage.measurement import Source, read_measured, write_measured
from repshift.vocabulary import InputError, Split

logger = logging.getLogger(__name__)

_MEGABYTE = 1e6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--attempts", type=int, required=True, help="number of failures in a row that ends the use of an address"
    )
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a byte that count as a failure")
    parser.add_argument("--measured", type=Path, required=True, help=".json that 'maps sample' wrote")
    parser.add_argument("--split", choices=get_args(Split), required=True, help="part of the set to fetch")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")
    parser.add_argument("--output-measured", type=Path, required=True, help=".json to write")


def run(*, measured: Path, split: Split, attempts: int, timeout: float, output: Path, output_measured: Path) -> None:
    """Fetch the maps of a split out of the remote file that `sample` measured, and out of no other."""
    found = read_measured(measured)
    if found.source is None:
        raise InputError(f"{measured} was measured of a file on disk. Expected what 'maps sample' wrote.")
    simulations = split_simulations(found.n_simulations, split=split)
    remote = open_remote(found.source.address, connection=Connection(attempts, timeout))
    _require_same_version(remote, found.source, measured)
    with transfer(f"{split} of {output.name}") as watch:
        transferred = write_slice(remote, read_header(remote), simulations, output, watch=watch)
    write_measured(replace(found, sha256=sha256(output), simulations=tuple(simulations.tolist())), output_measured)
    logger.info("%s: %d simulations", output, len(simulations))
    log_transfer(remote, transferred)


def _require_same_version(remote: Remote, source: Source, measured: Path) -> None:
    if (remote.size, remote.validator) != (source.size, source.validator):
        raise InputError(
            f"The file on the server changed since it was sampled: {remote.address} has {remote.size} bytes, "
            f"{remote.validator or 'no validator'}, but {measured} is of {source.size} bytes, "
            f"{source.validator or 'no validator'}, of {source.address}. Run 'maps sample' and 'maps slice' again."
        )

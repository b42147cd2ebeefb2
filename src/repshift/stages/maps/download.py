"""Files of CMD that are on this machine or are fetched to it: arguments, and an action of the stage maps.

Output of ``download``: a link to the file, which stays in the directory of downloads, out of the reach of a workflow
that deletes the outputs of a job that failed or is run again.
"""

import argparse
import logging
import os
from pathlib import Path
from typing import Final, Literal

from repshift.cli.arguments import add_source
from repshift.downloads.connections import Connection
from repshift.downloads.sources import SMALL, Check, obtain
from repshift.storage.files import replacing
from repshift.storage.labels import read_table
from repshift.storage.maps import open_maps

logger = logging.getLogger(__name__)


_CHECKS: Final[dict[str, tuple[Check, int]]] = {"maps": (open_maps, 10**12), "parameters": (read_table, SMALL)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--content", choices=tuple(_CHECKS), required=True, help="what the file must hold")
    parser.add_argument("--files", nargs="+", required=True, help="paths in a copy of CMD, in the order of preference")
    add_source(parser)
    parser.add_argument("--output", type=Path, required=True, help="link to write, to the file found or fetched")


def run(
    *,
    content: Literal["maps", "parameters"],
    files: list[str],
    directory: Path,
    roots: list[str],
    attempts: int,
    timeout: float,
    output: Path,
) -> None:
    """Find a file of maps or parameters on this machine, or fetch it, and write a link to it."""
    connection, (check, largest) = Connection(attempts, timeout), _CHECKS[content]
    found = obtain(files, directory=directory, roots=roots, connection=connection, check=check, largest=largest)
    output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(output) as temporary:
        temporary.unlink(missing_ok=True)
        place = directory.resolve() / found.relative_to(directory)
        temporary.symlink_to(os.path.relpath(place, output.parent.resolve()))
    logger.info("%s: %.1f MB", output, found.stat().st_size / 1e6)

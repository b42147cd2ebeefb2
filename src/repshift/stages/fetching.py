"""Files of CMD that are on this machine or are fetched to it: arguments, and an action of the stage maps. No stage.

Output of ``download``: a link to the file, which stays in the directory of downloads, out of the reach of a workflow
that deletes the outputs of a job that failed or is run again.
"""

import argparse
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from repshift.stages.progress import transfer
from repshift.storage.checksums import SUMS, recorded
from repshift.storage.downloads import download
from repshift.storage.files import replacing
from repshift.storage.labels import read_table
from repshift.storage.maps import open_maps
from repshift.storage.remote import Connection
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Check = Callable[[Path], object]
"""Raises `InputError` where a file does not hold what it should."""


SMALL: Final = 10**7
"""Bytes of a table or a study at most: CMD's have less than 1 MB."""

_CHECKS: Final[dict[str, tuple[Check, int]]] = {"maps": (open_maps, 10**12), "parameters": (read_table, SMALL)}


def add_source(parser: argparse.ArgumentParser, *, directory: bool = True) -> None:
    """Add where files come from, where those that are fetched are kept, and how a server is asked."""
    if directory:
        parser.add_argument("--directory", type=Path, help="where files fetched are kept: a copy of CMD")
    parser.add_argument("--roots", nargs="*", required=True, help="addresses of copies of CMD, in the order of trial")
    parser.add_argument("--attempts", type=int, required=True, help="failures in a row that give an address up")
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a byte that are a failure")


def add_download(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `fetch`."""
    parser.set_defaults(run=fetch)
    parser.add_argument("--content", choices=tuple(_CHECKS), required=True, help="what the file must hold")
    parser.add_argument("--files", nargs="+", required=True, help="paths in a copy of CMD, in the order of preference")
    add_source(parser)
    parser.add_argument("--output", type=Path, required=True, help="link to write, to the file found or fetched")


def fetch(
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


def addresses_of(files: Sequence[str], roots: Sequence[str]) -> list[str]:
    """Return the addresses of a file: every path at the first root, then at the next."""
    return [f"{root.rstrip('/')}/{path}" for root in roots for path in files]


def obtain(
    files: Sequence[str],
    *,
    directory: Path | None,
    roots: Sequence[str],
    connection: Connection,
    check: Check,
    largest: int,
) -> Path:
    """Return the first of several files that is on this machine, or fetch it.

    Parameters
    ----------
    files
        Paths in the order of preference, relative to `directory` and to the roots where there is a directory. A file
        that is fetched gets the first path.
    directory
        Where files fetched are kept; its ``SHA256SUMS`` is held against the files in it. None: nothing is fetched.
    roots
        Addresses of copies, in the order of preference.
    connection
        How addresses are asked.
    check
        What the file must stand before it is taken.
    largest
        Bytes that the file has at most.

    Raises
    ------
    FileNotFoundError
        If no path exists and nothing may be fetched.
    InputError
        If the file cannot be fetched, or is not what it should be.
    """
    paths = [Path(path) if directory is None else directory / path for path in files]
    found = next((path for path in paths if path.exists()), None)
    if found is not None and directory is None:
        check(found)
        return found
    if directory is None:
        raise FileNotFoundError(f"None of these files is there: {', '.join(map(str, paths))}.")
    target = found or paths[0]
    with transfer(target.name) as watch:
        download(
            addresses_of(files, roots),
            target,
            directory=directory,
            connection=connection,
            check=check,
            watch=watch,
            largest=largest,
        )
    return target


def require_recorded(link: Path, digest: str, *, directory: Path) -> None:
    """Refuse a file that `fetch` linked to if its checksum is no longer the recorded one.

    Raises
    ------
    InputError
        With both checksums.
    """
    place = Path(os.path.normpath(link.parent.resolve() / link.readlink()))
    expected = recorded(directory.resolve(), place)
    if expected not in (None, digest):
        raise InputError(
            f"{link} has the SHA-256 {digest}, but {directory / SUMS} records {expected}. "
            f"It was changed or cut since it was fetched: delete {place} to fetch it again."
        )

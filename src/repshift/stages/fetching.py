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
from repshift.storage.checksums import record, recorded
from repshift.storage.downloads import download
from repshift.storage.files import replacing, sha256
from repshift.storage.labels import read_table
from repshift.storage.maps import open_maps
from repshift.storage.remote import Connection
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Check = Callable[[Path], object]
"""Raises `InputError` where a file does not hold what it should."""


_CHECKS: Final[dict[str, Check]] = {"maps": open_maps, "parameters": read_table}


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add how often and how long a server is asked; `Connection` takes both."""
    parser.add_argument("--attempts", type=int, required=True, help="failures in a row that give an address up")
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a byte that are a failure")


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Add where files that are fetched are kept."""
    parser.add_argument("--directory", type=Path, help="where files fetched are kept; needed for places with addresses")


def add_download(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `fetch`."""
    parser.set_defaults(run=fetch)
    parser.add_argument("--content", choices=tuple(_CHECKS), required=True, help="what the file must hold")
    parser.add_argument("--places", nargs="+", required=True, help="paths, then addresses, in the order of preference")
    parser.add_argument("--sha256", help="checksum, where it is known before the file is fetched")
    add_directory(parser)
    add_connection(parser)
    parser.add_argument("--output", type=Path, required=True, help="link to write, to the file found or fetched")


def fetch(
    *,
    content: Literal["maps", "parameters"],
    places: list[str],
    sha256: str | None,
    directory: Path,
    attempts: int,
    timeout: float,
    output: Path,
) -> None:
    """Find a file of maps or parameters on this machine, or fetch it, and write a link to it."""
    connection = Connection(attempts, timeout)
    found = obtain(places, directory=directory, connection=connection, check=_CHECKS[content], known=sha256)
    with replacing(output) as temporary:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(os.path.relpath(found.absolute(), output.parent.absolute()))
    logger.info("%s: %.1f MB", output, found.stat().st_size / 1e6)


def obtain(
    places: Sequence[str],
    *,
    directory: Path | None,
    connection: Connection,
    check: Check,
    known: str | None = None,
) -> Path:
    """Return the first of several files that is on this machine, or fetch it.

    Parameters
    ----------
    places
        Paths, then addresses, both in the order of preference. A file that is fetched gets the first path.
    directory
        Where files fetched are kept; its ``SHA256SUMS`` is held against the files in it. None: nothing is fetched.
    connection
        How addresses are asked.
    check
        What the file must stand before it is taken.
    known
        SHA-256 of the file, where it is known.

    Raises
    ------
    FileNotFoundError
        If no path exists and there is no address.
    InputError
        If the file cannot be fetched, or is not what it should be.
    """
    paths = [Path(place) for place in places if "://" not in place]
    found = next((path for path in paths if path.exists()), None)
    if found is not None:
        if directory is not None:
            _verify(found, directory, known)
        check(found)
        return found
    addresses = [place for place in places if "://" in place]
    if directory is None or not addresses:
        raise FileNotFoundError(f"None of these files is there: {', '.join(map(str, paths))}.")
    with transfer(paths[0].name) as watch:
        download(
            addresses,
            paths[0],
            directory=directory,
            connection=connection,
            sha256=known,
            check=check,
            watch=watch,
        )
    return paths[0]


def _verify(path: Path, directory: Path, known: str | None) -> None:
    """Hold a file that was fetched before, or put there by hand, against its checksum, or record it."""
    expected, found = known or recorded(directory, path), sha256(path)
    if expected is None:
        record(directory, path, found)
        logger.info("%s: was there already; its SHA-256 is now in SHA256SUMS", path)
    elif expected != found:
        raise InputError(
            f"{path} has the SHA-256 {found}, but {expected} was expected. "
            "It was changed or cut since it was fetched: delete it to fetch it again."
        )

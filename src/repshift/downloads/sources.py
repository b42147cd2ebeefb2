"""Files of CMD that are on this machine or are fetched to it."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from repshift.cli.progress import transfer
from repshift.downloads.connections import Connection
from repshift.downloads.transfer import download
from repshift.storage.checksums import SUMS, recorded
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Check = Callable[[Path], object]
"""Raises `InputError` where a file does not hold what it should."""


SMALL: Final = 10**7
"""Bytes of a table or a study at most: CMD's have less than 1 MB."""


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

"""What files that were fetched must be: ``SHA256SUMS``, as ``sha256sum`` writes it, sorted by path."""

import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from repshift.storage import files
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Check = Callable[[Path], object]
"""Raises `InputError` where a file does not hold what it should."""

SUMS: Final = "SHA256SUMS"
"""The file of checksums in a directory of downloads; paths in it are relative to the directory."""


def recorded(directory: Path, target: Path) -> str | None:
    """Return the SHA-256 that ``SHA256SUMS`` in `directory` records for a file; None where it records none.

    Raises
    ------
    InputError
        If `target` is not inside `directory`, or a line of ``SHA256SUMS`` is malformed.
    """
    return read_sums(directory).get(name_in(directory, target))


def record(directory: Path, target: Path, digest: str) -> None:
    """Record the SHA-256 of a file in ``SHA256SUMS`` in `directory`; others may do so at the same time.

    Raises
    ------
    InputError
        As `recorded`.
    """
    name = name_in(directory, target)
    with locked(directory / f".{SUMS}.lock"):
        sums = read_sums(directory) | {name: digest.lower()}
        with files.replacing(directory / SUMS) as temporary:
            temporary.write_text("".join(f"{sums[path]}  {path}\n" for path in sorted(sums)), encoding="utf-8")


def expected_of(path: Path, *, directory: Path, sha256: str | None) -> tuple[str | None, str]:
    """Return the SHA-256 that a file must have, given or else recorded, and in words where that is said.

    Raises
    ------
    InputError
        If what is given is no SHA-256; else as `recorded`.
    """
    if sha256 is None:
        return recorded(directory, path), f"is in {directory / SUMS}; if the change is wanted, delete it there"
    if not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise InputError(f"{sha256!r:.100} is no SHA-256 of {path}: 64 hexadecimal digits were expected.")
    return sha256.lower(), "was given; if the change is wanted, give the new one"


def accept(path: Path, *, directory: Path, sha256: str | None = None, check: Check) -> None:
    """Take a file that is there already: hold it against its checksum, check it, and only then record it.

    Parameters
    ----------
    path
        The file; inside `directory`, unless its checksum is given.
    directory
        Where ``SHA256SUMS`` lies. A checksum that is neither given nor recorded there is recorded.
    sha256
        Checksum that the file must have, 64 hexadecimal digits.
    check
        Called with the file.

    Raises
    ------
    InputError
        If the file is not what it should be. It is left as it is.
    """
    expected, source = expected_of(path, directory=directory, sha256=sha256)
    try:
        found = require_content(path, expected, source, check=check)
    except InputError as error:
        raise InputError(f"{path} is not taken: {error} Delete it to fetch it again.") from error
    if expected is None:
        record(directory, path, found)
        logger.info("%s: was there already; its SHA-256 is now in SHA256SUMS", path)


def require_content(path: Path, expected: str | None, source: str, *, check: Check) -> str:
    """Return the SHA-256 of a file, if it is the expected one and the file stands the check.

    Raises
    ------
    InputError
        If not, whatever the check raised.
    """
    found = files.sha256(path)
    if expected not in (None, found):
        raise InputError(f"it has the SHA-256 {found}, but {expected} {source}.")
    try:
        check(path)
    except InputError:
        raise
    except Exception as error:  # whatever a stranger's file may do to a check
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200].rstrip(".: ")
        raise InputError(f"{path} could not be checked ({reason}).") from error
    return found


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, made where there is none; other threads and processes wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_sums(directory: Path) -> dict[str, str]:
    """Return what ``SHA256SUMS`` in a directory says of its files, by their paths; nothing where there is none.

    Raises
    ------
    InputError
        If a line is malformed.
    """
    path = directory / SUMS
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], start=1):
        found = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.+)", line)
        if found is None:
            raise InputError(f"{path} has '{line:.100}' in line {number}. Expected: 64 digits, two spaces, a path.")
        sums[found[2]] = found[1].lower()
    return sums


def name_in(directory: Path, target: Path) -> str:
    """Return the path of a file relative to a directory, after ``..`` was resolved without looking at the disk.

    Raises
    ------
    InputError
        If it is not inside.
    """
    inside, outside = (Path(os.path.normpath(path.absolute())) for path in (target, directory))
    if outside not in inside.parents:
        raise InputError(f"{target} is not inside {directory}, where files that are fetched are kept.")
    return inside.relative_to(outside).as_posix()

"""What files that were fetched must be: ``SHA256SUMS``, as ``sha256sum`` writes it, sorted by path."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from repshift.storage.files import replacing
from repshift.vocabulary import InputError

SUMS: Final = "SHA256SUMS"
"""The file of checksums in a directory of downloads; paths in it are relative to the directory."""


def recorded(directory: Path, target: Path) -> str | None:
    """Return the SHA-256 that ``SHA256SUMS`` in `directory` records for a file; None where it records none.

    Raises
    ------
    InputError
        If `target` is not inside `directory`, or a line of ``SHA256SUMS`` is malformed.
    """
    return _read_sums(directory).get(_name(directory, target))


def record(directory: Path, target: Path, digest: str) -> None:
    """Record the SHA-256 of a file in ``SHA256SUMS`` in `directory`; others may do so at the same time.

    Raises
    ------
    InputError
        As `recorded`.
    """
    name = _name(directory, target)
    with locked(directory / f".{SUMS}.lock"):
        sums = _read_sums(directory) | {name: digest}
        with replacing(directory / SUMS) as temporary:
            temporary.write_text("".join(f"{sums[path]}  {path}\n" for path in sorted(sums)), encoding="utf-8")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, made where there is none; other threads and processes wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read_sums(directory: Path) -> dict[str, str]:
    path = directory / SUMS
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], start=1):
        found = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if found is None:
            raise InputError(f"{path} has '{line:.100}' in line {number}. Expected: 64 digits, two spaces, a path.")
        sums[found[2]] = found[1]
    return sums


def _name(directory: Path, target: Path) -> str:
    """Return the path of a file relative to a directory, after ``..`` was resolved without looking at the disk."""
    inside, outside = (Path(os.path.normpath(path.absolute())) for path in (target, directory))
    if outside not in inside.parents:
        raise InputError(f"{target} is not inside {directory}, where files that are fetched are kept.")
    return inside.relative_to(outside).as_posix()

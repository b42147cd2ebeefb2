"""Large files fetched from mirrors: resumed where they broke off, checked, and given their name when they are whole.

Beside the target lie, while it is fetched, a partial file for every address, size and validator that gave some of it
(``.{stem}.{digits}.part{suffix}``), what it is a part of (the same name and ``.json``), and a lock (``.{name}.lock``).
All stay after a failure, for the next run; a partial file that is whole and wrong is deleted.
"""

import errno
import functools
import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from repshift.downloads.connections import Connection, HopelessError, first_of
from repshift.downloads.remote import ChangedError, Remote, open_remote, read_range
from repshift.storage import files
from repshift.storage.checksums import Check, accept, expected_of, locked, name_in, record, recorded, require_content
from repshift.vocabulary import InputError

__all__ = ["Watch", "append", "discard_partials", "download", "kept", "partial_of", "record", "recorded", "room_for"]

logger = logging.getLogger(__name__)

Watch = Callable[[int, int], object]
"""Is called with the bytes there are and will be, as they arrive."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_STARTS: Final = 3


@dataclass(frozen=True)
class _Wanted:
    """A file to fetch, and what it must be."""

    target: Path
    connection: Connection
    expected: str | None
    source: str
    largest: int | None
    check: Check
    watch: Watch


def _unwatched(done: int, size: int) -> None:
    """Take no notice."""


def download(
    addresses: Sequence[str],
    target: Path,
    *,
    directory: Path,
    connection: Connection,
    sha256: str | None = None,
    check: Check,
    watch: Watch = _unwatched,
    largest: int | None = None,
) -> None:
    """Fetch a file from the first of its addresses that gives it; one that is there is held against its checksum.

    A second process that wants the same file waits for the first.

    Parameters
    ----------
    addresses
        Mirrors, in the order of preference.
    target
        Where the file goes; inside `directory`.
    directory
        Where ``SHA256SUMS`` lies. A checksum that is neither given nor recorded there is recorded: trust on first use.
    connection
        How the servers are asked.
    sha256
        Checksum that the file must have, 64 hexadecimal digits.
    check
        Called with the file when it is whole; raises `InputError` if the content is not what it should be.
    watch
        Called with the bytes there and the size, both in bytes, first with what was there already.
    largest
        Bytes that the file has at most: of a larger one, nothing is fetched.

    Raises
    ------
    InputError
        If `target` is not inside `directory`, a checksum is none, no address gives the file (every address with its
        reason), or the file that is there is not what it should be.
    """
    name_in(directory, target)
    expected, source = expected_of(target, directory=directory, sha256=sha256)
    if not target.exists():
        lock = target.with_name(f".{target.name}.lock")
        with locked(lock):
            if not target.exists():
                wanted = _Wanted(target, connection, expected, source, largest, check, watch)
                partial, found = first_of(addresses, functools.partial(_whole, wanted), what=f"gives {target}")
                if expected is None:
                    record(directory, target, found)
                partial.replace(target)
                discard_partials(target)
                lock.unlink()
                return
    accept(target, directory=directory, sha256=sha256, check=check)


def _whole(wanted: _Wanted, address: str) -> tuple[Path, str]:
    """Return a partial file that is whole and right, and its checksum."""
    partial = _fetch(wanted, address)
    try:
        return partial, require_content(partial, wanted.expected, wanted.source, check=wanted.check)
    except InputError as error:
        _discard(partial)
        reason = str(error).rstrip(".")
        raise InputError(f"{address} does not give {wanted.target}: {reason}; what was fetched is deleted.") from error


def _fetch(wanted: _Wanted, address: str) -> Path:
    """Fetch a file to a partial one; again where the server replaces it meanwhile, but not for ever."""
    for _ in range(_STARTS - 1):
        try:
            return _transfer(wanted, open_remote(address, connection=wanted.connection))
        except ChangedError as error:
            logger.warning("%s It is fetched again.", error)
    return _transfer(wanted, open_remote(address, connection=wanted.connection))


def _transfer(wanted: _Wanted, remote: Remote) -> Path:
    """Append to a partial file what it lacks."""
    if wanted.largest is not None and remote.size > wanted.largest:
        raise InputError(
            f"{remote.address} has {remote.size} bytes; at most {wanted.largest} were expected of {wanted.target.name}."
        )
    identity = remote.identity | {"resumable": remote.resumable}
    partial = partial_of(wanted.target, identity)
    if not remote.resumable:
        _discard(partial)
    with room_for(partial, remote.size, address=remote.address):
        done = kept(partial, identity, size=remote.size)
        wanted.watch(done, remote.size)
        blocks = read_range(remote, done, remote.size)
        append(blocks, partial, done=done, size=remote.size, watch=wanted.watch)
    if partial.stat().st_size != remote.size:
        raise InputError(f"{partial} has {partial.stat().st_size} bytes. {remote.address} has {remote.size}.")
    return partial


def partial_of(target: Path, identity: Mapping[str, Any]) -> Path:
    """Return where a part of a file is kept, of which `identity` tells every other version."""
    digits = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:8]
    return target.with_name(f".{target.stem}.{digits}.part{target.suffix}")


def kept(partial: Path, identity: Mapping[str, Any], *, size: int) -> int:
    """Return how many bytes of a file are there, at most `size`, after discarding what may be of another."""
    if partial.exists():
        there, begun = partial.stat().st_size, _begun(partial)
        if begun == identity and there <= size:
            return there
        logger.warning("%s is begun again: %d bytes are there of %s", partial, there, begun or "it is not known what")
    _discard(partial)
    files.write_json(dict(identity), _record_of(partial))
    return 0


def append(blocks: Iterable[bytes], partial: Path, *, done: int, size: int, watch: Watch) -> int:
    """Append to a partial file, and return how many bytes; `watch` gets those there, from `done` on, and `size`."""
    first = done
    with partial.open("ab", buffering=0) as file:
        for block in blocks:
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) :]
            done += len(block)
            watch(done, size)
        os.fsync(file.fileno())
    return done - first


@contextmanager
def room_for(partial: Path, size: int, *, address: str) -> Iterator[None]:
    """Refuse to begin where the disk has no room for the rest of a file of `size` bytes; say so where it fills up.

    Raises
    ------
    HopelessError
        With the bytes that are missing.
    """
    partial.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(partial.parent).free < _missing(partial, size):
        raise _no_room(partial, size, address)
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise _no_room(partial, size, address) from error


def discard_partials(target: Path) -> None:
    """Remove all partial files of a file that is whole."""
    form = re.compile(rf"\.{re.escape(target.stem)}\.[0-9a-f]{{8}}\.part{re.escape(target.suffix)}")
    for path in list(target.parent.iterdir()):
        if form.fullmatch(path.name.removesuffix(".json")):
            path.unlink(missing_ok=True)


def _begun(partial: Path) -> dict[str, Any]:
    """Return what a partial file is a part of; nothing where that was lost."""
    try:
        return files.read_json(_record_of(partial))
    except (InputError, FileNotFoundError):
        return {}


def _missing(partial: Path, size: int) -> int:
    return size - (partial.stat().st_size if partial.exists() else 0)


def _no_room(partial: Path, size: int, address: str) -> HopelessError:
    free = shutil.disk_usage(partial.parent).free
    return HopelessError(
        f"{partial.parent} has no room for {address}: {_missing(partial, size) / 1e9:.3f} GB are missing and "
        f"{free / 1e9:.3f} GB free (a quota may leave less). Make room and run again: what is there is kept."
    )


def _record_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _discard(partial: Path) -> None:
    """Remove a partial file, then what it is a part of: never the other way round."""
    partial.unlink(missing_ok=True)
    _record_of(partial).unlink(missing_ok=True)

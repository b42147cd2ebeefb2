"""Large files fetched from mirrors: resumed where they broke off, checked, and given their name when they are whole.

Beside the target lie, while it is fetched, one partial file a mirror (``.{stem}.{digits}.part{suffix}``), what it is a
part of (the same name and ``.json``), and a lock (``.{name}.lock``). All three stay after a failure, for the next run.
"""

import errno
import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, Final

from repshift.storage import files
from repshift.storage.checksums import SUMS, locked, record, recorded
from repshift.storage.remote import ChangedError, Connection, Remote, open_remote, read_range
from repshift.vocabulary import InputError

__all__ = ["download", "record", "recorded"]

logger = logging.getLogger(__name__)

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_STARTS: Final = 3


class NoRoomError(InputError):
    """The disk is full, so no other address would help."""


def _unwatched(done: int, size: int) -> None:
    """Take no notice."""


def download(
    addresses: Sequence[str],
    target: Path,
    *,
    directory: Path,
    connection: Connection,
    sha256: str | None = None,
    check: Callable[[Path], object],
    watch: Callable[[int, int], object] = _unwatched,
) -> None:
    """Fetch a file from the first of its addresses that gives it; at once if it is there already.

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
        Called with the partial file when it is whole; raises `InputError` if the content is not what it should be.
    watch
        Called with the bytes there and the size, both in bytes, first with what was there already.

    Raises
    ------
    InputError
        If `target` is not inside `directory`, a checksum is none, or no address gives the file: every address with its
        reason.
    """
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise InputError(f"'{sha256}' is no SHA-256 of {target}: 64 hexadecimal digits were expected.")
    expected = recorded(directory, target)
    source = f"is in {directory / SUMS}; if the change is wanted, delete it there"
    if sha256 is not None:
        expected, source = sha256.lower(), "was given; if the change is wanted, give the new one"
    if target.exists():
        return
    lock = target.with_name(f".{target.name}.lock")
    with locked(lock):
        if target.exists():
            return

        def whole(address: str) -> tuple[Path, str]:
            partial = _fetch(address, _partial(target, address), connection, watch)
            try:
                found = _require_digest(partial, expected, source)
                check(partial)
            except InputError as error:
                _discard(partial)
                raise InputError(f"{address} does not give {target}: {error} What was fetched is deleted.") from error
            return partial, found

        partial, found = _first(whole, addresses, target)
        if expected is None:
            record(directory, target, found)
        partial.replace(target)
        for address in addresses:
            _discard(_partial(target, address))
        lock.unlink()


def _first(whole: Callable[[str], tuple[Path, str]], addresses: Sequence[str], target: Path) -> tuple[Path, str]:
    """Return what `whole` gives for the first address for which it gives anything."""
    reasons = []
    for address in addresses:
        try:
            return whole(address)
        except NoRoomError:
            raise
        except InputError as error:
            logger.warning("%s", error)
            reasons.append(str(error))
    raise InputError(f"None of {len(addresses)} addresses gives {target}. {' '.join(reasons)}")


def _fetch(address: str, partial: Path, connection: Connection, watch: Callable[[int, int], object]) -> Path:
    """Fetch a file to its partial one; anew where the server replaces it meanwhile, but not for ever."""
    for _ in range(_STARTS - 1):
        try:
            return _transfer(open_remote(address, connection=connection), partial, watch)
        except ChangedError as error:
            logger.warning("%s It is fetched anew.", error)
    return _transfer(open_remote(address, connection=connection), partial, watch)


def _transfer(remote: Remote, partial: Path, watch: Callable[[int, int], object]) -> Path:
    """Append to a partial file what it lacks."""
    done = _resumed(remote, partial)
    if shutil.disk_usage(partial.parent).free < remote.size - done:
        raise _no_room(remote, partial)
    watch(done, remote.size)
    with partial.open("ab", buffering=0) as file:
        try:
            for block in read_range(remote, done, remote.size):
                _append(file, block)
                done += len(block)
                watch(done, remote.size)
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise _no_room(remote, partial) from error
    if partial.stat().st_size != remote.size:
        raise InputError(f"{partial} has {partial.stat().st_size} bytes. {remote.address} has {remote.size}.")
    return partial


def _resumed(remote: Remote, partial: Path) -> int:
    """Return how many bytes of a file are there, after discarding what cannot be shown to be of the same file."""
    ours = {"address": remote.address, "size": remote.size, "validator": remote.validator}
    if partial.exists():
        size, begun = partial.stat().st_size, _begun(partial)
        if begun == ours and remote.validator and remote.ranges and size <= remote.size:
            return size
        logger.warning("%s is fetched anew: %d bytes are there of %s; now it is %s", remote.address, size, begun, ours)
    _discard(partial)
    files.write_json(ours, _record_of(partial))
    return 0


def _begun(partial: Path) -> dict[str, Any]:
    path = _record_of(partial)
    return files.read_json(path) if path.exists() else {}


def _append(file: FileIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]


def _no_room(remote: Remote, partial: Path) -> NoRoomError:
    missing = remote.size - partial.stat().st_size if partial.exists() else remote.size
    free = shutil.disk_usage(partial.parent).free
    return NoRoomError(
        f"{partial.parent} has no room for {remote.address}: {missing / 1e9:.3f} GB are missing and "
        f"{free / 1e9:.3f} GB free (a quota may leave less). Make room and run again: what is there is kept."
    )


def _require_digest(partial: Path, expected: str | None, source: str) -> str:
    found = files.sha256(partial)
    if expected is not None and found != expected:
        raise InputError(f"it has the SHA-256 {found}, but {expected} {source}.")
    return found


def _partial(target: Path, address: str) -> Path:
    digits = hashlib.sha256(address.encode()).hexdigest()[:8]
    return target.with_name(f".{target.stem}.{digits}.part{target.suffix}")


def _record_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _discard(partial: Path) -> None:
    """Remove a partial file, then what it is a part of: never the other way round."""
    partial.unlink(missing_ok=True)
    _record_of(partial).unlink(missing_ok=True)

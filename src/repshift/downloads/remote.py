"""A file on a web server, read in pieces over a connection that breaks.

A read goes on from the byte it reached, and only while the server proves that the file is still the same one.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import requests

from repshift.downloads.connections import BROKEN, Connection, TrickleError, back_off, get, reason
from repshift.vocabulary import InputError

__all__ = ["ChangedError", "Connection", "Remote", "open_remote", "read_range"]

_BLOCK: Final = 1 << 20
_NUMBER: Final = "([0-9]{1,18})"


class ChangedError(InputError):
    """The file at an address is another one than it was: what was read of it is of no use."""


@dataclass(frozen=True)
class Remote:
    """A file on a server, as the server described it.

    Attributes
    ----------
    address
        As given, before redirects.
    size
        In bytes.
    validator
        What tells this file from a later one: a strong ETag, else Last-Modified, else empty.
    ranges
        Whether the server gives parts of the file.
    connection
        How to read it.
    """

    address: str
    size: int
    validator: str
    ranges: bool
    connection: Connection

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this file from every other one, if there is a validator."""
        return {"address": self.address, "size": self.size, "validator": self.validator}

    @property
    def resumable(self) -> bool:
        """Whether a reading can go on later at the byte it reached."""
        return self.ranges and bool(self.validator)


def open_remote(address: str, *, connection: Connection) -> Remote:
    """Ask a server for the first byte of a file, and so for its size and whether it can be read in parts.

    Raises
    ------
    InputError
        If the address is not of http or https, the server refuses, does not say the size, redirects to another scheme,
        or does not answer after all attempts.
    """
    if not address.lower().startswith(("http://", "https://")):
        raise InputError(f"'{address}' cannot be downloaded. An address starts with http:// or https://.")
    failures = 0
    while True:
        try:
            return _probe(address, connection)
        except BROKEN as error:
            failures += 1
            back_off(address, connection, failures, error)


def read_range(remote: Remote, start: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes [start, stop) of a file, in blocks of 1 MiB or less.

    After a failure the reading goes on from the byte reached.

    Raises
    ------
    ChangedError
        If the server has another file now.
    InputError
        If there are no such bytes, the server cannot resume, ignores the range, sends other bytes than it was asked
        for, or gives no new byte after all attempts.
    """
    if not 0 <= start <= stop <= remote.size or (start and not remote.ranges):
        raise InputError(
            f"Bytes {start} to {stop} of {remote.address} cannot be read: it has {remote.size} bytes"
            + ("." if remote.ranges else " and its server gives no parts, so that every reading starts at byte 0.")
        )
    position, failures = start, 0
    while position < stop:
        reached = position
        error: Exception = requests.ConnectionError("no more bytes came")
        try:
            for block in _read_once(remote, position, stop):
                position += len(block)
                yield block
        except BROKEN as broken:
            error = broken
        if position < stop:
            failures = failures + 1 if position == reached or isinstance(error, TrickleError) else 0
            _require_resumable(remote, position if position > start else 0, error)
            back_off(remote.address, remote.connection, failures, error)


def _probe(address: str, connection: Connection) -> Remote:
    with get(address, connection, {"Range": "bytes=0-0"}) as response:
        ranges = response.status_code == 206
        size = 0 if response.status_code == 416 else _span(address, response)[2]
        if not size:
            raise InputError(f"{address} is an empty file.")
        if ranges:
            response.raw.read1(1)
        return Remote(address, size, _validator(response), ranges, connection)


def _read_once(remote: Remote, position: int, stop: int) -> Iterator[bytes]:
    """Yield bytes from `position` on, as far as one connection carries."""
    asked = {"Range": f"bytes={position}-{stop - 1}"} if remote.ranges else {}
    condition = {"If-Range": remote.validator} if remote.ranges and remote.validator else {}
    with get(remote.address, remote.connection, asked | condition) as response:
        end = _require_same(remote, response, position, stop)
        since, waited = position, 0.0
        while position < stop or end == stop:
            asked_at = time.monotonic()
            block = response.raw.read1(_BLOCK, decode_content=False)
            waited += time.monotonic() - asked_at
            if not block:
                return
            if position + len(block) > end:
                raise InputError(f"{remote.address} sends more than the {end - position} bytes that it promised.")
            yield block[: stop - position]
            position += len(block)
            if waited >= max(remote.connection.window, remote.connection.timeout):
                _require_speed(remote, position - since, waited)
                since, waited = position, 0.0


def _require_speed(remote: Remote, n_bytes: int, seconds: float) -> None:
    """Let a connection fail that only keeps itself alive; the time in which nobody waited for it is not counted."""
    if n_bytes < remote.connection.slowest * seconds:
        raise TrickleError(f"only {n_bytes} bytes came in {seconds:.3g} seconds")


def _require_same(remote: Remote, response: requests.Response, position: int, stop: int) -> int:
    """Return the byte at which an answer ends, if it is one about the same file and these bytes."""
    if response.status_code == 416:
        raise ChangedError(f"{remote.address} changed while it was read: it has no byte {position} any more.")
    first, end, size = _span(remote.address, response)
    validator = _validator(response)
    if size != remote.size or (validator and validator != remote.validator):
        raise ChangedError(
            f"{remote.address} changed while it was read: it had {remote.size} bytes and the validator "
            f"{remote.validator!r:.100}, now {size} bytes and {validator!r:.100}."
        )
    if response.status_code == 200 and remote.ranges:
        raise InputError(f"{remote.address} ignores Range: asked for bytes {position} to {stop}, it sends the whole.")
    if first != position or (response.status_code == 206 and end > stop):
        raise InputError(f"{remote.address} sends bytes {first} to {end}, but {position} to {stop} were asked for.")
    return end


def _require_resumable(remote: Remote, position: int, error: Exception) -> None:
    """Refuse to go on from a byte where nothing lets the server do so."""
    if position and not remote.ranges:
        why = "its server ignores Range, so it cannot resume"
    elif position and not remote.validator:
        why = "its server gives neither ETag nor Last-Modified, so nothing proves that the rest is of the same file"
    else:
        return
    raise InputError(f"{remote.address} broke off at byte {position} ({reason(error)}), and {why}.") from error


def _span(address: str, response: requests.Response) -> tuple[int, int, int]:
    """Return the first byte of an answer, the one after its last, and the size of the file."""
    whole = response.status_code == 200
    header, form = ("Content-Length", _NUMBER) if whole else ("Content-Range", f"bytes {_NUMBER}-{_NUMBER}/{_NUMBER}")
    found = re.fullmatch(form, value := response.headers.get(header, ""))
    if found is None:
        raise InputError(f"{address} does not say its size: {header} is {value!r:.100}.")
    if whole:
        return 0, int(found[1]), int(found[1])
    return int(found[1]), int(found[2]) + 1, int(found[3])


def _validator(response: requests.Response) -> str:
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "")

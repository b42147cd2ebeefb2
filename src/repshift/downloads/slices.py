"""Parts of a file of maps on a server, read by byte ranges: nothing else of it is transferred.

References
----------
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: the form of ``.npy``.
"""

import io
import logging
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.downloads.remote import Remote, read_range
from repshift.downloads.transfer import Watch, append, discard_partials, kept, partial_of, room_for
from repshift.storage.maps import maps_a_piece, read_form
from repshift.vocabulary import MAPS_PER_SIMULATION, InputError

_MAPS: Final = np.dtype("<f4")


def _unwatched(done: int, size: int) -> None:
    """Take no notice."""


@dataclass(frozen=True)
class Header:
    """The form of a file of maps: `n_maps` of `size` (y, x), float32, which begin at byte `offset`."""

    n_maps: int
    size: tuple[int, int]
    offset: int

    @property
    def bytes_a_map(self) -> int:
        """Bytes of one map."""
        return _MAPS.itemsize * math.prod(self.size)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the bytes [start, stop) of the maps [first, last)."""
        return self.offset + first * self.bytes_a_map, self.offset + last * self.bytes_a_map


def read_header(remote: Remote) -> Header:
    """Read the form of a remote file of maps from its first bytes; nothing in it is ever unpickled.

    Raises
    ------
    InputError
        If the server gives no parts of files or names no version of them, or the file is not one that
        `repshift.storage.maps.open_maps` opens.
    """
    why = ""
    if not remote.ranges:
        why = f"ignores Range: for some of its maps it would have to send the whole file of {remote.size} bytes"
    elif not remote.validator:
        why = "gives neither ETag nor Last-Modified, so nothing proves that parts of it are of the same file"
    if why:
        raise InputError(f"The server of {remote.address} {why}. Fetch the file whole.")
    (n_maps, *size), offset = read_form(remote.address, remote.size, lambda *span: b"".join(read_range(remote, *span)))
    return Header(n_maps, (size[0], size[1]), offset)


def read_pieces(
    remote: Remote, header: Header, *, consume: Callable[[bytes], object]
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield all maps of a remote file, in the pieces (n, y, x) in which a file on disk is read.

    `consume` is given every byte of the file in order, the header's too: for a checksum of the whole.
    """
    for block in read_range(remote, 0, header.offset):
        consume(block)
    blocks = read_range(remote, *header.span(0, header.n_maps))
    yield from _as_maps(_shown(blocks, consume), header)


def read_maps_at(remote: Remote, header: Header, positions: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the maps at `positions`, strictly ascending, in pieces (n, y, x); neighbours share a request.

    Raises
    ------
    InputError
        If positions do not ascend, or the file has none of them.
    """
    if (np.diff(positions) < 1).any() or (positions < 0).any() or (positions >= header.n_maps).any():
        raise InputError(f"Positions in {remote.address} must ascend, from 0 to {header.n_maps - 1} at most.")
    for run in np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1):
        if len(run):
            yield from _as_maps(read_range(remote, *header.span(int(run[0]), int(run[-1]) + 1)), header)


def write_slice(
    remote: Remote, header: Header, simulations: npt.NDArray[np.int64], path: Path, *, watch: Watch = _unwatched
) -> int:
    """Write a ``.npy`` of all maps of some simulations, in their order, and return the bytes transferred.

    What a stopped writer leaves beside `path` is continued after its last whole simulation, if it is of the same
    version of the same file and of the same simulations; what is of others stays until the slice is whole.

    Raises
    ------
    InputError
        As `repshift.downloads.remote.read_range`, or if the disk is full.
    """
    identity = remote.identity | {"simulations": simulations.tolist()}
    partial, head = partial_of(path, identity), _head(len(simulations), header.size)
    length = MAPS_PER_SIMULATION * header.bytes_a_map
    total = len(simulations) * length
    with room_for(partial, len(head) + total, address=remote.address):
        done = _cut(partial, kept(partial, identity, size=len(head) + total), head=head, length=length)
        blocks = _maps_of(remote, header, simulations[done:])
        transferred = append(blocks, partial, done=done * length, size=total, watch=watch)
    partial.replace(path)
    discard_partials(path)
    return transferred


def _maps_of(remote: Remote, header: Header, simulations: npt.NDArray[np.int64]) -> Iterator[bytes]:
    for first in (simulations * MAPS_PER_SIMULATION).tolist():
        yield from read_range(remote, *header.span(first, first + MAPS_PER_SIMULATION))


def _as_maps(blocks: Iterable[bytes], header: Header) -> Iterator[npt.NDArray[np.float32]]:
    """Cut a stream of bytes, which begins and ends with a map, into pieces of maps."""
    length = header.bytes_a_map * maps_a_piece(header.size)
    buffer = bytearray()
    for block in blocks:
        buffer += block
        while len(buffer) >= length:
            yield _decoded(bytes(buffer[:length]), header)
            del buffer[:length]
    if buffer:
        yield _decoded(bytes(buffer), header)


def _decoded(content: bytes, header: Header) -> npt.NDArray[np.float32]:
    return np.frombuffer(content, _MAPS).reshape(-1, *header.size)


def _shown(blocks: Iterable[bytes], consume: Callable[[bytes], object]) -> Iterator[bytes]:
    for block in blocks:
        consume(block)
        yield block


def _head(n_simulations: int, size: tuple[int, int]) -> bytes:
    """Return the header of a ``.npy`` of the maps of some simulations."""
    file, shape = io.BytesIO(), (n_simulations * MAPS_PER_SIMULATION, *size)
    np.lib.format.write_array_header_1_0(file, {"descr": _MAPS.str, "fortran_order": False, "shape": shape})
    return file.getvalue()


def _cut(partial: Path, there: int, *, head: bytes, length: int) -> int:
    """Return how many whole simulations a partial file holds, cut after the last; begin it where it has no header."""
    if there < len(head):
        partial.write_bytes(head)
        return 0
    done = (there - len(head)) // length
    os.truncate(partial, len(head) + done * length)
    return done


logger = logging.getLogger(__name__)

_MEGABYTE = 1e6


def watched(
    pieces: Iterable[npt.NDArray[np.float32]], watch: Callable[[int, int], None], n_maps: int
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield pieces of `n_maps` maps, and say after each how many bytes have come, and will."""
    done = 0
    for piece in pieces:
        done += piece.nbytes
        watch(done, n_maps * piece[0].nbytes)
        yield piece


def log_transfer(remote: Remote, transferred: int) -> None:
    """Say how many bytes of a file were asked for, and how many it has."""
    whole = remote.size / _MEGABYTE
    logger.info("%.1f MB of maps; the whole of %s is %.1f MB", transferred / _MEGABYTE, remote.address, whole)

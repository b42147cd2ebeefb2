"""Parts of a file of maps on a server, read by byte ranges: nothing else of it is transferred.

References
----------
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: the form of ``.npy``.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.storage.files import read_json, replacing, write_json
from repshift.storage.maps import maps_a_piece
from repshift.storage.remote import Remote, read_range
from repshift.vocabulary import MAPS_PER_SIMULATION, InputError

Watch = Callable[[int, int], object]
"""Is told the bytes there are and will be, as they arrive."""

_MAPS: Final = np.dtype("<f4")
_FIRST_BYTES: Final = 1024
_LONGEST_HEADER: Final = 1 << 20
_MALFORMED: Final = (ValueError, SyntaxError, TokenError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Header:
    """The form of a file of maps (n_maps, size, size) float32, which begin at byte `offset`."""

    n_maps: int
    size: int
    offset: int

    @property
    def bytes_a_map(self) -> int:
        """Bytes of one map."""
        return _MAPS.itemsize * self.size**2

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the bytes [start, stop) of the maps [first, last)."""
        return self.offset + first * self.bytes_a_map, self.offset + last * self.bytes_a_map


def read_header(remote: Remote) -> Header:
    """Read the form of a remote file of maps from its first bytes; nothing in it is ever unpickled.

    Raises
    ------
    InputError
        If the server gives no parts of files, or the file is no ``.npy`` of float32 maps in C order, 15 a simulation,
        of exactly the size that its header says.
    """
    if not remote.ranges:
        raise InputError(
            f"The server of {remote.address} ignores Range: for some of its maps it would have to send the whole file "
            f"of {remote.size} bytes. Fetch the file whole."
        )
    (shape, fortran_order, dtype), offset = _read_form(remote)
    square = len(shape) == 3 and shape[1] == shape[2] and min(shape) > 0
    if dtype != _MAPS or fortran_order or not square or shape[0] % MAPS_PER_SIMULATION:
        raise InputError(
            f"{remote.address} holds {dtype.str} of shape {shape} in {'Fortran' if fortran_order else 'C'} order. "
            f"Maps are <f4 of shape ({MAPS_PER_SIMULATION} a simulation, size, size) in C order."
        )
    header = Header(shape[0], shape[1], offset)
    expected = header.span(0, header.n_maps)[1]
    if remote.size != expected:
        raise InputError(f"{remote.address} has {remote.size} bytes, but its header promises {expected}.")
    return header


def read_pieces(
    remote: Remote, header: Header, *, consume: Callable[[bytes], object]
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield all maps of a remote file, in the pieces (n, size, size) in which a file on disk is read.

    `consume` is given every byte of the file in order, the header's too: for a checksum of the whole.
    """
    for block in read_range(remote, 0, header.offset):
        consume(block)
    blocks = read_range(remote, *header.span(0, header.n_maps))
    yield from _as_maps(_shown(blocks, consume), header)


def read_maps_at(remote: Remote, header: Header, positions: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the maps at `positions`, strictly ascending, in pieces (n, size, size); neighbours share a request.

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
    remote: Remote, header: Header, simulations: npt.NDArray[np.int64], path: Path, *, watch: Watch | None = None
) -> int:
    """Write a ``.npy`` of all maps of some simulations, in their order, and return the bytes transferred.

    What a stopped writer leaves beside `path` is continued after its last whole simulation, if it is of the same
    version of the same file and of the same simulations; a server that names no version begins again.

    Raises
    ------
    InputError
        As `repshift.storage.remote.read_range`.
    """
    partial, note = (path.with_name(f".{path.stem}.slice{suffix}") for suffix in (".npy", ".json"))
    head = _head(len(simulations), header.size)
    length = MAPS_PER_SIMULATION * header.bytes_a_map
    done = _kept(partial, note, _identity(remote, simulations), head=head, length=length)
    transferred = 0
    with partial.open("ab") as file:
        for simulation in simulations[done:].tolist():
            first = simulation * MAPS_PER_SIMULATION
            for block in read_range(remote, *header.span(first, first + MAPS_PER_SIMULATION)):
                file.write(block)
                transferred += len(block)
                if watch is not None:
                    watch(done * length + transferred, len(simulations) * length)
    with replacing(path) as temporary:
        partial.replace(temporary)
    note.unlink()
    return transferred


def _read_form(remote: Remote) -> tuple[tuple[tuple[int, ...], bool, np.dtype[Any]], int]:
    """Return shape, order and type that the header of a ``.npy`` says, and the byte after it."""
    head = b"".join(read_range(remote, 0, min(_FIRST_BYTES, remote.size)))
    try:
        version = np.lib.format.read_magic(io.BytesIO(head))
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"its version is {version}")
        begin = 10 if version == (1, 0) else 12
        offset = begin + int.from_bytes(head[8:begin], "little")
        if offset > min(_LONGEST_HEADER, remote.size):
            raise ValueError(f"its header would be {offset} bytes long")
        if offset > len(head):
            head += b"".join(read_range(remote, len(head), offset))
        file = io.BytesIO(head)
        file.seek(8)
        read = np.lib.format.read_array_header_1_0 if begin == 10 else np.lib.format.read_array_header_2_0
        return read(file, max_header_size=_LONGEST_HEADER), offset
    except InputError:
        raise
    except _MALFORMED as error:
        raise InputError(f"{remote.address} is not a .npy file of maps: {error}.") from error


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
    return np.frombuffer(content, _MAPS).reshape(-1, header.size, header.size)


def _shown(blocks: Iterable[bytes], consume: Callable[[bytes], object]) -> Iterator[bytes]:
    for block in blocks:
        consume(block)
        yield block


def _head(n_simulations: int, size: int) -> bytes:
    """Return the header of a ``.npy`` of the maps of some simulations."""
    file, shape = io.BytesIO(), (n_simulations * MAPS_PER_SIMULATION, size, size)
    np.lib.format.write_array_header_1_0(file, {"descr": _MAPS.str, "fortran_order": False, "shape": shape})
    return file.getvalue()


def _identity(remote: Remote, simulations: npt.NDArray[np.int64]) -> dict[str, Any]:
    source = {"address": remote.address, "size": remote.size, "validator": remote.validator}
    return source | {"simulations": simulations.tolist()}


def _kept(partial: Path, note: Path, identity: dict[str, Any], *, head: bytes, length: int) -> int:
    """Return how many whole simulations a partial file holds, cut after the last; begin one where there is none."""
    known = partial.exists() and note.exists() and read_json(note) == identity
    if known and identity["validator"]:
        done = (partial.stat().st_size - len(head)) // length
        os.truncate(partial, len(head) + done * length)
        return done
    partial.parent.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)
    partial.write_bytes(head)
    write_json(identity, note)
    return 0

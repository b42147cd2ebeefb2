"""Files of maps in the form of CMD: a ``.npy`` of one channel, (n_maps, y, x) float32.

References
----------
https://camels-multifield-dataset.readthedocs.io, "Data organization".
"""

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from repshift.storage.files import replacing, require_file
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError

_MOST_MAPS, _MOST_PIXELS = 150, 150 * 64 * 64
_FIRST_BYTES, _LONGEST_HEADER = 1024, 1 << 16
_MAPS = np.dtype("<f4")

Shape = tuple[int, int, int]
"""(n_maps, y, x)."""


def open_maps(path: Path, *, maps_per_simulation: int = MAPS_PER_SIMULATION) -> npt.NDArray[np.float32]:
    """Open a file of maps without reading it: a read-only memory map (n_maps, y, x) float32.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no ``.npy`` file of float32 maps in C order, of whole simulations, of exactly the size that its header
        says.
    """
    require_file(path)
    length = path.stat().st_size

    def read(start: int, stop: int) -> bytes:
        return np.fromfile(path, "u1", stop - start, offset=start).tobytes()

    shape, offset = read_form(str(path), length, read, maps_per_simulation=maps_per_simulation)
    return np.memmap(path, _MAPS, mode="r", offset=offset, shape=shape)


def read_form(
    name: str,
    length: int,
    read: Callable[[int, int], bytes],
    *,
    maps_per_simulation: int = MAPS_PER_SIMULATION,
) -> tuple[Shape, int]:
    """Return the shape (n_maps, y, x) of the maps, and the byte at which they begin; errors as `open_maps`.

    `read` gives the bytes [start, stop) of the ``.npy``, which has `length` bytes. Nothing in it is ever unpickled.
    """
    try:
        return _form(name, length, read, maps_per_simulation)
    except InputError:
        raise
    except Exception as error:  # whatever a stranger's header may do to numpy
        reason = (str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
        raise InputError(f"{name} is not a whole .npy file of maps: {reason}.") from error


def _form(name: str, length: int, read: Callable[[int, int], bytes], maps_per_simulation: int) -> tuple[Shape, int]:
    head = read(0, min(_FIRST_BYTES, length))
    formats = np.lib.format
    version = formats.read_magic(io.BytesIO(head))
    begin, parse = (10, formats.read_array_header_1_0) if version == (1, 0) else (12, formats.read_array_header_2_0)
    offset = begin + int.from_bytes(head[8:begin], "little")
    if version not in ((1, 0), (2, 0), (3, 0)) or offset > min(_LONGEST_HEADER, length):
        raise ValueError(f"its header of version {version} would be {offset} bytes long")
    file = io.BytesIO(head + (read(len(head), offset) if offset > len(head) else b""))
    file.seek(8)
    shape, fortran_order, dtype = parse(file, max_header_size=_LONGEST_HEADER)
    if dtype.hasobject:
        raise ValueError("it holds objects of Python")
    flat = len(shape) == 4 and shape[1] == 1
    if dtype.kind in "fiu" and (flat or len(shape) == 3) and (dtype != _MAPS or fortran_order or flat):
        raise InputError(
            f"{name} holds {dtype!s:.100} of shape {shape!s:.100}{' in Fortran order' * fortran_order}. Maps are "
            f"float32 (n_maps, y, x) in C order. Convert them once: {_conversion(name, flat=flat)}"
        )
    if dtype != _MAPS:
        raise InputError(f"{name} holds {dtype!s:.100}. Maps are float32.")
    if len(shape) != 3 or min(shape[1:]) < 1:
        raise InputError(f"{name} has shape {shape!s:.100}. Maps have shape (n_maps, y, x).")
    if shape[0] < 1 or shape[0] % maps_per_simulation:
        raise InputError(f"{name} holds {shape[0]} maps. A simulation has {maps_per_simulation}: expected a multiple.")
    promised = offset + _MAPS.itemsize * math.prod(shape)
    if length != promised:
        raise ValueError(f"it has {length} bytes, but its header promises {promised}")
    return shape, offset


def _conversion(name: str, *, flat: bool) -> str:
    """Return the one line that brings maps into the form of CMD."""
    taken = "[:, 0]" if flat else ""
    return (
        "python -c \"import numpy as np; np.save('maps.npy', np.ascontiguousarray("
        f"np.load('{PurePath(name).name}'){taken}, dtype='<f4'))\""
    )


def maps_a_piece(size: tuple[int, int]) -> int:
    """Return how many maps of a size (y, x) are read at a time: 150 up to 64 pixels a side, 9 of 256."""
    return max(1, min(_MOST_MAPS, _MOST_PIXELS // math.prod(size)))


def chunks_of(path: Path) -> Iterator[npt.NDArray[np.float32]]:
    """Yield consecutive pieces of a file of maps, each small enough to hold; errors as `open_maps`.

    The file is mapped again for each piece: what was read does not stay in memory.
    """
    n_maps, *size = open_maps(path, maps_per_simulation=1).shape
    step = maps_a_piece((size[0], size[1]))
    for start in range(0, n_maps, step):
        yield np.array(open_maps(path, maps_per_simulation=1)[start : start + step])


@contextmanager
def writing_maps(
    path: Path, *, n_simulations: int, size: tuple[int, int], maps_per_simulation: int = MAPS_PER_SIMULATION
) -> Iterator[Callable[[npt.NDArray[np.float32]], None]]:
    """Yield a function that appends maps (n, y, x), in the end those of all simulations, to a new ``.npy`` file.

    The file is given its name at the end; a writer that is stopped leaves none.
    """
    shape = (n_simulations * maps_per_simulation, *size)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})

        def append(maps: npt.NDArray[np.float32]) -> None:
            file.write(np.ascontiguousarray(maps, dtype="<f4").tobytes())

        yield append


def write_parameters(parameters: npt.NDArray[np.float64], path: Path) -> None:
    """Write parameters (n_simulations, 6) as text, exact to the last bit of single precision and beyond."""
    with replacing(path) as temporary:
        np.savetxt(temporary, parameters, fmt="%.10e", header=" ".join(PARAMETERS))

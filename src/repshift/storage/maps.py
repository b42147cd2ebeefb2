"""Maps in the form of CMD, a ``.npy``, with the labels of their simulations and what was measured of them.

References
----------
https://camels-multifield-dataset.readthedocs.io, "Data organization".
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import Moments, standardise
from repshift.storage.files import replacing, require_file
from repshift.storage.labels import read_parameters
from repshift.storage.measurement import Measurement, read_measured
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError

_MOST_MAPS, _MOST_PIXELS = 150, 150 * 64 * 64
_FIRST_BYTES, _LONGEST_HEADER = 1024, 1 << 16
_MAPS = np.dtype("<f4")


def open_maps(path: Path, *, maps_per_simulation: int = MAPS_PER_SIMULATION) -> npt.NDArray[np.float32]:
    """Open a file of maps without reading it: a read-only memory map (n_maps, size, size) float32.

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

    n_maps, size, offset = read_form(str(path), length, read, maps_per_simulation=maps_per_simulation)
    return np.memmap(path, _MAPS, mode="r", offset=offset, shape=(n_maps, size, size))


def read_form(
    name: str,
    length: int,
    read: Callable[[int, int], bytes],
    *,
    maps_per_simulation: int = MAPS_PER_SIMULATION,
) -> tuple[int, int, int]:
    """Return the number of maps, their size in pixels, and the byte at which they begin; errors as `open_maps`.

    `read` gives the bytes [start, stop) of the ``.npy``, which has `length` bytes. Nothing in it is ever unpickled.
    """
    try:
        return _form(name, length, read, maps_per_simulation)
    except InputError:
        raise
    except Exception as error:  # whatever a stranger's header may do to numpy
        reason = (str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
        raise InputError(f"{name} is not a whole .npy file of maps: {reason}.") from error


def _form(name: str, length: int, read: Callable[[int, int], bytes], maps_per_simulation: int) -> tuple[int, int, int]:
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
            f"float32 (n_maps, size, size) in C order. Convert them once: {_conversion(name, flat=flat)}"
        )
    if dtype != _MAPS:
        raise InputError(f"{name} holds {dtype!s:.100}. Maps are float32.")
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] < 1:
        raise InputError(f"{name} has shape {shape!s:.100}. Maps have shape (n_maps, size, size).")
    if shape[0] < 1 or shape[0] % maps_per_simulation:
        raise InputError(f"{name} holds {shape[0]} maps. A simulation has {maps_per_simulation}: expected a multiple.")
    promised = offset + _MAPS.itemsize * shape[0] * shape[1] ** 2
    if length != promised:
        raise ValueError(f"it has {length} bytes, but its header promises {promised}")
    return shape[0], shape[1], offset


def _conversion(name: str, *, flat: bool) -> str:
    """Return the one line that brings maps into the form of CMD."""
    taken = "[:, 0]" if flat else ""
    return (
        "python -c \"import numpy as np; np.save('maps.npy', np.ascontiguousarray("
        f"np.load('{PurePath(name).name}'){taken}, dtype='<f4'))\""
    )


def maps_a_piece(size: int) -> int:
    """Return how many maps of `size` pixels a side are read at a time: 150 up to 64 pixels, 9 of 256."""
    return max(1, min(_MOST_MAPS, _MOST_PIXELS // size**2))


def chunks_of(path: Path) -> Iterator[npt.NDArray[np.float32]]:
    """Yield consecutive pieces of a file of maps, each small enough to hold; errors as `open_maps`.

    The file is mapped anew for each piece: what was read does not stay in memory.
    """
    n_maps, size, _ = open_maps(path, maps_per_simulation=1).shape
    for start in range(0, n_maps, maps_a_piece(size)):
        yield np.array(open_maps(path, maps_per_simulation=1)[start : start + maps_a_piece(size)])


@dataclass(frozen=True)
class Simulations:
    """A set of simulations in one field, or a slice of one.

    Attributes
    ----------
    path
        The file of maps.
    maps
        (n_rows, size, size): every map of the set, or those of `measured.simulations`.
    parameters
        (n_simulations, n_labels), of the whole set; no column where there are no labels.
    measured
        What is known of the file.
    labels
        Names of the columns of `parameters`.
    unusable
        Why other columns of the table are no labels, by their names.
    """

    path: Path
    maps: npt.NDArray[np.float32]
    parameters: npt.NDArray[np.float64]
    measured: Measurement
    labels: tuple[str, ...] = tuple(PARAMETERS)
    unusable: Mapping[str, str] = field(default_factory=dict)

    def raw(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the maps at `positions` of the whole set as they are in the file, (n_maps, size, size).

        Raises
        ------
        InputError
            If a map is not in the slice; names file and map.
        """
        return np.array(self.maps[rows_of(positions, measured=self.measured, path=self.path)])

    def standardised(self, positions: npt.NDArray[np.int64], moments: Moments) -> npt.NDArray[np.float32]:
        """Return the maps at `positions` of the whole set as a network takes them, (n_maps, 1, size, size).

        Raises
        ------
        InputError
            If a pixel has no logarithm, or a map is not in the slice; names file and map.
        """
        inputs = np.empty((len(positions), 1, *self.maps.shape[1:]), dtype=np.float32)
        rows = rows_of(positions, measured=self.measured, path=self.path)
        step = maps_a_piece(self.measured.size)
        try:
            for piece in (slice(start, start + step) for start in range(0, len(positions), step)):
                inputs[piece, 0] = standardise(
                    self.maps[rows[piece]],
                    self.measured.field,
                    moments=moments,
                    preprocessing=self.measured.preprocessing,
                    positions=positions[piece],
                )
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from error
        return inputs


def rows_of(positions: npt.NDArray[np.int64], *, measured: Measurement, path: Path) -> npt.NDArray[np.int64]:
    """Return the rows in a file, which may be a slice, of the maps at `positions` of the whole set.

    Raises
    ------
    InputError
        If the file does not hold one of their simulations; names both.
    """
    if measured.simulations is None:
        return positions
    rows = np.full(measured.n_simulations, -1)
    rows[list(measured.simulations)] = np.arange(len(measured.simulations))
    simulations, within = np.divmod(positions, measured.maps_per_simulation)
    missing = simulations[rows[simulations] < 0]
    if len(missing):
        raise InputError(
            f"{path} does not hold simulation {missing[0]}: it is a slice of {len(measured.simulations)} simulations. "
            "Fetch a slice of the split that is asked for."
        )
    return np.asarray(rows[simulations] * measured.maps_per_simulation + within)


def open_simulations(maps: Path, parameters: Path | None, measured: Path) -> Simulations:
    """Open a set of simulations, or a slice of one: errors as for each of the files, and if one is of other maps.

    Without `parameters` the simulations have no labels.
    """
    opened, found = _open_measured(maps, measured)
    if parameters is None:
        return Simulations(maps, opened, np.empty((found.n_simulations, 0)), found, ())
    labels = read_parameters(
        parameters, n_maps=found.n_maps, maps_path=maps, maps_per_simulation=found.maps_per_simulation
    )
    return Simulations(maps, opened, labels.values, found, labels.names, labels.unusable)


@contextmanager
def writing_maps(
    path: Path, *, n_simulations: int, size: int, maps_per_simulation: int = MAPS_PER_SIMULATION
) -> Iterator[Callable[[npt.NDArray[np.float32]], None]]:
    """Yield a function that appends maps (n, size, size), in the end those of all simulations, to a new ``.npy`` file.

    The file is given its name at the end; a writer that is stopped leaves none.
    """
    shape = (n_simulations * maps_per_simulation, size, size)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})

        def append(maps: npt.NDArray[np.float32]) -> None:
            file.write(np.ascontiguousarray(maps, dtype="<f4").tobytes())

        yield append


def write_parameters(parameters: npt.NDArray[np.float64], path: Path) -> None:
    """Write parameters (n_simulations, 6) as text, exact to the last bit of single precision and beyond."""
    with replacing(path) as temporary:
        np.savetxt(temporary, parameters, fmt="%.10e", header=" ".join(PARAMETERS))


def _open_measured(maps: Path, measured: Path) -> tuple[npt.NDArray[np.float32], Measurement]:
    """Open a file of maps with what was measured of it, and refuse another file."""
    found = read_measured(measured)
    opened = open_maps(maps, maps_per_simulation=found.maps_per_simulation)
    n_rows = found.n_maps if found.simulations is None else found.maps_per_simulation * len(found.simulations)
    if opened.shape != (n_rows, found.size, found.size):
        part = "" if found.simulations is None else f", of which its file holds {n_rows}"
        raise InputError(
            f"{maps} has shape {opened.shape}, but {measured} was measured of {found.n_maps} maps of {found.size} "
            f"pixels a side{part}."
        )
    return opened, found

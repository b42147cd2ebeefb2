"""Maps in the form of CMD, a ``.npy``, with the labels of their simulations and what was measured of them.

References
----------
https://camels-multifield-dataset.readthedocs.io, "Data organization".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import Moments, standardise
from repshift.storage.files import replacing
from repshift.storage.labels import read_parameters
from repshift.storage.measured import Measured, read_measured
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError

_MOST_MAPS, _MOST_PIXELS = 150, 150 * 64 * 64


def open_maps(path: Path, *, maps_per_simulation: int = MAPS_PER_SIMULATION) -> npt.NDArray[np.float32]:
    """Open a file of maps without reading it: a read-only memory map (n_maps, size, size) float32.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no ``.npy`` file, is truncated, or its shape or type is another.
    """
    try:
        maps: npt.NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise InputError(f"{path} is not a whole .npy file of maps: {error}.") from error
    if maps.dtype != np.float32:
        raise InputError(f"{path} holds {maps.dtype}. Maps are float32.")
    if maps.ndim != 3 or maps.shape[1] != maps.shape[2]:
        raise InputError(f"{path} has shape {maps.shape}. Maps have shape (n_maps, size, size).")
    if len(maps) == 0 or len(maps) % maps_per_simulation:
        raise InputError(f"{path} holds {len(maps)} maps. A simulation has {maps_per_simulation}: expected a multiple.")
    return maps


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
    """

    path: Path
    maps: npt.NDArray[np.float32]
    parameters: npt.NDArray[np.float64]
    measured: Measured
    labels: tuple[str, ...] = tuple(PARAMETERS)

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


def rows_of(positions: npt.NDArray[np.int64], *, measured: Measured, path: Path) -> npt.NDArray[np.int64]:
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
    """Open a set of simulations, or a slice of one: errors as `open_maps`, `read_parameters` and `read_measured`.

    Without `parameters` the simulations have no labels.

    Raises
    ------
    InputError
        Also if another file of maps was measured than this one.
    """
    opened, found = _open_measured(maps, measured)
    if parameters is None:
        return Simulations(maps, opened, np.empty((found.n_simulations, 0)), found, ())
    labels = read_parameters(
        parameters, n_maps=found.n_maps, maps_path=maps, maps_per_simulation=found.maps_per_simulation
    )
    return Simulations(maps, opened, labels.values, found, labels.names)


def read_map(maps: Path, measured: Path, position: int) -> npt.NDArray[np.float32]:
    """Read the raw map (size, size) at a position of the whole set; errors as `open_simulations` and `rows_of`."""
    opened, found = _open_measured(maps, measured)
    return np.array(opened[rows_of(np.array([position]), measured=found, path=maps)[0]])


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


def _open_measured(maps: Path, measured: Path) -> tuple[npt.NDArray[np.float32], Measured]:
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

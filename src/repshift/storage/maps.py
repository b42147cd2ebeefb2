"""Maps and parameters in the form of CMD: a ``.npy`` of maps, a ``.txt`` of one row a simulation.

References
----------
https://camels-multifield-dataset.readthedocs.io, "Data organization".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import Moments, standardise
from repshift.storage.files import read_json, replacing, write_json
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError

_CHUNK = 150


def open_maps(path: Path) -> npt.NDArray[np.float32]:
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
    if len(maps) == 0 or len(maps) % MAPS_PER_SIMULATION:
        raise InputError(f"{path} holds {len(maps)} maps. A simulation has {MAPS_PER_SIMULATION}: expected a multiple.")
    return maps


def read_parameters(path: Path, *, maps: npt.NDArray[np.float32], maps_path: Path) -> npt.NDArray[np.float64]:
    """Read the parameters (n_simulations, 6) that belong to a file of maps; dimensionless, in CMD's order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no table of finite numbers, or does not fit the maps.
    """
    try:
        parameters = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise InputError(f"{path} is not a table of numbers: {error}.") from error
    n_simulations = len(maps) // MAPS_PER_SIMULATION
    if parameters.shape != (n_simulations, len(PARAMETERS)):
        raise InputError(
            f"{path} has {parameters.shape[0]} rows of {parameters.shape[1]} columns, but {maps_path} holds "
            f"{len(maps)} maps, so {n_simulations} rows of {len(PARAMETERS)} columns were expected."
        )
    if not np.isfinite(parameters).all():
        row = int(np.argwhere(~np.isfinite(parameters))[0][0])
        raise InputError(f"{path} holds a value that is not finite in row {row}.")
    return parameters


def chunks_of(maps: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield consecutive pieces of a file of maps, each small enough to hold."""
    for start in range(0, len(maps), _CHUNK):
        yield np.asarray(maps[start : start + _CHUNK])


@dataclass(frozen=True)
class Measured:
    """What one reading of a file of maps gives: the ``.json`` of `write_measured`.

    Attributes
    ----------
    field
        Name of the field.
    moments
        Of all pixels, after the logarithm, in dex.
    n_maps, size
        Shape of the file: (n_maps, size, size).
    sha256
        Checksum of the file.
    """

    field: str
    moments: Moments
    n_maps: int
    size: int
    sha256: str


def write_measured(measured: Measured, path: Path) -> None:
    """Write what was measured of a file of maps."""
    write_json(asdict(measured), path)


def read_measured(path: Path) -> Measured:
    """Read what was measured of a file of maps.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the file says something else.
    """
    record = read_json(path)
    try:
        return Measured(**record | {"moments": Moments(**record["moments"])})
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} does not say what was measured of a file of maps: {error}.") from error


@dataclass(frozen=True)
class Simulations:
    """A set of simulations in one field: maps (n_maps, size, size), parameters (n_simulations, 6), and its measures."""

    path: Path
    maps: npt.NDArray[np.float32]
    parameters: npt.NDArray[np.float64]
    measured: Measured

    def standardised(self, positions: npt.NDArray[np.int64], moments: Moments) -> npt.NDArray[np.float32]:
        """Return the maps at `positions` as a network takes them, (n_maps, 1, size, size).

        Raises
        ------
        InputError
            If a pixel has no logarithm; names file and map.
        """
        inputs = np.empty((len(positions), 1, *self.maps.shape[1:]), dtype=np.float32)
        try:
            for start in range(0, len(positions), _CHUNK):
                piece = positions[start : start + _CHUNK]
                inputs[start : start + _CHUNK, 0] = standardise(
                    self.maps[piece], self.measured.field, moments=moments, positions=piece
                )
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from error
        return inputs


def open_simulations(maps: Path, parameters: Path, measured: Path) -> Simulations:
    """Open a set of simulations: errors as `open_maps`, `read_parameters` and `read_measured`.

    Raises
    ------
    InputError
        Also if another file of maps was measured than this one.
    """
    opened, found = open_maps(maps), read_measured(measured)
    if opened.shape != (found.n_maps, found.size, found.size):
        raise InputError(f"{maps} has shape {opened.shape}, but {measured} was measured of {found.n_maps} maps.")
    return Simulations(maps, opened, read_parameters(parameters, maps=opened, maps_path=maps), found)


@contextmanager
def writing_maps(path: Path, *, n_simulations: int, size: int) -> Iterator[Callable[[npt.NDArray[np.float32]], None]]:
    """Yield a function that appends the maps (15, size, size) of one simulation to a new ``.npy`` file.

    The file is given its name at the end; a writer that is stopped leaves none.
    """
    shape = (n_simulations * MAPS_PER_SIMULATION, size, size)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})

        def append(maps: npt.NDArray[np.float32]) -> None:
            file.write(np.ascontiguousarray(maps, dtype="<f4").tobytes())

        yield append


def write_parameters(parameters: npt.NDArray[np.float64], path: Path) -> None:
    """Write parameters (n_simulations, 6) as text, exact to the last bit of single precision and beyond."""
    with replacing(path) as temporary:
        np.savetxt(temporary, parameters, fmt="%.10e", header=" ".join(PARAMETERS))

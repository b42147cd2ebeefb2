"""Files that hold maps in another form than CMD's: FITS, ``.npz``, HDF5; an array of several is named after a colon."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from repshift.storage.files import require_file
from repshift.storage.fits import open_image, single
from repshift.storage.names import HDF5
from repshift.vocabulary import InputError


class Container(Protocol):
    """Maps that are read some at a time."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n_maps, size, size)."""

    def pieces(self, n_maps: int) -> Iterator[npt.NDArray[np.float32]]:
        """Yield consecutive maps, `n_maps` at a time."""


def open_container(path: Path, name: str | None) -> Container:
    """Open a file of maps.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it has no such array, holds several and none is named, or no square maps.
    """
    if path.suffix.lower() == ".npz":
        return _open_npz(path, name)
    return _open_hdf5(path, name) if path.suffix.lower() in HDF5 else open_image(path, name)


@dataclass(frozen=True)
class _Array:
    """An array of numbers (n_maps, size, size), or (n_maps, 1, size, size)."""

    path: Path
    values: npt.NDArray[Any]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n_maps, size, size)."""
        return (len(self.values), *self.values.shape[-2:])

    def pieces(self, n_maps: int) -> Iterator[npt.NDArray[np.float32]]:
        """Yield consecutive maps as float32."""
        for start in range(0, self.shape[0], n_maps):
            yield single(self.values[start : start + n_maps], self.shape[1:], self.path, start)


@dataclass(frozen=True)
class _Dataset:
    """A dataset of HDF5, which is opened for each piece."""

    path: Path
    name: str
    shape: tuple[int, int, int]

    def pieces(self, n_maps: int) -> Iterator[npt.NDArray[np.float32]]:
        """Yield consecutive maps as float32."""
        import h5py  # few maps are in HDF5

        with h5py.File(self.path) as file:
            for start in range(0, self.shape[0], n_maps):
                try:
                    values = _unpacked(file[self.name], start, start + n_maps)
                except OSError as error:  # a damaged chunk, or a filter that is not installed
                    raise InputError(f"{self.path} cannot be read from map {start} on: {error}.") from error
                yield single(values, self.shape[1:], self.path, start)


def _unpacked(dataset: Any, start: int, stop: int) -> npt.NDArray[Any]:  # noqa: ANN401 - h5py has no types
    """Return maps [start, stop) as the attributes of a dataset say: scaled, NaN where a value stands for none."""
    values, attributes = dataset[start:stop], dataset.attrs
    blank = [attributes[name] for name in ("_FillValue", "missing_value") if name in attributes]
    if not blank and "scale_factor" not in attributes and "add_offset" not in attributes:
        return np.asarray(values)
    scale, offset = (float(attributes.get(name, default)) for name, default in (("scale_factor", 1), ("add_offset", 0)))
    scaled = values.astype(np.float64) * scale + offset
    for value in blank:
        scaled[values == value] = np.nan
    return np.asarray(scaled)


def _open_npz(path: Path, name: str | None) -> Container:
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.removesuffix(".npy"): _header(archive, entry) for entry in archive.namelist()}
        names = [place for place, (shape, _) in found.items() if len(shape) in (3, 4)] if name is None else list(found)
        chosen = _one_of(names, name, path)
        _require_maps(*found[chosen], path, chosen)
        with np.load(path, allow_pickle=False) as file:
            return _Array(path, file[chosen])
    except InputError:
        raise
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"{path} is not a whole .npz file of arrays: {error}.") from error


def _header(archive: zipfile.ZipFile, entry: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and the type of an array, without reading it."""
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(file)
    return shape, kind


def _open_hdf5(path: Path, name: str | None) -> Container:
    import h5py

    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    require_file(path)
    found: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}

    def note(place: str, node: object) -> None:
        if isinstance(node, h5py.Dataset) and node.shape is not None:
            found[place] = (node.shape, node.dtype)

    try:
        with h5py.File(path) as file:
            file.visititems(note)
    except OSError as error:
        raise InputError(f"{path} is not a whole HDF5 file: {error}.") from error
    names = [place for place, (shape, _) in found.items() if len(shape) in (3, 4)] if name is None else list(found)
    chosen = _one_of(names, name and name.strip("/"), path)
    shape, kind = found[chosen]
    _require_maps(shape, kind, path, chosen)
    return _Dataset(path, chosen, (shape[0], shape[-2], shape[-1]))


def _one_of(names: list[str], name: str | None, path: Path) -> str:
    """Return the array that is asked for, or the only one."""
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return str(name)
    held = f"It holds {', '.join(names[:8]) or 'none'}"
    if name is None:
        raise InputError(f"{path} holds {len(names)} arrays of maps. {held}: name one, as '{path.name}:NAME'.")
    raise InputError(f"{path} holds no array '{name}'. {held}.")


def _require_maps(shape: tuple[int, ...], kind: np.dtype[Any], path: Path, name: str) -> None:
    flat = len(shape) == 4 and shape[1] == 1
    if kind.kind not in "fiu" or not (flat or len(shape) == 3) or shape[-1] != shape[-2] or min(shape) < 1:
        raise InputError(
            f"{path} holds '{name}' of shape {shape} and type {kind}. Maps are numbers of shape (n_maps, size, size)."
        )

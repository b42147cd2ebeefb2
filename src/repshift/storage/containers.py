"""Arrays of images in files: ``.npy``, ``.npz``, HDF5, FITS, pictures; one of several is named after a colon."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from repshift.storage.files import require_file
from repshift.storage.fits import open_image
from repshift.storage.names import HDF5, NUMPY, PICTURES
from repshift.vocabulary import InputError

_MODES = ("L", "I", "F", "RGB")


class Container(Protocol):
    """An array of numbers that is read some at a time."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array, in the order of the file."""

    def parts(self, places: Sequence[slice]) -> Iterator[npt.NDArray[Any]]:
        """Yield parts along the first axis, in the type of numbers that they have once they are scaled."""


def open_container(path: Path, name: str | None) -> Container:
    """Open a file of images.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it has no such array, holds several and none is named, or no numbers.
    """
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    require_file(path)
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return _open_picture(path)
    if suffix in NUMPY:
        return _open_npy(path)
    if suffix == ".npz":
        return _open_npz(path, name)
    return _open_hdf5(path, name) if suffix in HDF5 else open_image(path, name)


@dataclass(frozen=True)
class Array:
    """An array in memory, or mapped to it."""

    path: Path
    values: npt.NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.values.shape

    def parts(self, places: Sequence[slice]) -> Iterator[npt.NDArray[Any]]:
        """Yield parts."""
        for place in places:
            yield np.asarray(self.values[place])


@dataclass(frozen=True)
class _Dataset:
    """A dataset of HDF5, which is opened while its parts are read."""

    path: Path
    name: str
    shape: tuple[int, ...]

    def parts(self, places: Sequence[slice]) -> Iterator[npt.NDArray[Any]]:
        """Yield parts."""
        import h5py  # few maps are in HDF5

        with h5py.File(self.path) as file:
            for place in places:
                try:
                    values = _unpacked(file[self.name], place)
                except OSError as error:  # a damaged chunk, or a filter that is not installed
                    raise InputError(f"{self.path} cannot be read from map {place.start} on: {error}.") from error
                yield values


def _unpacked(dataset: Any, place: slice) -> npt.NDArray[Any]:  # noqa: ANN401 - h5py has no types
    """Return some maps as the attributes of a dataset say: scaled, NaN where a value stands for none."""
    values, attributes = dataset[place], dataset.attrs
    blank = [attributes[name] for name in ("_FillValue", "missing_value") if name in attributes]
    if not blank and "scale_factor" not in attributes and "add_offset" not in attributes:
        return np.asarray(values)
    scale, offset = (float(attributes.get(name, default)) for name, default in (("scale_factor", 1), ("add_offset", 0)))
    scaled = values.astype(np.float64) * scale + offset
    for value in blank:
        scaled[values == value] = np.nan
    return np.asarray(scaled)


def _open_npy(path: Path) -> Container:
    """Open a ``.npy`` of numbers, in any order and of any type; nothing in it is ever unpickled."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # whatever a stranger's header may do to numpy
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
        raise InputError(f"{path} is not a whole .npy file of numbers: {reason}.") from error
    _require_numbers(values.shape, values.dtype, path, path.name)
    return Array(path, values)


def _open_picture(path: Path) -> Container:
    """Open a picture of one band, or of red, green and blue: (y, x) or (y, x, band), as a camera stores it."""
    from PIL import Image, UnidentifiedImageError  # few maps are pictures

    try:
        with Image.open(path) as picture:
            mode, n_pictures = picture.mode, getattr(picture, "n_frames", 1)
            is_cut = mode == "RGB" and any(";16" in str(tile) for tile in picture.tile)
            values = np.asarray(picture)
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is no image, though it is called one.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"{path} is not a whole image: {error}.") from error
    if mode not in _MODES and not mode.startswith("I;16"):
        raise InputError(
            f"{path} is a picture of mode '{mode}'. Expected one of grey values, or of red, green and blue."
        )
    if n_pictures > 1:
        raise InputError(f"{path} holds {n_pictures} pictures. Expected a file for each.")
    if is_cut:
        raise InputError(
            f"{path} is a colour picture of 16 bits, of which Pillow would read the upper 8. Give its bands as FITS or "
            ".npy."
        )
    return Array(path, values)


def _open_npz(path: Path, name: str | None) -> Container:
    try:
        with zipfile.ZipFile(path) as archive:
            found = {entry.removesuffix(".npy"): _header(archive, entry) for entry in archive.namelist()}
        names = [place for place, (shape, _) in found.items() if len(shape) in (3, 4)] if name is None else list(found)
        chosen = _one_of(names, name, path)
        _require_numbers(*found[chosen], path, chosen)
        with np.load(path, allow_pickle=False) as file:
            return Array(path, file[chosen])
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
    _require_numbers(shape, kind, path, chosen)
    return _Dataset(path, chosen, shape)


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


def _require_numbers(shape: tuple[int, ...], kind: np.dtype[Any], path: Path, name: str) -> None:
    if kind.kind not in "fiu" or len(shape) < 2 or min(shape) < 1:
        raise InputError(f"{path} holds '{name}' of shape {shape} and type {kind}. Images are arrays of numbers.")

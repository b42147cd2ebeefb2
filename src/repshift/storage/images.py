"""Images of a suite in any form, a file of many or a folder of files: how many there are, of what bands and size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.storage.containers import Array, Container, open_container
from repshift.storage.fits import Image
from repshift.storage.layouts import Layout, layout_of
from repshift.storage.names import FITS, NUMPY, PICTURES, bare_name, is_fits, split_name
from repshift.vocabulary import InputError, size_in_words

_BLOCKS: Final = 16
"""Places of an array that a sample is taken of at most: each is one read, as a file on disk likes it."""


@dataclass(frozen=True)
class Images:
    """Images of a suite: all of one size and with the same bands.

    Attributes
    ----------
    files
        Opened, in the order of the images.
    layouts
        What the axes of each are.
    """

    files: tuple[Container, ...]
    layouts: tuple[Layout, ...]

    @property
    def n_maps(self) -> int:
        """How many there are."""
        return sum(layout.n_maps for layout in self.layouts)

    @property
    def size(self) -> tuple[int, int]:
        """Pixels (y, x) of each."""
        return self.layouts[0].size

    @property
    def quantised(self) -> list[Path]:
        """Files whose numbers were rounded when they were compressed."""
        return [one.path for one in self.files if isinstance(one, Image) and one.is_quantised]

    @property
    def kind(self) -> str:
        """Type of the numbers of the first file, as ``float32``: that of what is stored, once it is scaled."""
        (values,) = self.files[0].parts([slice(0, 1)])
        return str(values.dtype.newbyteorder("="))

    def pieces(self, n_maps: int, *, band: int = 0) -> Iterator[npt.NDArray[np.float32]]:
        """Yield consecutive images of a band (n, y, x), at most `n_maps` of a file at a time.

        Raises
        ------
        InputError
            If a pixel is blank, not finite or too small for single precision; names file and image.
        """
        for file, layout in zip(self.files, self.layouts, strict=True):
            starts = range(0, layout.n_maps, n_maps)
            yield from _read(
                file, layout, [slice(start, min(start + n_maps, layout.n_maps)) for start in starts], band=band
            )

    def sample(self, most: int, *, band: int = 0) -> npt.NDArray[np.float32]:
        """Return images of a band (n, y, x), at most so many, from the first to the last; errors as `pieces`."""
        places = _spread(self.n_maps, most)
        if len(self.files) == 1:
            return np.concatenate(list(_read(self.files[0], self.layouts[0], places, band=band)))
        chosen = [number for place in places for number in range(place.start, place.stop)]
        whole = [slice(0, 1)]
        return np.concatenate(
            [one for each in chosen for one in _read(self.files[each], self.layouts[each], whole, band=band)]
        )


def open_images(files: Sequence[Path], name: str | None, *, bands: Sequence[str] = ()) -> Images:
    """Open the images of a file, or of several files of one image each.

    Parameters
    ----------
    files
        In the order of the images.
    name
        Of the array, or extension, in each file; None: the only one.
    bands
        Names of the bands that each image holds; none: images have one.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    InputError
        If a file is no image, or images differ in size, have other bands, or whole numbers of another range.
    """
    opened = tuple(open_container(path, name) for path in files)
    layouts = tuple(layout_of(one, bands, n_files=len(files)) for one in opened)
    for one, layout in zip(opened, layouts, strict=True):
        if layout.size != layouts[0].size:
            raise InputError(
                f"{one.path} holds maps of {size_in_words(layout.size)}, but {opened[0].path} of "
                f"{size_in_words(layouts[0].size)}. All maps of a set have one size."
            )
    _require_one_range([one for one in opened if isinstance(one, Array)])
    return Images(opened, layouts)


def _require_one_range(files: Sequence[Array]) -> None:
    """Refuse files whose numbers are whole in some and of another type in others: their scale is another.

    FITS and HDF5 say themselves how their numbers are scaled.
    """
    for one in files:
        first, kind = (each.values.dtype.newbyteorder("=") for each in (files[0], one))
        if first != kind and {first.kind, kind.kind} != {"f"}:
            raise InputError(
                f"{one.path} holds numbers of type {kind}, but {files[0].path} of {first}. Give all in one type, on "
                "one scale."
            )


def image_files(source: str) -> tuple[list[Path], str | None]:
    """Return the files of images that a source names, sorted by name, and the array in each that it names.

    Of a folder these are its FITS files; without any its ``.npy`` files; without any its pictures.

    Raises
    ------
    InputError
        If the folder holds none, or one twice, packed and not.
    """
    place, name = split_name(source)
    folder = Path(place)
    if not folder.is_dir():
        return [folder], name
    held = sorted(path for path in folder.iterdir() if not path.is_dir() and not path.name.startswith("."))
    kinds = ([path for path in held if is_fits(path)], _ending(held, NUMPY), _ending(held, PICTURES))
    found = next((kind for kind in kinds if kind), [])
    if not found:
        raise InputError(
            f"{folder} holds no file whose name ends with {', '.join((*FITS, *NUMPY, *PICTURES))}, FITS packed or not."
        )
    names = [bare_name(path) for path in found]
    twice = (
        [path for path, one in zip(found, names, strict=True) if names.count(one) > 1]
        if len(set(names)) < len(names)
        else []
    )
    if twice:
        raise InputError(
            f"{folder} holds {twice[0].name} and {twice[1].name}, which are one map. Take one of them away."
        )
    return found, name


def _ending(paths: Sequence[Path], suffixes: Sequence[str]) -> list[Path]:
    return [path for path in paths if path.suffix.lower() in suffixes]


def _spread(n_maps: int, most: int) -> list[slice]:
    """Return where to look at maps, at most so many: a few blocks of consecutive ones, the last map among them."""
    if n_maps <= most:
        return [slice(0, n_maps)]
    n_blocks = min(most, _BLOCKS)
    length = most // n_blocks
    starts = np.linspace(0, n_maps - length, n_blocks).astype(np.int64)
    return [slice(int(start), int(start) + length) for start in starts]


def _read(file: Container, layout: Layout, places: Sequence[slice], *, band: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield some images of a band of a file; the axis of an array that is one image is none of images."""
    of_axis = [slice(0, file.shape[0])] if layout.is_one else places
    for place, values in zip(places, file.parts(of_axis), strict=True):
        yield _single(layout.arranged(values, band), file.path, place.start)


def _single(values: npt.NDArray[Any], path: Path, start: int) -> npt.NDArray[np.float32]:
    """Return maps (n, y, x), the first of which is map `start`, in single precision; refuse what is no number."""
    with np.errstate(over="ignore"):
        maps = values.astype("<f4")
    vanished = (maps == 0) & (values != 0)
    if vanished.any():
        raise InputError(
            f"{path} has {int(vanished.sum())} pixels that are too small for single precision, the first in map "
            f"{start + int(np.argwhere(vanished)[0][0])}. Give the maps in another unit."
        )
    bad = ~np.isfinite(maps)
    if bad.any():
        raise InputError(
            f"{path} has {int(bad.sum())} pixels that are blank or not finite, the first in map "
            f"{start + int(np.argwhere(bad)[0][0])}. A network needs a number in every pixel: fill or cut them."
        )
    return maps

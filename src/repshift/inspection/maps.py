"""What files of maps hold, as far as a look at them shows: the one place of `repshift.inspection` that opens them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import Moments, Preprocessing, log_moments, standardise
from repshift.storage.containers import Container, open_container
from repshift.storage.fits import fits_files
from repshift.storage.maps import open_maps
from repshift.storage.names import split_name
from repshift.vocabulary import FIELDS, InputError

_PIXELS: Final = 1 << 22
"""Pixels that are read of a file at most, 16 MB of them: a look takes a part of a second."""

_FILES: Final = 200
"""Files of a folder that are opened at most."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file or folder of maps holds.

    Attributes
    ----------
    source
        As the configuration names it.
    n_maps
        Maps in it.
    shape
        (bands, y, x) of a map.
    kind
        Type of the numbers, as ``float32``.
    sample
        (n, bands, y, x): some of the maps, all where they are few.
    n_files
        Files of maps: 1, but of a folder.
    n_opened
        Files among them that were looked at.
    """

    source: str
    n_maps: int
    shape: tuple[int, int, int]
    kind: str
    sample: npt.NDArray[np.float32]
    n_files: int = 1
    n_opened: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether every map was looked at."""
        return len(self.sample) == self.n_maps

    def has_logarithm(self, field: str) -> bool:
        """Return whether all pixels that were looked at have a logarithm, as one is taken of a field."""
        offset = FIELDS[field].logarithm_offset if field in FIELDS else 0.0
        return bool((self.sample + offset > 0).all())

    @property
    def words(self) -> str:
        """What it holds, in words."""
        bands, *size = self.shape
        of_bands = f" of {bands} bands" if bands > 1 else ""
        files = f" in {self.n_files} files" if self.n_files > 1 else ""
        looked = f", {self.n_opened} looked at" if self.n_opened < self.n_files else ""
        return f"{self.n_maps} maps{of_bands} of {size[0]} x {size[1]}, {self.kind}{files}{looked}"


def contents_of(source: str, *, maps_per_simulation: int = 1) -> Contents:
    """Look at a file or folder of maps: its sizes, and some of its pixels.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    InputError
        If it holds no maps, or maps of two sizes (names both), or pixels that are not finite, or no whole simulations.
    """
    file, name = split_name(source)
    if not Path(file).exists():
        raise FileNotFoundError(f"No such file or folder: {file}")
    is_array = Path(file).suffix == ".npy"
    found = _of_array(source, maps_per_simulation) if is_array else _of_containers(source, Path(file), name)
    if found.n_maps % maps_per_simulation:
        raise InputError(
            f"{source} holds {found.n_maps} maps. A simulation has {maps_per_simulation}: expected a multiple."
        )
    if not np.isfinite(found.sample).all():
        raise InputError(f"{source} has pixels that are not finite. A network needs a number in every pixel.")
    return found


def prepared(contents: Contents, field: str, *, preprocessing: Preprocessing, moments: Moments | None, n_maps: int
) -> npt.NDArray[np.float32]:  # fmt: skip
    """Return the first maps of a sample as a network takes them, (n_maps, bands, y, x); moments of its own if None.

    Raises
    ------
    InputError
        If a pixel of the sample has no logarithm; names the file.
    """
    bands = []
    try:
        for band in range(contents.shape[0]):
            chosen = moments or _moments(contents, band, field, preprocessing)
            maps = contents.sample[:n_maps, band]
            bands.append(standardise(maps, field, moments=chosen, preprocessing=preprocessing))
    except InputError as error:
        raise InputError(f"{contents.source}: {error}") from error
    return np.stack(bands, axis=1)


@cache
def _moments(contents: Contents, band: int, field: str, preprocessing: Preprocessing) -> Moments:
    """Return the moments of a band of a sample, once: a set is shown to several models."""
    return log_moments([contents.sample[:, band]], field, preprocessing=preprocessing)


def _of_array(source: str, maps_per_simulation: int) -> Contents:
    """Look at a ``.npy`` in the form of CMD."""
    maps = open_maps(Path(source), maps_per_simulation=maps_per_simulation)
    rows = np.unique(np.linspace(0, len(maps) - 1, max(1, min(len(maps), _PIXELS // maps[0].size))).astype(int))
    return Contents(source, len(maps), (1, *maps.shape[1:]), str(maps.dtype), np.array(maps[rows])[:, None])


def _of_containers(source: str, path: Path, name: str | None) -> Contents:
    """Look at a file in another form, or at a folder of FITS files, which hold a map each."""
    paths = fits_files(path)
    chosen = [paths[row] for row in np.unique(np.linspace(0, len(paths) - 1, min(len(paths), _FILES)).astype(int))]
    opened = [open_container(one, name) for one in chosen]
    first = opened[0]
    for one in opened:
        if one.shape[1:] != first.shape[1:]:
            raise InputError(
                f"{one.path} holds maps of {one.shape[1]} pixels a side, but {first.path} of {first.shape[1]}. "
                "All maps of a set have one size."
            )
        if len(paths) > 1 and one.shape[0] > 1:
            raise InputError(f"{one.path} is a cube of {one.shape[0]} images, one of {len(paths)} files.")
    n_maps = len(paths) if len(paths) > 1 else first.shape[0]
    sample = np.concatenate([_first_of(one, share=len(opened)) for one in opened])
    return Contents(
        source, n_maps, (1, *first.shape[1:]), "converted to float32", sample[:, None],
        n_files=len(paths), n_opened=len(opened),
    )  # fmt: skip


def _first_of(container: Container, *, share: int) -> npt.NDArray[np.float32]:
    """Return the first maps of a container, one of several that are read."""
    n_maps = max(1, _PIXELS // share // (container.shape[1] * container.shape[2]))
    return next(container.pieces(n_maps))

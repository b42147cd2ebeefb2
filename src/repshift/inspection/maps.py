"""What files of maps hold, as far as a look at them shows: the one place of `repshift.inspection` that opens them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.inspection.table import counted
from repshift.networks.channels import MapFunction, Moments, Preprocessing
from repshift.networks.moments import log_moments
from repshift.networks.preprocessing import require_map_by_map, standardise
from repshift.storage.containers import open_container
from repshift.storage.images import Images, image_files, open_images
from repshift.storage.maps import open_maps
from repshift.storage.names import BAND, PICTURES, split_name
from repshift.vocabulary import FIELDS, InputError, size_in_words

SHOWN: Final = 3
"""Maps that a network is shown."""

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
    files
        Files of maps: one, but of a folder.
    n_opened
        Files among them that were looked at.
    """

    source: str
    n_maps: int
    shape: tuple[int, int, int]
    kind: str
    sample: npt.NDArray[np.float32]
    files: tuple[Path, ...]
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
        of_bands = f" of {self.shape[0]} channels" if self.shape[0] > 1 else ""
        files = f" in {len(self.files)} files" if len(self.files) > 1 else ""
        looked = f", {self.n_opened} looked at" if self.n_opened < len(self.files) else ""
        size = size_in_words(self.shape[1:])
        span = f"pixels{'' if self.is_whole else ' looked at'} from {self.sample.min():.3g} to {self.sample.max():.3g}"
        return f"{counted(self.n_maps, 'map')}{of_bands} of {size}, {self.kind}{files}{looked}, {span}"

    @property
    def scale(self) -> float:
        """Median of the size of what is no zero among the pixels that were looked at; 0 where all are zero."""
        held = np.abs(self.sample[self.sample != 0])
        return float(np.median(held)) if held.size else 0.0


def contents_of(source: str, *, bands: Sequence[str] = (), maps_per_simulation: int = 1) -> Contents:
    """Look at a file or folder of maps in any form: its sizes, and some of its pixels.

    Parameters
    ----------
    source
        As a suite of files names it; ``{band}`` stands for each of the bands.
    bands
        Names of the bands; none: maps have one.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    InputError
        If it holds no maps, or maps of two sizes (names both), or pixels that a run would refuse, or no whole
        simulations.
    """
    if BAND in source and not bands:
        raise InputError(
            f"{source} has {BAND} in it, but no bands are named. Name them by --bands, or suites.NAME.bands."
        )
    if BAND in source:
        found = stacked([_one_of(source.replace(BAND, band), ()) for band in bands])
    else:
        found = _one_of(source, bands)
    return _whole(replace(found, source=source), maps_per_simulation)


def contents_in_place(source: str, *, maps_per_simulation: int) -> Contents:
    """Look at a file of maps in the form of CMD, which is read as it is; errors as `contents_of`."""
    maps = open_maps(Path(source), maps_per_simulation=maps_per_simulation)
    images = open_images([Path(source)], None)
    found = Contents(source, len(maps), (1, *images.size), images.kind, _sample(images, 0)[:, None], (Path(source),))
    return _whole(found, maps_per_simulation)


def n_bands_of(source: str) -> int:
    """Return how many bands each image of a file or folder seems to hold: its shortest axis, beside those of a map.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    InputError
        If it holds no images.
    """
    files, name = image_files(source)
    axes = open_container(files[0], name).shape
    of_image = axes if len(files) > 1 or files[0].suffix.lower() in PICTURES else axes[1:]
    return min(of_image[0], of_image[-1]) if len(of_image) == 3 else 1


def stacked(parts: Sequence[Contents]) -> Contents:
    """Return maps of the same simulations, a file a channel, as one.

    Raises
    ------
    InputError
        If they differ in size or number; names both.
    """
    first = parts[0]
    for one in parts[1:]:
        if one.shape[1:] != first.shape[1:]:
            raise InputError(
                f"{one.source} holds maps of {size_in_words(one.shape[1:])}, but {first.source} of "
                f"{size_in_words(first.shape[1:])}. The channels of a network have one size."
            )
        if one.n_maps != first.n_maps:
            raise InputError(
                f"{one.source} holds {one.n_maps} maps, but {first.source} {first.n_maps}. The channels of a network "
                "are of the same simulations."
            )
    sample = np.concatenate([one.sample for one in parts], axis=1)
    return replace(first, shape=(sample.shape[1], *first.shape[1:]), sample=sample)


def prepared(
    contents: Contents,
    fields: Sequence[str],
    *,
    preprocessing: Sequence[Preprocessing],
    moments: Sequence[Moments] | None,
    functions: Sequence[MapFunction | None],
    places: Sequence[int],
) -> npt.NDArray[np.float32]:
    """Return the first `SHOWN` maps of a sample as a network takes them, (n_maps, channels, y, x).

    Each sequence has a value for each channel; `places` are those of the channels in the sample. Moments are those of
    the sample where they are None.

    Raises
    ------
    InputError
        If a pixel of the sample has no logarithm; names the file.
    """
    channels = []
    try:
        for number, (field, how, function) in enumerate(zip(fields, preprocessing, functions, strict=True)):
            chosen = moments[number] if moments else _moments(contents, places[number], field, how, function)
            maps = contents.sample[:SHOWN, places[number]]
            if function is not None:
                require_map_by_map(contents.sample[:, places[number]], how.function, function)
            channels.append(standardise(maps, field, moments=chosen, preprocessing=how, function=function))
    except InputError as error:
        raise InputError(f"{contents.source}: {error}") from error
    return np.stack(channels, axis=1)


@cache
def _moments(
    contents: Contents, number: int, field: str, preprocessing: Preprocessing, function: MapFunction | None
) -> Moments:
    """Return the moments of a channel of a sample, once: a set is shown to several models."""
    return log_moments([contents.sample[:, number]], field, preprocessing=preprocessing, function=function)


def _one_of(source: str, bands: Sequence[str]) -> Contents:
    """Look at one file, or at a folder of files of one image each."""
    if not Path(split_name(source)[0]).exists():
        raise FileNotFoundError(f"No such file or folder: {split_name(source)[0]}")
    files, name = image_files(source)
    rows = np.unique(np.linspace(0, len(files) - 1, min(len(files), _FILES)).astype(np.int64))
    images = open_images([files[row] for row in rows], name, bands=bands)
    n_maps = len(files) if len(files) > 1 else images.n_maps
    sample = np.stack([_sample(images, band) for band in range(max(len(bands), 1))], axis=1)
    form = (sample.shape[1], *images.size)
    return Contents(source, n_maps, form, images.kind, sample, tuple(files), len(images.files))


def _sample(images: Images, band: int) -> npt.NDArray[np.float32]:
    """Return some images of a band (n, y, x)."""
    return images.sample(max(1, _PIXELS // (images.size[0] * images.size[1])), band=band)


def _whole(found: Contents, maps_per_simulation: int) -> Contents:
    """Refuse maps that are no whole simulations."""
    if found.n_maps % maps_per_simulation:
        raise InputError(
            f"{found.source} holds {found.n_maps} maps. A simulation has {maps_per_simulation}: expected a multiple."
        )
    return found

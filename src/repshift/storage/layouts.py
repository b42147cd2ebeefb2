"""What the axes of an array of images are: images, bands before or after the pixels, y and x."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt

from repshift.storage.containers import Container
from repshift.storage.names import BAND, PICTURES
from repshift.vocabulary import InputError

BandAxis = Literal["none", "first", "last"]
"""Where an image has its bands: nowhere, (band, y, x) or (y, x, band)."""


@dataclass(frozen=True)
class Layout:
    """What the axes of an array of images are.

    Attributes
    ----------
    n_maps, n_bands, size
        Images, bands of each, pixels (y, x).
    band_axis
        Where the bands are.
    is_one
        Whether the array is one image, without an axis of images.
    """

    n_maps: int
    n_bands: int
    size: tuple[int, int]
    band_axis: BandAxis
    is_one: bool

    def arranged(self, values: npt.NDArray[Any], band: int) -> npt.NDArray[Any]:
        """Return a band of images that were read, (n, y, x)."""
        images = values.reshape(-1, *self._of_image)
        if self.band_axis == "first":
            return images[:, band]
        return images[..., band] if self.band_axis == "last" else images

    @property
    def _of_image(self) -> tuple[int, ...]:
        if self.band_axis == "first":
            return (self.n_bands, *self.size)
        return (*self.size, self.n_bands) if self.band_axis == "last" else self.size


def layout_of(file: Container, bands: Sequence[str], *, n_files: int) -> Layout:
    """Return what the axes of an array are; one of several files, or a picture, is one image.

    Raises
    ------
    InputError
        If they are none of images of those bands.
    """
    is_one = n_files > 1 or file.path.suffix.lower() in PICTURES
    axes, least = file.shape, 3 if bands else 2
    if not bands and len(axes) == 4 and 1 in (axes[1], axes[3]):  # a band that nobody named is none
        axes = (axes[0], *axes[2:]) if axes[1] == 1 else axes[:3]
    if n_files > 1 and len(axes) == least + 1 and not bands:
        raise InputError(_cube(file, axes, n_files))
    if len(axes) not in ((least,) if is_one else (least, least + 1)):
        raise InputError(_other_form(file, bands, is_one=is_one))
    image = axes[len(axes) - least :]
    n_maps = axes[0] if len(axes) > least else 1
    if not bands:
        return Layout(n_maps, 1, (image[0], image[1]), "none", len(axes) == least)
    if len(bands) not in (image[0], image[-1]):
        raise InputError(
            f"{file.path} holds an image of shape {image}, which has no axis of {len(bands)} bands. The bands are "
            f"{', '.join(bands)}."
        )
    first = image[0] == len(bands)
    size = (image[1], image[2]) if first else (image[0], image[1])
    return Layout(n_maps, len(bands), size, "first" if first else "last", len(axes) == least)


def _cube(file: Container, axes: tuple[int, ...], n_files: int) -> str:
    return (
        f"{file.path} is a cube of {min(axes)} images, one of {n_files} files. Nothing says whether they are maps or "
        "bands of one object: name the bands (suites.NAME.bands), or give one file with a cube of maps."
    )


def _other_form(file: Container, bands: Sequence[str], *, is_one: bool) -> str:
    form = "band, y, x" if bands else "y, x"
    expected = f"({form})" if is_one else f"(n_maps, {form})"
    named = f" of the bands {', '.join(bands)}" if bands else "; where it has bands, name them (suites.NAME.bands)"
    apart = f". If each band is a file or an extension, write {BAND} for it" if bands and len(file.shape) == 2 else ""
    return f"{file.path} holds an array of shape {file.shape}. Expected {expected}{named}{apart}."

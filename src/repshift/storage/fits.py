"""Maps in FITS: an image of a file, in its first or a named extension, packed or tile-compressed or neither.

References
----------
Pence et al. 2010, A&A 524, A42: the FITS standard 3.0, section 4.4.2 (scaling, BLANK).
astropy.io.fits, which reads the files: https://docs.astropy.org/en/stable/io/fits.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.storage.files import require_file
from repshift.storage.names import FITS, bare_name, is_fits
from repshift.vocabulary import InputError


def fits_files(source: Path) -> list[Path]:
    """Return the FITS files of a folder, sorted by name, or the one file that `source` is.

    Raises
    ------
    InputError
        If the folder holds none, or one twice, packed and not.
    """
    if not source.is_dir():
        return [source]
    found = sorted(path for path in source.iterdir() if is_fits(path) and not path.is_dir())
    if not found:
        raise InputError(f"{source} holds no file whose name ends with {', '.join(FITS)}, packed or not.")
    names = [bare_name(path) for path in found]
    twice = [path for path, name in zip(found, names, strict=True) if names.count(name) > 1]
    if twice:
        raise InputError(
            f"{source} holds {twice[0].name} and {twice[1].name}, which are one map. Take one of them away."
        )
    return found


@dataclass(frozen=True)
class Image:
    """An image of a file of FITS, read some maps at a time.

    Attributes
    ----------
    path
        The file.
    extension
        Number of the extension that holds it; 0 is the primary one.
    shape
        (n_maps, size, size).
    is_quantised
        Whether its numbers were rounded when they were compressed.
    """

    path: Path
    extension: int
    shape: tuple[int, int, int]
    is_quantised: bool

    def pieces(self, n_maps: int) -> Iterator[npt.NDArray[np.float32]]:
        """Yield consecutive maps as float32, scaled as the header says, `n_maps` at a time.

        Raises
        ------
        InputError
            If a pixel is blank or not finite, or the file is damaged; names file and map.
        """
        with ExitStack() as stack:
            with _trusting(self.path):
                hdu = stack.enter_context(_open(self.path))[self.extension]
                before = (0,) * max(0, hdu.header["NAXIS"] - 3)
            for start in range(0, self.shape[0], n_maps):
                with _trusting(self.path):
                    is_map = hdu.header["NAXIS"] == 2
                    stored = hdu.section[:] if is_map else hdu.section[(*before, slice(start, start + n_maps))]
                yield single(np.asarray(stored), self.shape[1:], self.path, start)


def open_image(path: Path, extension: str | None = None) -> Image:
    """Open the image of a FITS file: the first that it holds, or that of a named or numbered extension.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no whole FITS file, has no such extension, or holds no image of square maps there.
    """
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    require_file(path)
    with _trusting(path), _open(path) as hdus:
        number = _chosen(hdus, path, extension)
        header = hdus[number].header
        axes = tuple(int(header[f"NAXIS{axis}"]) for axis in range(header["NAXIS"], 0, -1))
    shape = axes
    while len(shape) > 3 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) not in (2, 3) or shape[-1] != shape[-2] or min(shape) < 1:
        raise InputError(
            f"{path} has an image of shape {axes} in extension {number}. Expected a square map, or a cube (n_maps, "
            "size, size)."
        )
    n_maps, size = (shape[0] if len(shape) == 3 else 1), shape[-1]
    return Image(path, number, (n_maps, size, size), _is_quantised(path, number))


def _chosen(hdus: Any, path: Path, extension: str | None) -> int:  # noqa: ANN401 - astropy has no types
    """Return the number of the extension that is asked for, or of the first with an image."""
    named: dict[str, int] = {}
    for number, hdu in enumerate(hdus):
        named.setdefault(hdu.name, number)
    named.pop("", None)
    if extension is not None:
        number = int(extension) if extension.isdecimal() else named.get(extension.upper(), len(hdus))
        if number >= len(hdus):
            raise InputError(
                f"{path} has no extension '{extension}'. It has {len(hdus)}, named {', '.join(named) or 'nothing'}."
            )
        if not _is_image(hdus[number]):
            raise InputError(f"{path} holds no image in extension '{extension}'.")
        return number
    found = [number for number, hdu in enumerate(hdus) if _is_image(hdu)]
    if not found:
        raise InputError(f"{path} holds no image, in none of its {len(hdus)} extensions.")
    return found[0]


def _is_image(hdu: Any) -> bool:  # noqa: ANN401
    return bool(hdu.is_image) and int(hdu.header.get("NAXIS", 0)) >= 2 and "GROUPS" not in hdu.header


def _is_quantised(path: Path, number: int) -> bool:
    """Say whether floats were rounded to be compressed: then some of them come back as exact zeros."""
    with _trusting(path), _open(path, disable_image_compression=True) as hdus:
        header = hdus[number].header
        columns = [header[name] for name in header if name.startswith("TTYPE")]
        return bool(header.get("ZIMAGE", False)) and header.get("ZBITPIX", 8) < 0 and "ZSCALE" in columns


def single(values: npt.NDArray[Any], shape: tuple[int, ...], path: Path, start: int) -> npt.NDArray[np.float32]:
    """Return maps (n, size, size), the first of which is map `start`, in single precision; refuse what is no number."""
    with np.errstate(over="ignore"):
        maps = values.reshape(-1, *shape).astype("<f4")
    vanished = (maps == 0) & (values.reshape(maps.shape) != 0)
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


@contextmanager
def _open(path: Path, **how: bool) -> Iterator[Any]:
    """Open a file of FITS; it is closed also where astropy finds it damaged."""
    from astropy.io import fits  # takes half a second, and few maps are in FITS

    with path.open("rb") as file, fits.open(file, memmap=False, **how) as hdus:
        yield hdus


@contextmanager
def _trusting(path: Path) -> Iterator[None]:
    """Say of which file an error of astropy is; that a file is cut is one, oddities of its header are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*truncated.*")
        try:
            yield
        except (InputError, ImportError, MemoryError):
            raise
        except Exception as error:  # whatever a damaged file may do to astropy
            if isinstance(error, OSError) and error.errno is not None:
                raise
            reason = (str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")
            raise InputError(f"{path} is not a whole FITS file: {reason}.") from error

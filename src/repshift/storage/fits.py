"""Maps in FITS: an image of a file, in its first or a named extension, packed or tile-compressed or neither.

References
----------
Pence et al. 2010, A&A 524, A42: the FITS standard 3.0, section 4.4.2 (scaling, BLANK).
astropy.io.fits, which reads the files: https://docs.astropy.org/en/stable/io/fits.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.storage.files import require_file
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Image:
    """An image of a file of FITS, read some of it at a time.

    Attributes
    ----------
    path
        The file.
    extension
        Number of the extension that holds it; 0 is the primary one.
    shape
        Of the image, as numpy has it; leading axes of length 1 are no axes.
    is_quantised
        Whether its numbers were rounded when they were compressed.
    """

    path: Path
    extension: int
    shape: tuple[int, ...]
    is_quantised: bool

    def parts(self, places: Sequence[slice]) -> Iterator[npt.NDArray[Any]]:
        """Yield parts along the first axis, scaled as the header says.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        with ExitStack() as stack:
            with _trusting(self.path):
                hdu = stack.enter_context(_open(self.path))[self.extension]
                before = (0,) * (hdu.header["NAXIS"] - len(self.shape))
            for place in places:
                with _trusting(self.path):
                    stored = hdu.section[(*before, place)]
                yield np.asarray(stored)


def open_image(path: Path, extension: str | None = None) -> Image:
    """Open the image of a FITS file: the first that it holds, or that of a named or numbered extension.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no whole FITS file, has no such extension, or holds no image there.
    """
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    require_file(path)
    with _trusting(path), _open(path) as hdus:
        number = _chosen(hdus, path, extension)
        header = hdus[number].header
        axes = tuple(int(header[f"NAXIS{axis}"]) for axis in range(header["NAXIS"], 0, -1))
    shape = axes
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    if min(shape) < 1:
        raise InputError(f"{path} has an image of shape {axes} in extension {number}, which has no pixels.")
    return Image(path, number, shape, _is_quantised(path, number))


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

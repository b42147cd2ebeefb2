"""Maps in FITS: one image a file, or a cube of maps. The primary image alone is read.

References
----------
Pence et al. 2010, A&A 524, A42: the FITS standard 3.0, sections 3.3 (blocks), 4.2 (values), 4.4.2 (scaling, BLANK).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

SUFFIXES: Final = (".fits", ".fit", ".fts")
_COMPRESSED: Final = (".gz", ".z", ".bz2", ".xz", ".zip", ".zst")
_BLOCK: Final = 2880
_CARD: Final = 80
_MOST_BLOCKS: Final = 1000
_TYPES: Final = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


@dataclass(frozen=True)
class Image:
    """The primary image of a file: a memory map (n_maps, size, size), big-endian, and what scales it."""

    path: Path
    stored: npt.NDArray[np.generic]
    scale: float
    zero: float
    blank: int | None

    def maps(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return maps [start, stop) as float32 in the order of memory, scaled: ``BZERO + BSCALE * stored``.

        Raises
        ------
        InputError
            If a pixel is blank or not finite; names file and map.
        """
        stored = self.stored[start:stop]
        values = self.zero + self.scale * stored.astype(np.float64)
        with np.errstate(over="ignore"):
            maps = values.astype(np.float32)
        bad = ~np.isfinite(maps) if self.blank is None else ~np.isfinite(maps) | (stored == self.blank)
        if bad.any():
            raise InputError(
                f"{self.path} has {int(bad.sum())} pixels that are blank or not finite, the first in map "
                f"{start + int(np.argwhere(bad)[0][0])}. A network needs a number in every pixel: fill or cut them."
            )
        return maps


def fits_files(source: Path) -> list[Path]:
    """Return the FITS files of a folder, sorted by name, or the one file that `source` is.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If the folder holds none, or a compressed one.
    """
    if not source.is_dir():
        return [source]
    files = sorted(path for path in source.iterdir() if not path.is_dir())
    packed = [path for path in files if _is_compressed(path)]
    if packed:
        raise InputError(f"{packed[0]} is compressed, one of {len(packed)} such files. Unpack them, or take them away.")
    found = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not found:
        raise InputError(f"{source} holds no file whose name ends with {', '.join(SUFFIXES)}.")
    return found


def open_image(path: Path) -> Image:
    """Open the primary image of a FITS file: errors as `fits_files`.

    Raises
    ------
    InputError
        If it is no FITS file, is cut, or holds no image of square maps first.
    """
    header, offset = _read_header(path)
    for name, expected in (("SIMPLE", "T"), ("GROUPS", "F")):
        if (value := header.get(name, expected)) != expected:
            raise InputError(f"{path} has {name} '{value}', so it is not in the form of an image. Expected {expected}.")
    shape = tuple(_integer(header, f"NAXIS{axis}", path) for axis in range(_integer(header, "NAXIS", path), 0, -1))
    while len(shape) > 3 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) not in (2, 3) or shape[-1] != shape[-2] or min(shape) < 1:
        raise InputError(
            f"{path} has a primary image of shape {shape}. Expected a square map, or a cube (n_maps, size, size)."
        )
    kind = _TYPES.get(_integer(header, "BITPIX", path))
    if kind is None:
        raise InputError(f"{path} has BITPIX {header['BITPIX']}. Expected one of {', '.join(map(str, _TYPES))}.")
    if path.stat().st_size < offset + prod(shape) * np.dtype(kind).itemsize:
        raise InputError(f"{path} is cut: its header promises {prod(shape)} pixels after byte {offset}.")
    stored = np.memmap(path, dtype=kind, mode="r", offset=offset, shape=(prod(shape[:-2]), *shape[-2:]))
    scale, zero = (_real(header, name, default, path) for name, default in (("BSCALE", 1.0), ("BZERO", 0.0)))
    blank = _integer(header, "BLANK", path) if "BLANK" in header and stored.dtype.kind != "f" else None
    return Image(path, stored, scale, zero, blank)


def pieces_of(image: Image, *, n_maps: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield consecutive maps of an image, `n_maps` at a time."""
    for start in range(0, len(image.stored), n_maps):
        yield image.maps(start, start + n_maps)


def _is_compressed(path: Path) -> bool:
    """Say whether a name is that of a FITS file with a suffix behind it, or of tiles."""
    suffix = path.suffix.lower()
    return suffix == ".fz" or (suffix in _COMPRESSED and Path(path.stem).suffix.lower() in SUFFIXES)


def _read_header(path: Path) -> tuple[dict[str, str], int]:
    """Return the values of the primary header as they are written, and the byte after it."""
    header: dict[str, str] = {}
    with path.open("rb") as file:
        for number in range(1, _MOST_BLOCKS + 1):
            block = file.read(_BLOCK)
            if len(block) < _BLOCK or (number == 1 and not block.startswith(b"SIMPLE  =")):
                break
            for start in range(0, _BLOCK, _CARD):
                card = block[start : start + _CARD].decode("ascii", errors="replace")
                if card.rstrip() == "END":
                    return header, number * _BLOCK
                if card[8:10] == "= ":
                    header[card[:8].rstrip()] = card[10:].partition("/")[0].strip()
    raise InputError(
        f"{path} is not a whole FITS file: no primary header from SIMPLE to END. Compressed ones are not read."
    )


def _integer(header: dict[str, str], name: str, path: Path) -> int:
    value = _real(header, name, None, path)
    if value != int(value):
        raise InputError(f"{path} has {name} {value}. Expected a whole number.")
    return int(value)


def _real(header: dict[str, str], name: str, default: float | None, path: Path) -> float:
    """Return a finite number of the header; FITS may write its exponent with a D."""
    if name not in header and default is not None:
        return default
    try:
        value = float(header.get(name, "nothing").upper().replace("D", "E"))
    except ValueError as error:
        raise InputError(f"{path} has {name} '{header.get(name)}'. Expected a number.") from error
    if not np.isfinite(value):
        raise InputError(f"{path} has {name} '{header[name]}'. Expected a finite number.")
    return value

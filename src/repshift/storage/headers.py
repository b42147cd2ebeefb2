"""The shape of a file or folder of maps, read from headers alone, where neither numpy nor astropy is installed."""

import ast
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from repshift.storage.names import NUMPY, PICTURES, is_fits
from repshift.vocabulary import InputError

_MAGIC = b"\x93NUMPY"
_BLOCK = 2880
"""Bytes of a block of a FITS header."""


@dataclass(frozen=True)
class _Form:
    """What the header of a ``.npy`` says of its array."""

    shape: tuple[int, ...]
    kind: str
    fortran_order: bool


def is_read_in_place(path: Path) -> bool:
    """Return whether a ``.npy`` has the form of CMD: float32 (n_maps, y, x) in C order; also where nothing is known.

    Examples
    --------
    >>> is_read_in_place(Path("no_such_file.npy"))
    True
    """
    try:
        form = _read_form(path)
    except InputError:  # What reads the maps says what is wrong with them.
        return True
    return form is None or (form.kind in ("<f4", "|f4") and len(form.shape) == 3 and not form.fortran_order)


def shape_of(path: Path) -> tuple[int, ...] | None:
    """Return the shape of an array in a ``.npy`` file; None where there is no such file, or it is no array.

    Raises
    ------
    InputError
        If it begins like an array and its header is cut or damaged.

    Examples
    --------
    >>> shape_of(Path("no_such_file.npy")) is None
    True
    """
    form = _read_form(path)
    return form.shape if form else None


def shape_of_folder(folder: Path) -> tuple[int, int | None, int | None] | None:
    """Return how many images a folder of files holds, and their pixels (y, x) where the first file says them plainly.

    None where it is no folder, or has not two files of images: what one file holds, only its content says.
    """
    held = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")] if folder.is_dir() else []
    kinds = [[path for path in held if is_fits(path)]]
    kinds += [[path for path in held if path.suffix.lower() in suffixes] for suffixes in (NUMPY, PICTURES)]
    files = next((kind for kind in kinds if kind), [])
    if len(files) < 2:
        return None
    read = _fits_size if is_fits(files[0]) else _png_size
    return len(files), *(read(files[0]) or (None, None))


def _fits_size(path: Path) -> tuple[int, int] | None:
    """Return the pixels (y, x) of the first image of a plain FITS file; None where that takes more than its headers."""
    cards: dict[str, int] = {}
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            lines = [block[start : start + 80].decode("latin-1") for start in range(0, len(block), 80)]
            values = {line[:8].strip(): line[10:].partition("/")[0].strip() for line in lines if line[8:10] == "= "}
            cards |= {name: int(value) for name, value in values.items() if value.removeprefix("-").isdecimal()}
            if not any(line.startswith("END ") for line in lines):
                continue
            if cards.get("NAXIS", 0) > 0:
                return (cards["NAXIS2"], cards["NAXIS1"]) if "NAXIS2" in cards and "TFIELDS" not in cards else None
            cards = {}  # a primary header without an image: the next is that of the first extension
    return None


def _png_size(path: Path) -> tuple[int, int] | None:
    """Return the pixels (y, x) of a PNG; None of another picture."""
    with path.open("rb") as file:
        head = file.read(24)
    if not head.startswith(b"\x89PNG") or len(head) < 24:
        return None
    width, height = struct.unpack(">II", head[16:])
    return height, width


def _read_form(path: Path) -> _Form | None:
    """Read the header of an array."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        try:
            return _form(file)
        except (struct.error, SyntaxError, ValueError, LookupError, TypeError) as error:
            raise InputError(
                f"{path} is cut or damaged: its header tells no shape of maps. Expected a whole .npy file."
            ) from error


def _form(file: BinaryIO) -> _Form:
    """Read the rest of a header."""
    major = file.read(2)[0]
    width, form = (2, "<H") if major == 1 else (4, "<I")
    (length,) = struct.unpack(form, file.read(width))
    header = ast.literal_eval(file.read(length).decode("latin-1"))
    if len(header["shape"]) == 0:
        raise ValueError("its array has no axes")
    return _Form(tuple(header["shape"]), str(header["descr"]), bool(header["fortran_order"]))

"""The shape of a file of maps, read from its header alone, where numpy is not installed."""

import ast
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from repshift.vocabulary import InputError

_MAGIC = b"\x93NUMPY"


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

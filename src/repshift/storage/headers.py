"""The shape of a file of maps, read from its header alone, where numpy is not installed."""

import ast
import struct
from pathlib import Path
from typing import BinaryIO

from repshift.vocabulary import InputError

_MAGIC = b"\x93NUMPY"


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
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        try:
            return _shape(file)
        except (struct.error, SyntaxError, ValueError, LookupError, TypeError) as error:
            raise InputError(
                f"{path} is cut or damaged: its header tells no shape of maps. Expected a whole .npy file."
            ) from error


def _shape(file: BinaryIO) -> tuple[int, ...]:
    """Read the rest of a header."""
    major = file.read(2)[0]
    width, form = (2, "<H") if major == 1 else (4, "<I")
    (length,) = struct.unpack(form, file.read(width))
    shape = ast.literal_eval(file.read(length).decode("latin-1"))["shape"]
    if len(shape) == 0:
        raise ValueError("its array has no axes")
    return tuple(shape)

"""The shape of a file of maps, read from its header alone, where numpy is not installed."""

import ast
import struct
from pathlib import Path

_MAGIC = b"\x93NUMPY"


def shape_of(path: Path) -> tuple[int, ...] | None:
    """Return the shape of an array in a ``.npy`` file; None where there is no such file, or it is no array.

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
        major = file.read(2)[0]
        width, form = (2, "<H") if major == 1 else (4, "<I")
        (length,) = struct.unpack(form, file.read(width))
        return tuple(ast.literal_eval(file.read(length).decode("latin-1"))["shape"])

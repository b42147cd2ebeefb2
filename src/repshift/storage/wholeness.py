"""Whether files of results are whole: opened by what they are, for a checksum certifies whatever lies there."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from repshift.storage.datasets import open_dataset
from repshift.storage.files import read_json
from repshift.vocabulary import InputError

_BYTES_AT_ONCE: Final = 1 << 26


def require_whole(paths: Iterable[str], *, root: Path) -> None:
    """Refuse files that are there and cannot be opened, or end before their end.

    Raises
    ------
    InputError
        That names the first of them.
    """
    for path in paths:
        check = _CHECKS.get(Path(path).suffix)
        if check is not None and (root / path).is_file():
            check(root / path)


def _open_netcdf(path: Path) -> None:
    with open_dataset(path) as opened:
        try:
            for variable in opened.variables.values():
                _read_through(variable)
        except (OSError, RuntimeError) as error:
            raise InputError(f"{path} is not a whole netCDF file: {error}. Make it again.") from error


def _read_through(variable: xr.Variable) -> None:
    """Read a variable, some of it at a time."""
    if not variable.ndim:
        variable.to_numpy()
        return
    step = max(1, _BYTES_AT_ONCE // max(1, variable.nbytes // max(1, len(variable))))
    for start in range(0, len(variable), step):
        variable[start : start + step].to_numpy()


def _open_array(path: Path) -> None:
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not a whole array: {error}. Make it again.") from error


def _read_rows(path: Path) -> None:
    if not path.read_bytes().endswith(b"\n"):
        raise InputError(f"{path} ends within a row. Make it again.")


def _ends_with(end: bytes) -> Callable[[Path], None]:
    """Return what refuses a file without the bytes that files of its kind end with."""

    def check(path: Path) -> None:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 1024))
            if end not in file.read():
                raise InputError(f"{path} is cut: it does not end as a whole '{path.suffix}'. Make it again.")

    return check


_CHECKS: Final[Mapping[str, Callable[[Path], object]]] = {
    ".nc": _open_netcdf,
    ".npy": _open_array,
    ".json": read_json,
    ".csv": _read_rows,
    ".png": _ends_with(b"IEND"),
    ".pdf": _ends_with(b"%%EOF"),
}

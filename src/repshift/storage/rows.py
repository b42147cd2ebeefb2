"""Large arrays written to netCDF some rows at a time, as they come, and the rest of a dataset around them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import netCDF4
import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.storage.files import replacing
from repshift.vocabulary import InputError

_COLUMNS: Final = 1 << 16
"""Columns that are read back at a time."""


class RowFile:
    """A file whose arrays are filled some rows at a time.

    An array is made, uncompressed and contiguous, when its first rows come. Rows that come again take the place of
    those that were there, so what was stopped may begin again.
    """

    def __init__(self, file: Any, *, dimension: str, n_rows: int, passes: int) -> None:  # noqa: ANN401 - netCDF4's
        self._file, self._passes, self._n_rows = file, passes, n_rows
        self._room, self._needed = shutil.disk_usage(Path(file.filepath()).parent).free, 0
        self._leading = ("pass", dimension) if passes > 1 else (dimension,)
        for name, size in zip(self._leading, (passes, n_rows)[-len(self._leading) :], strict=True):
            file.createDimension(name, size)

    def write(self, name: str, columns: str, rows: npt.NDArray[Any], *, start: int, number: int = 0) -> None:
        """Write rows of an array from `start` on, of the pass of that number; `columns` names their second dimension.

        Raises
        ------
        InputError
            If there is no room on the disk: for the whole of it, before it is begun.
        """
        try:
            if name not in self._file.variables:
                self._require_room(name, rows)
                self._file.createDimension(columns, rows.shape[1])
                kept: dict[str, Any] = {"contiguous": True, "fill_value": False}
                self._file.createVariable(name, rows.dtype, (*self._leading, columns), **kept)
                self._file.variables[name].set_auto_maskandscale(False)
            places: Any = slice(start, start + len(rows))
            self._file.variables[name][(number, places) if self._passes > 1 else places] = rows
        except (RuntimeError, OSError) as error:  # netCDF's own words for a full disk are "HDF error"
            raise InputError(f"{self._file.filepath()} cannot be written: {error}. Is the disk full?") from error

    def _require_room(self, name: str, rows: npt.NDArray[Any]) -> None:
        self._needed += self._passes * self._n_rows * rows.shape[1] * rows.itemsize
        if self._needed > self._room:
            where = Path(self._file.filepath()).parent
            raise InputError(
                f"The arrays up to '{name}', {self._n_rows} rows each, take {self._needed / 1e9:.3g} GB; the disk of "
                f"{where} has {self._room / 1e9:.3g} GB left. Use fewer maps or layers, or another disk."
            )

    def columns_of(self, name: str, *, number: int = 0) -> Iterator[npt.NDArray[Any]]:
        """Yield all rows of an array, of one pass, some columns at a time."""
        variable = self._file.variables[name]
        for start in range(0, variable.shape[-1], _COLUMNS):
            part = slice(start, start + _COLUMNS)
            yield np.asarray(variable[(number, slice(None), part) if self._passes > 1 else (slice(None), part)])

    def describe(self, name: str, attributes: dict[str, Any]) -> None:
        """Say what an array is."""
        self._file.variables[name].setncatts(attributes)


@contextmanager
def writing_rows(path: Path, *, dimension: str, n_rows: int, passes: int, rest: xr.Dataset) -> Iterator[RowFile]:
    """Yield a file to write rows to; at the end the rest of the dataset is added, and the file is whole or absent.

    Parameters
    ----------
    dimension
        Name of the rows, `n_rows` of them.
    passes
        With more than one, arrays have a first dimension ``pass``.
    rest
        Coordinates, attributes and small variables.
    """
    encoding = {name: {"_FillValue": None} for name in rest.variables if rest[name].dtype.kind == "f"}
    with replacing(path) as temporary:
        file = netCDF4.Dataset(temporary, "w", format="NETCDF4")
        try:
            yield RowFile(file, dimension=dimension, n_rows=n_rows, passes=passes)
        except BaseException:
            with suppress(RuntimeError):
                file.close()
            raise
        try:
            file.close()
            rest.drop_encoding().to_netcdf(temporary, mode="a", engine="netcdf4", encoding=encoding)
        except RuntimeError as error:
            raise InputError(f"{path} cannot be written: {error}. Is the disk full?") from error

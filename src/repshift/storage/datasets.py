"""Labelled arrays as netCDF: same content, same bytes."""

from pathlib import Path

import xarray as xr

from repshift.storage.files import replacing
from repshift.vocabulary import InputError


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as uncompressed, contiguous netCDF-4.

    Every variable must say its unit and its long name. No fill value is written: a NaN is never silent here.

    Raises
    ------
    InputError
        If a variable lacks ``units`` or ``long_name``.
    """
    for name, variable in dataset.data_vars.items():
        missing = {"units", "long_name"} - set(variable.attrs)
        if missing:
            raise InputError(f"Variable '{name}' for {path} lacks {sorted(missing)}.")
    encoding = {name: {"_FillValue": None} for name in dataset.variables if dataset[name].dtype.kind == "f"}
    with replacing(path) as temporary:
        dataset.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)


def open_dataset(path: Path, *, attributes: tuple[str, ...] = ()) -> xr.Dataset:
    """Open a netCDF file of ours; variables are read when they are used. Close it, or use it in ``with``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no netCDF file, is truncated, or lacks one of `attributes`.
    """
    if not path.exists():
        raise FileNotFoundError(f"No such file: {path}")
    try:
        dataset = xr.open_dataset(path, engine="netcdf4", decode_times=False, mask_and_scale=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a whole netCDF file: {error}.") from error
    missing = [name for name in attributes if name not in dataset.attrs]
    if missing:
        dataset.close()
        raise InputError(f"{path} lacks the attributes {missing}. It was not written by the stage expected.")
    return dataset

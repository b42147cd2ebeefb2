"""Labelled arrays as netCDF: same content, same bytes."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

import xarray as xr

from repshift.storage.files import replacing, require_file
from repshift.vocabulary import InputError

_QUOTED = "_"
"""Before the name of a layer that netCDF takes for no variable as it is: ``:relu:0``, ``a/b:0``, or that of another."""

PIXELS: Final = "pixels"
"""Variable of a file of activations, (map, pixel): the maps as the network takes them. No layer is written so."""

SPREAD: Final = "relative_spread"
"""Attribute of a layer in a file of activations: how much of its size differs between maps, as float."""

_TAKEN = re.compile("(map|pass|position|simulation|suite|domain|pixels?)|unit_.*")
"""Coordinates, dimensions and pixels of a file of activations."""


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as uncompressed, contiguous netCDF-4.

    Every variable must say its unit and its long name. No fill value is written: a NaN is never silent here. How a
    dataset was stored that this one is made from does not count: the width of its words would cut longer ones off.

    Raises
    ------
    InputError
        If a variable lacks ``units`` or ``long_name``, or netCDF cannot write.
    """
    for name, variable in dataset.data_vars.items():
        missing = {"units", "long_name"} - set(variable.attrs)
        if missing:
            raise InputError(f"Variable '{name}' for {path} lacks {sorted(missing)}.")
    encoding = {name: {"_FillValue": None} for name in dataset.variables if dataset[name].dtype.kind == "f"}
    with replacing(path) as temporary:
        try:
            dataset.drop_encoding().to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)
        except RuntimeError as error:  # netCDF's own words for a full disk are "HDF error"
            raise InputError(f"{path} cannot be written: {error}. Is the disk full?") from error


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
    require_file(path)
    try:
        dataset = xr.open_dataset(path, engine="netcdf4", decode_times=False, mask_and_scale=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{path} is not a whole netCDF file: {error}.") from error
    missing = [name for name in attributes if name not in dataset.attrs]
    if missing:
        dataset.close()
        raise InputError(f"{path} lacks the attributes {missing}. It was not written by the stage expected.")
    return dataset


def variable_of(layer: str) -> str:
    """Return the variable of a file of activations that a layer is: its name, quoted where netCDF does not take it."""
    quoted = _quoted(layer)
    return layer if quoted == layer and layer[:1].isalnum() and not _TAKEN.fullmatch(layer) else _QUOTED + quoted


def layer_of(variable: str) -> str:
    """Return the layer that a variable of a file of activations is of."""
    return unquote(variable.removeprefix(_QUOTED)) if variable.startswith(_QUOTED) else variable


def unit_of(layer: str) -> str:
    """Return the dimension of a layer's units."""
    return f"unit_{_quoted(layer)}"


def _quoted(layer: str) -> str:
    return quote(layer, safe=":")

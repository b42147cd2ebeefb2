"""Labels of simulations: CMD's parameters (``.txt``, six columns), or a table of one's own (``.csv`` with a header)."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError


@dataclass(frozen=True)
class Labels:
    """What is known of each simulation of a set.

    Attributes
    ----------
    names
        Of the columns; none where there are no labels.
    values
        (n_simulations, n_labels), in the units of the table.
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.float64]


def read_table(path: Path) -> npt.NDArray[np.float64]:
    """Read a table of parameters (n_simulations, 6), dimensionless, in CMD's order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no table of six columns of finite numbers.
    """
    try:
        parameters = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise InputError(f"{path} is not a table of numbers: {error}.") from error
    if parameters.shape[1] != len(PARAMETERS):
        raise InputError(
            f"{path} has {parameters.shape[0]} rows of {parameters.shape[1]} columns. "
            f"Parameters have {len(PARAMETERS)} columns."
        )
    if not np.isfinite(parameters).all():
        row = int(np.argwhere(~np.isfinite(parameters))[0][0])
        raise InputError(f"{path} holds a value that is not finite in row {row}.")
    return parameters


def read_parameters(
    path: Path, *, n_maps: int, maps_path: Path, maps_per_simulation: int = MAPS_PER_SIMULATION
) -> Labels:
    """Read the labels that belong to a set of `n_maps`, one row a simulation: errors as `read_table`.

    Raises
    ------
    InputError
        Also if the table does not fit the maps.
    """
    labels = _read_columns(path) if path.suffix.lower() == ".csv" else Labels(tuple(PARAMETERS), read_table(path))
    n_simulations = n_maps // maps_per_simulation
    if len(labels.values) != n_simulations:
        raise InputError(
            f"{path} has {len(labels.values)} rows, but {maps_path} is of {n_maps} maps, so {n_simulations} rows were "
            "expected."
        )
    return labels


def _read_columns(path: Path) -> Labels:
    """Read a table whose first row names its columns."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row] or [[]]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8: {error}. Save it as UTF-8.") from error
    except csv.Error as error:
        raise InputError(f"{path} is not a table of cells between commas: {error}.") from error
    if not all(header) or len(set(header)) < len(header) or not header:
        raise InputError(f"{path} begins with {header}. Expected a name for each column, none of them twice.")
    for number, row in enumerate(rows):
        for name, cell in zip(header, row, strict=False):
            if not _is_number(cell):
                raise InputError(
                    f"{path} holds '{cell}' in row {number} of column '{name}'. Labels are finite numbers."
                )
        if len(row) != len(header):
            raise InputError(f"{path} has {len(row)} cells in row {number}, but its header names {len(header)}.")
    return Labels(tuple(header), np.array(rows, dtype=np.float64).reshape(len(rows), len(header)))


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False

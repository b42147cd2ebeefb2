"""Labels of simulations: CMD's parameters (``.txt``, six columns), or a table of the user (``.csv`` with a header)."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.networks.classes import Classes
from repshift.storage.files import replacing, require_file
from repshift.vocabulary import COSMOLOGY, MAPS_PER_SIMULATION, PARAMETERS, InputError, in_short


@dataclass(frozen=True)
class Labels:
    """What is known of each simulation of a set.

    Attributes
    ----------
    names
        Of the columns; none where there are no labels.
    values
        (n_simulations, n_labels), in the units of the table.
    unusable
        Why a column is no label, by its name: it holds something else than finite numbers.
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.float64]
    unusable: Mapping[str, str] = field(default_factory=dict)


def read_table(path: Path) -> npt.NDArray[np.float64]:
    """Read a table of parameters of CMD, (n_simulations, 6 or more).

    The six of `PARAMETERS` are dimensionless and in their order. Of a wider table only the first two, Omega_m and
    sigma_8, are known; the others are in units of their own.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no table of six columns or more of finite numbers.
    """
    parameters = _numbers(path)
    if parameters.shape[1] < len(PARAMETERS):
        raise InputError(
            f"{path} has {parameters.shape[0]} rows of {parameters.shape[1]} columns. "
            f"Parameters have {len(PARAMETERS)} columns, or more of sets that vary others."
        )
    return parameters


def _numbers(path: Path) -> npt.NDArray[np.float64]:
    """Read a table of finite numbers between spaces."""
    require_file(path)
    try:
        table = np.loadtxt(path, ndmin=2, encoding="utf-8")
    except ValueError as error:
        raise InputError(f"{path} is not a table of numbers: {error}.") from error
    if not np.isfinite(table).all():
        row = int(np.argwhere(~np.isfinite(table))[0][0])
        raise InputError(f"{path} holds a value that is not finite in row {row}.")
    return table


def read_parameters(
    path: Path, *, n_maps: int, maps_path: Path, maps_per_simulation: int = MAPS_PER_SIMULATION
) -> Labels:
    """Read the labels that belong to a set of `n_maps`, one row a simulation: errors as `read_table`.

    Raises
    ------
    InputError
        Also if the table does not fit the maps.
    """
    labels = _read_columns(path) if path.suffix.lower() == ".csv" else _read_text(path)
    n_simulations = n_maps // maps_per_simulation
    if len(labels.values) != n_simulations:
        raise InputError(
            f"{path} has {len(labels.values)} rows, but {maps_path} is of {n_maps} maps, so {n_simulations} rows were "
            "expected."
        )
    return labels


def _read_text(path: Path) -> Labels:
    """Read a table of numbers; its first line may name every column after a ``#``, else it is one of CMD."""
    table, names = _numbers(path), _named_after(path)
    if len(names) == table.shape[1] and len(set(names)) == len(names):
        return Labels(names, table)
    return _parameters(read_table(path))


def _named_after(path: Path) -> tuple[str, ...]:
    """Return the words after a ``#`` in the first line."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    return tuple(first[1:].replace(",", " ").split()) if first.startswith("#") else ()


def _parameters(table: npt.NDArray[np.float64]) -> Labels:
    """Return the columns of a table of CMD that have a name."""
    known = tuple(PARAMETERS) if table.shape[1] == len(PARAMETERS) else COSMOLOGY
    return Labels(known, table[:, : len(known)])


def read_all_columns(path: Path) -> Labels:
    """Read every column of numbers of a table, by name: also those that no network infers. Errors as `read_parameters`.

    Of a wide table of CMD that names none, the columns behind Omega_m and sigma_8 are called as CAMELS counts them: p3,
    p4 ...
    """
    if path.suffix.lower() == ".csv":
        return _read_columns(path)
    labels, table = _read_text(path), _numbers(path)
    more = (f"p{number + 1}" for number in range(len(labels.names), table.shape[1]))
    return Labels((*labels.names, *more), table)


def read_classes(path: Path, name: str, *, classes: Classes) -> npt.NDArray[np.int64]:
    """Read the classes of simulations from a column of words or numbers, (n_simulations,): the place of each.

    A label is the class of the same text, without the spaces around it, or of the same number: ``1``, ``1.0``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it has no such column, or a label is none of the classes.
    """
    columns = read_words(path)
    if name not in columns:
        raise InputError(f"{path} has no column '{name}', which holds the classes. It has {', '.join(columns)}.")
    return places_of(columns[name], name, classes=classes, where=str(path))


def places_of(labels: Sequence[str], name: str, *, classes: Classes, where: str) -> npt.NDArray[np.int64]:
    """Return the place of the class of each label of a column that lies somewhere; errors as `read_classes`."""
    places = [classes.index_of(label) for label in labels]
    if None in places:
        row = places.index(None)
        raise InputError(
            f"{where} holds '{labels[row]}' in row {row} of column '{name}', which is none of the classes "
            f"{in_short(classes.names)}."
        )
    return np.array(places, dtype=np.int64)


def read_words(path: Path) -> dict[str, list[str]]:
    """Return the columns of a table by name, as text; errors as `read_parameters`, whatever the maps."""
    if path.suffix.lower() == ".csv":
        header, rows = read_cells(path)
        return {name: [row[number] for row in rows] for number, name in enumerate(header)}
    labels = _read_text(path)
    return {
        name: [f"{value:.17g}" for value in column] for name, column in zip(labels.names, labels.values.T, strict=True)
    }


def _read_columns(path: Path) -> Labels:
    """Read a table whose first row names its columns; a column of other things than numbers is no label."""
    header, rows = read_cells(path)
    why: dict[str, str] = {}
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise InputError(f"{path} has {len(row)} cells in row {number}, but its header names {len(header)}.")
        for name, cell in zip(header, row, strict=True):
            if name not in why and not is_number(cell):
                why[name] = f"{path} holds '{cell}' in row {number} of column '{name}'. Labels are finite numbers."
    names = [name for name in header if name not in why]
    columns = [[float(row[header.index(name)]) for row in rows] for name in names]
    return Labels(tuple(names), np.array(columns, dtype=np.float64).reshape(len(names), len(rows)).T, why)


def read_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read the header and the rows of a table of cells between commas; errors as `read_parameters`."""
    require_file(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [[cell.strip() for cell in row] for row in csv.reader(file)]
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8: {error}. Save it as UTF-8.") from error
    except csv.Error as error:
        raise InputError(f"{path} is not a table of cells between commas: {error}.") from error
    first = next((number for number, row in enumerate(lines) if row), 0)
    last = next((number for number, row in enumerate(reversed(lines)) if row), 0)
    header, *rows = lines[first : len(lines) - last] or [[]]
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise InputError(f"{path} begins with {header[0]!r}. Expected cells between commas.")
    if not all(header) or len(set(header)) < len(header) or not header:
        raise InputError(f"{path} begins with {header}. Expected a name for each column, none of them twice.")
    empty = [[""]] if len(header) == 1 else []  # in a table of one column, an empty line is an empty cell
    return header, [one for row in rows for one in ([row] if row else empty)]


def write_columns(rows: Sequence[Mapping[str, float | str]], path: Path) -> None:
    """Write a table with a header, a row each; numbers are read again as they are."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def is_number(cell: str) -> bool:
    """Say whether a cell of a table is a finite number."""
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False

"""Labels of simulations: CMD's parameters (``.txt``, six columns), or a table of one's own (``.csv`` with a header)."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path, PureWindowsPath

import numpy as np
import numpy.typing as npt

from repshift.networks.classes import Classes
from repshift.storage.files import require_file
from repshift.storage.names import bare_name, is_fits
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
    places = [classes.index_of(label) for label in columns[name]]
    if None in places:
        row = places.index(None)
        raise InputError(
            f"{path} holds '{columns[name][row]}' in row {row} of column '{name}', which is none of the classes "
            f"{in_short(classes.names)}."
        )
    return np.array(places, dtype=np.int64)


def read_words(path: Path) -> dict[str, list[str]]:
    """Return the columns of a table by name, as text; errors as `read_parameters`, whatever the maps."""
    if path.suffix.lower() == ".csv":
        header, rows = _read_cells(path)
        return {name: [row[number] for row in rows] for number, name in enumerate(header)}
    labels = _read_text(path)
    return {
        name: [f"{value:.17g}" for value in column] for name, column in zip(labels.names, labels.values.T, strict=True)
    }


def file_column(path: Path, files: Sequence[Path]) -> list[Path] | None:
    """Return files in the order in which a column of a table of labels names them; None where no column names any.

    A name counts whatever its folder, suffixes and case, but not where all cells of the column are numbers.

    Raises
    ------
    InputError
        If no column names each of them once and one names some, or the numbers of a column are those in the names of
        the files in another order: nothing says whether they are names or labels.
    """
    header, rows = _read_cells(path)
    known = {bare_name(one).lower(): one for one in files}
    columns = {title: [row[number] for row in rows if len(row) > number] for number, title in enumerate(header)}
    named = {
        title: [known[name] for name in map(_bare, cells) if name in known]
        for title, cells in columns.items()
        if not all(map(is_number, cells))
    }
    for found in named.values():
        if len(found) == len(rows) == len(files) and len(set(found)) == len(files):
            return found
    for title, found in named.items():
        if found:
            raise InputError(
                f"{path} names {len(set(found))} of {len(files)} files in {len(rows)} rows of column '{title}'. "
                "Expected each file once."
            )
    for title, cells in columns.items():
        given = _as_numbers(cells)
        for numbers in _numbers_of_names(files):
            if given != numbers and sorted(given) == sorted(numbers):
                raise InputError(
                    f"{path} has the numbers of the files in column '{title}', in another order. Give the labels a "
                    "column of the files' names, which sets the order of the maps."
                )
    return None


def _numbers_of_names(files: Sequence[Path]) -> list[list[float]]:
    """Return what the names of files may be numbered by: the whole name where it is a number, the digits in it."""
    names = [bare_name(one) for one in files]
    whole = _as_numbers(names)
    groups = zip_longest(*(re.findall(r"\d+", name) for name in names))
    return [whole, *(_as_numbers([word or "" for word in group]) for group in groups)]


def _as_numbers(words: Sequence[str]) -> list[float]:
    """Return words as numbers, none of them where one is no number."""
    return [float(word) for word in words] if all(map(is_number, words)) else []


def ordered_files(paths: list[Path], labels: Path | None) -> list[Path]:
    """Return files of a folder in the order of the labels that name them; without such, by their names.

    Raises
    ------
    InputError
        If labels go by an order that is not known; as `file_column` too.
    """
    if labels is None or len(paths) < 2:
        return paths
    named = file_column(labels, paths)
    if named is not None:
        return named
    paths = sorted(paths, key=bare_name)
    by_number = sorted(paths, key=_natural)
    if by_number != paths:
        first = next(pair for pair in zip(paths, by_number, strict=True) if pair[0] != pair[1])
        raise InputError(
            f"The files of {paths[0].parent} stand in another order by text than by number ('{first[0].name}' or "
            f"'{first[1].name}' first), and the labels of {labels} go by it. Give the labels a column that names the "
            "files, or write the numbers with zeros before them."
        )
    return paths


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return what sorts names by the numbers in them."""
    parts = re.split(r"(\d+)", bare_name(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part]


def _bare(cell: str) -> str:
    """Return the name that a cell may be of a file: without quotes, folders and suffixes, in small letters."""
    name = PureWindowsPath(cell.strip("'\"")).name
    return (bare_name(Path(name)) if is_fits(Path(name)) else Path(name).stem).lower()


def _read_columns(path: Path) -> Labels:
    """Read a table whose first row names its columns; a column of other things than numbers is no label."""
    header, rows = _read_cells(path)
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


def _read_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read the header and the rows of a table."""
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
    if not all(header) or len(set(header)) < len(header) or not header:
        raise InputError(f"{path} begins with {header}. Expected a name for each column, none of them twice.")
    empty = [[""]] if len(header) == 1 else []  # in a table of one column, an empty line is an empty cell
    return header, [one for row in rows for one in ([row] if row else empty)]


def is_number(cell: str) -> bool:
    """Say whether a cell of a table is a finite number."""
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False

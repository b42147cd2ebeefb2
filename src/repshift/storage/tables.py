"""Tables as CSV: numbers to the last digit that reads back the same, so that same content is same bytes."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from repshift.storage.files import replacing, require_file
from repshift.vocabulary import InputError, response_of

Row = dict[str, str | int | float]
"""A row of a table, by column."""


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table with a header and no index."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: Path, *, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a table.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no table, or lacks one of `columns`.
    """
    require_file(path)
    try:
        table = pd.read_csv(path, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a table: {error}.") from error
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {missing}.")
    return table


def read_failures(path: Path, *, columns: tuple[str, ...]) -> tuple[pd.DataFrame, str]:
    """Read a table of failures, and which of its columns is the response; errors as `read_table`."""
    response = response_of(read_table(path, columns=columns).columns)
    return read_table(path, columns=(*columns, response)), response


def as_numbers(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table with numbers in some columns: NaN where a cell is empty."""
    return table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in columns})


def as_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table for reading: numbers where all cells but empty ones hold some, ``true`` as a word."""
    return table.apply(_readable)


def _readable(column: pd.Series) -> pd.Series:
    if column.dtype == bool:
        return column.astype(str).str.lower()
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if (numbers.notna() | (column == "")).all() else column

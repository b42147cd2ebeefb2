"""Rows of tables, and cells that were read as text. No stage."""

from collections.abc import Sequence

import pandas as pd

Row = dict[str, str | int | float]
"""A row of a table, by column."""


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

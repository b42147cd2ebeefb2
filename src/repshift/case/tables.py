"""A Dataset of all cases as tables: which variables are the columns, along what the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from repshift.vocabulary import CASE

OF_CASE: Final[dict[str, str]] = {name: name for name in CASE}
"""Columns that name a case."""

ENDS: Final = ("low", "high")
"""Ends of an interval: what follows the name of a number."""

_ENDS_IN_WORDS: Final = {"low": "lower", "high": "upper"}


@dataclass(frozen=True)
class Table:
    """A table of a Dataset.

    Attributes
    ----------
    rows
        Dimensions, the slowest first: a row for each combination that has a number.
    labels
        Variable or coordinate of each column that says what a row is of, by the name of the column.
    columns
        Variable of each column of numbers, by the name of the column; one that the Dataset lacks is left out.
    prefix
        Every variable that begins so is a column too, named by the rest.
    exists
        Column of text or counts that is empty, or 0, where there is no such row; without one, a row is there where a
        column of numbers is not NaN.
    """

    rows: tuple[str, ...]
    labels: Mapping[str, str]
    columns: Mapping[str, str]
    prefix: str = ""
    exists: str = ""

    def columns_of(self, dataset: xr.Dataset) -> dict[str, str]:
        """Return the variable of each column of numbers that a Dataset holds."""
        named = [str(name) for name in dataset.data_vars]
        more = [name for name in named if name.startswith(self.prefix)] if self.prefix else []
        columns = {**self.columns, **{name.removeprefix(self.prefix): name for name in more}}
        return {column: name for column, name in columns.items() if name in named and column not in self.labels}


def table_of(dataset: xr.Dataset, table: Table) -> pd.DataFrame:
    """Return a table of a Dataset, without the rows that hold no number; a number of one byte is a truth value."""
    columns = table.columns_of(dataset)
    # Dimensions get names of their own: a column may be called like the axis that it labels.
    flat = xr.Dataset(
        {
            column: ([f"along {axis}" for axis in dataset[name].dims], dataset[name].to_numpy())
            for column, name in {**table.labels, **columns}.items()
        }
    )
    frame = flat.to_dataframe(dim_order=[f"along {axis}" for axis in table.rows]).reset_index(drop=True)
    there = frame[table.exists].astype(bool) if table.exists else _has_number(frame, list(columns))
    return frame[there].apply(_as_words)


def _has_number(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return which rows hold a number that is not NaN."""
    numbers = [name for name in columns if frame[name].dtype.kind == "f"]
    return frame[numbers].notna().any(axis=1)


def _as_words(column: pd.Series) -> pd.Series:
    """Return a column, truth values as the words ``true`` and ``false``."""
    return column.map({0: "false", 1: "true"}) if column.dtype == np.int8 else column


def with_ends(names: Sequence[str]) -> list[str]:
    """Return names of columns: each number, and the ends of its interval after it."""
    return [column for name in names for column in (name, *(f"{name}_{end}" for end in ENDS))]


def end_of(long_name: str, end: str) -> str:
    """Return what an end of the interval of a number is, in words."""
    return f"{_ENDS_IN_WORDS[end]} end of the interval: {long_name}"

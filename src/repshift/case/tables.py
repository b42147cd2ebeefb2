"""A Dataset of all cases as tables: which variables are the columns, along what the rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import pandas as pd
import xarray as xr

from repshift.vocabulary import CASE, about

Words = Mapping[str, str]
"""What a column is, ``long_name``, and its unit, ``units``: as `about` returns them."""

OF_CASE: Final[dict[str, str]] = {name: name for name in CASE}
"""Columns that name a case."""

CASE_WORDS: Final[dict[str, Words]] = {
    "model": about("network"),
    "field": about("field of the maps that the network reads, or several"),
    "train_suite": about("suite that the network was trained on"),
    "domain": about("domain that the network is shown"),
    "test_suite": about("suite of the domain"),
    "in_distribution": about("whether the suite of the domain is that of training"),
}
"""What the columns are that name a case."""

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
    described
        What each column is, and its unit; the ends of an interval follow from its number.
    exists
        Column of text or counts that is empty, or 0, where there is no such row; without one, a row is there where a
        column of numbers is not NaN.
    """

    rows: tuple[str, ...]
    labels: Mapping[str, str]
    columns: Mapping[str, str]
    described: Mapping[str, Words] = field(default_factory=dict)
    exists: str = ""

    def columns_of(self, dataset: xr.Dataset) -> dict[str, str]:
        """Return the variable of each column of numbers that a Dataset holds."""
        return {column: name for column, name in self.columns.items() if name in dataset.data_vars}

    def words_of_columns(self) -> dict[str, Words]:
        """Return what each column is, in their order.

        Raises
        ------
        KeyError
            If a column is not described.
        """
        return {column: self._words_of(column) for column in (*self.labels, *self.columns)}

    def _words_of(self, column: str) -> Words:
        """Return what a column is: as it is described, or as the end of the interval of one that is."""
        number, _, end = column.rpartition("_")
        if column in self.described or end not in ENDS:
            return self.described[column]
        words = self.described[number]
        return about(end_of(words["long_name"], end), words["units"])


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


class _Quantity(Protocol):
    """What is declared of a variable of a file."""

    @property
    def name(self) -> str: ...

    @property
    def long_name(self) -> str: ...

    @property
    def units(self) -> str: ...


def words_of(quantities: Mapping[str, _Quantity], names: Iterable[str] | None = None) -> dict[str, Words]:
    """Return what quantities are, of some names or of all."""
    found = [quantities[name] for name in names or quantities]
    return {one.name: about(one.long_name, one.units) for one in found}


def end_of(long_name: str, end: str) -> str:
    """Return what an end of the interval of a number is, in words."""
    return f"{_ENDS_IN_WORDS[end]} end of the interval: {long_name}"

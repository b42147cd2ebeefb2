"""Rows of tables, and cells that were read as text. No stage."""

from collections.abc import Sequence

import pandas as pd

Row = dict[str, str | int | float]
"""A row of a table, by column."""


def as_numbers(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table with numbers in some columns: NaN where a cell is empty."""
    return table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in columns})

"""Tables as CSV: numbers to the last digit that reads back the same, so that same content is same bytes."""

from pathlib import Path

import pandas as pd

from repshift.storage.files import replacing
from repshift.vocabulary import InputError


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
    try:
        table = pd.read_csv(path, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a table: {error}.") from error
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{path} lacks the columns {missing}.")
    return table

"""Compare the tables of two runs, where files, columns and values have other names now.

``python -m benchmarks.tables OLD NEW`` compares every CSV of two folders of results by ``tests/data/renamed.csv``:
numbers to a relative 1e-9; text, counts and p-values exactly. It prints a line a table, and ends with 1 where any
differs.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RENAMED: Final = Path(__file__).parents[1] / "tests" / "data" / "renamed.csv"
TOLERANCE: Final = 1e-9
"""Largest relative difference of two equal numbers."""

_TABLES: Final = "results/summary"


@dataclass(frozen=True)
class Rename:
    """What is called otherwise now: a table, a column of one, a value of a column.

    Attributes
    ----------
    kind
        ``file``, ``column``, ``value``; ``folder``, ``stage``, ``section`` or ``flag``.
    old, new
        The names.
    where
        Folder of a file; of a column the table, by its new name; of a value ``table/column``.
    """

    kind: str
    old: str
    new: str
    where: str


def read_renames(path: Path = RENAMED) -> list[Rename]:
    """Read what is called otherwise now."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Rename(**row) for row in csv.DictReader(file)]


def new_name(renames: Sequence[Rename], kind: str, old: str, where: str) -> str:
    """Return what a name is now: itself where it is as it was."""
    found = [one.new for one in renames if (one.kind, one.old, one.where) == (kind, old, where)]
    return found[0] if found else old


def differences(old: Path, new: Path, renames: Sequence[Rename]) -> Iterator[tuple[str, str]]:
    """Yield each table of two folders of results, by its new name, and in what it differs, or nothing.

    An old name may be that of another table now: a folder that has a table by its new name is of after the names.
    """
    there = {path.name: path for path in sorted((old / "summary").glob("*.csv"))}
    named = {name: new_name(renames, "file", name, _TABLES) for name in there}
    expected = {name if named[name] in there else named[name]: path for name, path in there.items()}
    found = {path.name: path for path in (new / "summary").glob("*.csv")}
    for name in sorted({*expected, *found}):
        if name not in found or name not in expected:
            yield name, f"only in {old if name in expected else new}"
        else:
            yield name, _difference(_renamed(_rows(expected[name]), name, renames), _rows(found[name]))


def _rows(path: Path) -> list[list[str]]:
    """Read a table as text, its header first."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _renamed(rows: list[list[str]], table: str, renames: Sequence[Rename]) -> list[list[str]]:
    """Return a table with the names of now."""
    header = [new_name(renames, "column", column, table) for column in rows[0]]
    values = [
        [new_name(renames, "value", cell, f"{table}/{column}") for column, cell in zip(header, row, strict=True)]
        for row in rows[1:]
    ]
    return [header, *values]


def _difference(old: list[list[str]], new: list[list[str]]) -> str:
    """Return in what two tables differ first; nothing where they do not."""
    if old[0] != new[0]:
        return f"columns {old[0]}, now {new[0]}"
    if len(old) != len(new):
        return f"{len(old) - 1} rows, now {len(new) - 1}"
    for number, (row, now) in enumerate(zip(old[1:], new[1:], strict=True)):
        for column, cell, other in zip(old[0], row, now, strict=True):
            if not is_equal(column, cell, other):
                return f"row {number}, column {column}: {cell}, now {other}"
    return ""


def is_equal(column: str, old: str, new: str) -> bool:
    """Return whether two cells of a column are equal: text, counts and p-values exactly, other numbers nearly.

    Examples
    --------
    >>> is_equal("r2", "0.5", "0.5000000000001"), is_equal("p_value", "0.5", "0.5000000000001")
    (True, False)
    """
    if old == new:
        return True
    is_exact = "p_value" in column or old.lstrip("-").isdecimal() or new.lstrip("-").isdecimal()
    try:
        first, second = float(old), float(new)
    except ValueError:
        return False
    return not is_exact and abs(first - second) <= TOLERANCE * abs(first)


def main(words: Sequence[str] | None = None) -> int:
    """Compare two folders of results, say how each table does, and return 1 where one differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("old", type=Path, help="folder of results of before")
    parser.add_argument("new", type=Path, help="folder of results of now")
    arguments = parser.parse_args(words)
    found = list(differences(arguments.old, arguments.new, read_renames()))
    for name, difference in found:
        sys.stdout.write(f"{name}: {difference or 'equal'}\n")
    if not found:
        sys.stdout.write(f"There is no table in {arguments.old}/summary, nor in {arguments.new}/summary.\n")
    return int(not found or any(difference for _, difference in found))


if __name__ == "__main__":
    sys.exit(main())

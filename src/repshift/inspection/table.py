"""The table of `repshift check`: a row for each thing that a study names."""

import sys
from collections.abc import Sequence

from repshift.cli.exits import printable

Row = tuple[str, str, str]
"""What, its name, what was found."""


def show(rows: Sequence[Row]) -> None:
    """Write rows on standard output."""
    held = [tuple(map(printable, row)) for row in [("what", "name", "found"), *rows]]
    widths = [max(len(row[column]) for row in held) for column in range(2)]
    sys.stdout.writelines(f"{what:{widths[0]}}  {name:{widths[1]}}  {found}\n" for what, name, found in held)


def counted(number: int, noun: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "output"), counted(2, "output")
    ('1 output', '2 outputs')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""The generated pages of the repository: those of a configuration, and docs/tables.md, made from what they are of.

``python -m repshift.reference --write`` writes all; ``--check`` says which are stale.
"""

import logging
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from repshift.case.tables import ENDS, Words
from repshift.costs import sums
from repshift.stages.summary import choices, correlations, failures
from repshift.stages.summary.tables import FAILURES, TABLES
from repshift.study import documentation

PAGE: Final = Path("docs/tables.md")

COLUMNS: Final[dict[str, Mapping[str, Words]]] = {
    **{name: table.words_of_columns() for name, table in TABLES.items()},
    FAILURES: failures.FAILURES.words_of_columns(),
    "failure_correlations": correlations.CORRELATIONS,
    "failure_transfers": correlations.TRANSFERS,
    "choices": choices.COLUMNS,
    "costs": sums.COLUMNS,
}
"""What each column is, of each table by its name, which stands in a comment of the page before it."""

_TABLE: Final = re.compile(r"(<!-- table: (\w+) -->\n)(?:\|[^\n]*\n)*")


def texts(root: Path) -> dict[Path, str]:
    """Return what each generated file should hold, by its path."""
    page = (root / PAGE).read_text(encoding="utf-8")
    return {**documentation.texts(root), root / PAGE: page_text(page)}


def page_text(page: str) -> str:
    """Return a page with its tables written again, each after a comment ``<!-- table: name -->``."""
    return _TABLE.sub(lambda found: f"{found[1]}{table_of(COLUMNS[found[2]])}\n", page)


def table_of(columns: Mapping[str, Words]) -> str:
    """Return the table of columns: name, unit and what each is; the ends of an interval stand beside their number.

    Examples
    --------
    >>> print(table_of({"jobs": {"long_name": "jobs", "units": "1"}}).splitlines()[-1])
    | `jobs` |  | jobs |
    """
    rows = ["| column | unit | what it is |", "|---|---|---|"]
    for column, words in columns.items():
        number, _, end = column.rpartition("_")
        if end in ENDS and _has_ends(number, columns):
            continue
        name = f"`{column}`, " + ", ".join(f"`_{end}`" for end in ENDS) if _has_ends(column, columns) else f"`{column}`"
        unit = "" if words["units"] == "1" else words["units"]
        meaning = words["long_name"].replace("|", "\\|")
        rows.append(f"| {name} | {unit} | {meaning} |")
    return "\n".join(rows)


def _has_ends(column: str, columns: Mapping[str, Words]) -> bool:
    """Return whether the ends of the interval of a column stand beside it, and have no words of their own."""
    beside = [f"{column}_{end}" for end in ENDS]
    if not {column, *beside} <= columns.keys():
        return False
    return all(columns[name]["long_name"].endswith(f"interval: {columns[column]['long_name']}") for name in beside)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    sys.exit(documentation.main(texts))

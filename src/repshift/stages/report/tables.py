"""Action of the stage report: ``tables``, a page of each table.

Output: a page ``{table}.html`` of each table.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.storage.files import write_text
from repshift.storage.tables import as_words, read_table
from repshift.vocabulary import InputError
from repshift.wording.html import page, table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help=".csv of each")
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help=".html of each, same order")


def run(*, tables: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Write a page of each table."""
    if len(tables) != len(outputs):
        raise InputError(f"{len(tables)} tables and {len(outputs)} pages: a table needs one of its own.")
    for path, output in zip(tables, outputs, strict=True):
        write_text(page(path.stem, [table(as_words(read_table(path, columns=())))]), output)
    logger.info("%d pages", len(outputs))

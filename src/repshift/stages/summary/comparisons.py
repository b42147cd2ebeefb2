"""Action of the stage summary: ``comparisons``, how alike the layers of two networks are."""

import argparse
import logging
from pathlib import Path

import pandas as pd

from repshift.stages.summary.matrices import comparison_rows
from repshift.storage.datasets import open_dataset
from repshift.storage.tables import write_table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--comparisons", type=Path, nargs="+", required=True, help=".nc of CKA of each two")
    parser.add_argument("--output", type=Path, required=True, help=".csv to write")


def run(*, comparisons: list[Path], output: Path) -> None:
    """Sum up networks compared with each other in one table."""
    rows = []
    for path in comparisons:
        with open_dataset(path, attributes=("model", "domain", "model_other", "domain_other", "pairing")) as opened:
            rows += comparison_rows(opened)
    write_table(pd.DataFrame(rows), output)
    logger.info("%s: %d comparisons", output, len(comparisons))

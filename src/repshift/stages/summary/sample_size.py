"""Action of the stage summary: ``sample_size``, what the block is of fewer simulations."""

import argparse
import logging
from pathlib import Path

import pandas as pd

from repshift.case.grams import case_row, read_case
from repshift.stages.summary.rows import subset_rows
from repshift.storage.tables import write_table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--sample-sizes", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--output", type=Path, required=True, help=".csv to write")


def run(*, sample_sizes: list[Path], output: Path) -> None:
    """Sum up what the block is of fewer simulations, of all cases in one table."""
    cases = [read_case(path) for path in sample_sizes]
    write_table(pd.DataFrame([{**case_row(case), **row} for case in cases for row in subset_rows(case)]), output)
    logger.info("%s: %d cases", output, len(cases))

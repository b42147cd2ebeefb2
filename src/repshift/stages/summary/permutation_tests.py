"""Action of the stage summary: ``permutation_tests``, tests of swapped domains and of independent layers."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from repshift.case.grams import by_case
from repshift.stages.summary.similarity import (
    NULL_COLUMNS,
    independence_rows,
    null_rows,
)
from repshift.storage.tables import write_table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--permutation-tests", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--intervals", type=Path, nargs="*", default=[], help=".nc of each case, where there are any")
    parser.add_argument("--output-permutation-tests", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-independence", type=Path, required=True, help=".csv to write")


def run(
    *,
    permutation_tests: list[Path],
    intervals: Sequence[Path] = (),
    output_permutation_tests: Path,
    output_independence: Path,
) -> None:
    """Sum up the swapped domains of every case out of distribution, and the independent layers of every case."""
    estimated, cases = by_case(intervals), by_case(permutation_tests)
    tested = {names: test for names, test in cases.items() if "difference" in test}
    rows = [row for names, test in tested.items() for row in null_rows(test, estimated.get(names))]
    write_table(pd.DataFrame(rows, columns=NULL_COLUMNS), output_permutation_tests)
    write_table(pd.DataFrame([row for test in cases.values() for row in independence_rows(test)]), output_independence)
    logger.info("%s, %s: %d cases", output_permutation_tests, output_independence, len(cases))

"""Action of the stage summary: ``cases``, scores of the predictions and numbers of the matrices of all cases."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from repshift.case.grams import by_case, case_names, read_case
from repshift.cli.arguments import at_least
from repshift.stages.summary.axes import on_common_axes
from repshift.stages.summary.matrices import measures_of
from repshift.stages.summary.scores import require_compared, score_columns, score_rows
from repshift.stages.summary.similarity import (
    matrix_ends,
    similarity_rows,
    tests,
)
from repshift.storage.datasets import write_dataset
from repshift.storage.files import sha256
from repshift.storage.tables import write_table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--predictions", type=Path, nargs="*", default=[], help=".nc of each case that is scored")
    parser.add_argument("--intervals", type=Path, nargs="*", default=[], help=".nc of each case, where there are any")
    parser.add_argument(
        "--permutation-tests", type=Path, nargs="*", default=[], help=".nc of each case, where there are any"
    )
    parser.add_argument("--resamples", type=at_least(100), help="of the simulations, for the intervals of scores")
    parser.add_argument("--seed", type=at_least(0), default=0, help="draws them")
    parser.add_argument("--output-scores", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-similarity", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-summary", type=Path, required=True, help=".nc to write")


def run(
    *,
    cka: list[Path],
    predictions: list[Path],
    intervals: Sequence[Path] = (),
    permutation_tests: Sequence[Path] = (),
    resamples: int | None = None,
    seed: int = 0,
    output_scores: Path,
    output_similarity: Path,
    output_summary: Path,
) -> None:
    """Sum up all cases in two tables and one file."""
    matrices = [read_case(path) for path in cka]
    measures = measures_of(matrices)
    answers, estimated, tested = (by_case(paths) for paths in (predictions, intervals, permutation_tests))
    require_compared(matrices, answers)
    scored = [
        row for matrix in matrices for row in score_rows(matrix, answers.get(case_names(matrix)), resamples, seed)
    ]
    compared = [
        row for matrix in matrices for row in similarity_rows(matrix, measures, estimated.get(case_names(matrix)))
    ]
    write_table(pd.DataFrame(scored, columns=score_columns(resamples)), output_scores)
    write_table(pd.DataFrame(compared), output_similarity)
    files = {"cka": cka, "predictions": predictions, "intervals": intervals, "permutation_tests": permutation_tests}
    checksums = {f"{name}_sha256": " ".join(map(sha256, paths)) for name, paths in files.items() if paths}
    dataset = on_common_axes(matrices, measures, scored, compared)
    dataset = dataset.assign(matrix_ends(matrices, measures, estimated)).assign(tests(matrices, tested))
    write_dataset(dataset.assign_attrs(checksums), output_summary)
    logger.info("%s: %d cases", output_summary, len(matrices))

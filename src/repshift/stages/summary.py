"""Stage summary: scores of the predictions and numbers of the matrices. Rules of ``summary.smk``.

``cases`` writes ``scores.csv`` (a row for each scored case, parameter and choice of maps), ``similarity.csv`` (a row
for each case and measure), and ``summary.nc``, which holds both and the matrices: all that figures draw but
maps and predictions. Given the files of intervals, every number has its ends beside it, ``{number}_low`` and
``{number}_high``; given those of nulls, ``summary.nc`` has the tests of swapped domains.
``nulls`` writes ``nulls.csv``, a row for each case out of distribution and number tested, and ``independence.csv``, a
row for each case and estimator.
``comparisons`` writes ``comparisons.csv``, a row for each two networks compared and each measure.
``culprits`` writes ``culprits.csv`` (a row for each of the maps of largest share of each case) and ``dominance.csv`` (a
row for each case and estimator); ``subsets`` writes ``subsets.csv`` (a row for each case, estimator and size).
``failures`` and ``correlations`` are in `repshift.stages.pairs`.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from repshift.stages.arguments import at_least
from repshift.stages.attribution import add_attribution
from repshift.stages.axes import on_common_axes
from repshift.stages.compared import comparison_rows, measures_of
from repshift.stages.culprits import culprit_rows, dominance_rows, subset_rows
from repshift.stages.estimated import NULL_COLUMNS, independence_rows, matrix_ends, null_rows, similarity_rows, tests
from repshift.stages.pairs import add_pairs
from repshift.stages.scored import require_compared, score_columns, score_rows
from repshift.stages.stored import by_case, case_names, case_row, read_case
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.storage.tables import write_table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of the stage, those of attribution and of failure beside them."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    cases = actions.add_parser("cases", help="of every case, scores and how alike its layers are")
    cases.set_defaults(run=run)
    cases.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    cases.add_argument("--predictions", type=Path, nargs="*", default=[], help=".nc of each case that is scored")
    cases.add_argument("--intervals", type=Path, nargs="*", default=[], help=".nc of each case, where there are any")
    cases.add_argument("--nulls", type=Path, nargs="*", default=[], help=".nc of each case, where there are any")
    cases.add_argument("--resamples", type=at_least(100), help="of the simulations, for the intervals of scores")
    cases.add_argument("--seed", type=at_least(0), default=0, help="draws them")
    cases.add_argument("--output-scores", type=Path, required=True, help=".csv to write")
    cases.add_argument("--output-similarity", type=Path, required=True, help=".csv to write")
    cases.add_argument("--output-summary", type=Path, required=True, help=".nc to write")
    add_attribution(actions.add_parser("attribution", help="what share of a shift each change of the maps takes away"))
    nulls = actions.add_parser("nulls", help="tests of every case out of distribution")
    nulls.set_defaults(run=run_nulls)
    nulls.add_argument("--nulls", type=Path, nargs="+", required=True, help=".nc of each case")
    nulls.add_argument("--intervals", type=Path, nargs="*", default=[], help=".nc of each case, where there are any")
    nulls.add_argument("--output-nulls", type=Path, required=True, help=".csv to write")
    nulls.add_argument("--output-independence", type=Path, required=True, help=".csv to write")
    comparisons = actions.add_parser("comparisons", help="how alike the layers of two networks are")
    comparisons.set_defaults(run=run_comparisons)
    comparisons.add_argument("--comparisons", type=Path, nargs="+", required=True, help=".nc of CKA of each two")
    comparisons.add_argument("--output", type=Path, required=True, help=".csv to write")
    culprits = actions.add_parser("culprits", help="which maps dominate, and what the block is without them")
    culprits.set_defaults(run=run_culprits)
    culprits.add_argument("--dominance", type=Path, nargs="+", required=True, help=".nc of each case")
    culprits.add_argument("--output-culprits", type=Path, required=True, help=".csv to write")
    culprits.add_argument("--output-dominance", type=Path, required=True, help=".csv to write")
    subsets = actions.add_parser("subsets", help="what the block is of fewer simulations")
    subsets.set_defaults(run=run_subsets)
    subsets.add_argument("--subsets", type=Path, nargs="+", required=True, help=".nc of each case")
    subsets.add_argument("--output", type=Path, required=True, help=".csv to write")
    add_pairs(actions)


def run(
    *,
    cka: list[Path],
    predictions: list[Path],
    intervals: Sequence[Path] = (),
    nulls: Sequence[Path] = (),
    resamples: int | None = None,
    seed: int = 0,
    output_scores: Path,
    output_similarity: Path,
    output_summary: Path,
) -> None:
    """Sum up all cases in two tables and one file."""
    matrices = [read_case(path) for path in cka]
    measures = measures_of(matrices)
    answers, estimated, tested = (by_case(paths) for paths in (predictions, intervals, nulls))
    require_compared(matrices, answers)
    scored = [
        row for matrix in matrices for row in score_rows(matrix, answers.get(case_names(matrix)), resamples, seed)
    ]
    compared = [
        row for matrix in matrices for row in similarity_rows(matrix, measures, estimated.get(case_names(matrix)))
    ]
    write_table(pd.DataFrame(scored, columns=score_columns(resamples)), output_scores)
    write_table(pd.DataFrame(compared), output_similarity)
    files = {"cka": cka, "predictions": predictions, "intervals": intervals, "nulls": nulls}
    checksums = {f"{name}_sha256": " ".join(map(sha256, paths)) for name, paths in files.items() if paths}
    dataset = on_common_axes(matrices, measures, scored, compared)
    dataset = dataset.assign(matrix_ends(matrices, measures, estimated)).assign(tests(matrices, tested))
    write_dataset(dataset.assign_attrs(checksums), output_summary)
    logger.info("%s: %d cases", output_summary, len(matrices))


def run_nulls(
    *, nulls: list[Path], intervals: Sequence[Path] = (), output_nulls: Path, output_independence: Path
) -> None:
    """Sum up the swapped domains of every case out of distribution, and the independent layers of every case."""
    estimated, cases = by_case(intervals), by_case(nulls)
    tested = {names: test for names, test in cases.items() if "difference" in test}
    rows = [row for names, test in tested.items() for row in null_rows(test, estimated.get(names))]
    write_table(pd.DataFrame(rows, columns=NULL_COLUMNS), output_nulls)
    write_table(pd.DataFrame([row for test in cases.values() for row in independence_rows(test)]), output_independence)
    logger.info("%s, %s: %d cases", output_nulls, output_independence, len(cases))


def run_comparisons(*, comparisons: list[Path], output: Path) -> None:
    """Sum up networks compared with each other in one table."""
    rows = []
    for path in comparisons:
        with open_dataset(path, attributes=("model", "domain", "model_other", "domain_other", "pairing")) as opened:
            rows += comparison_rows(opened)
    write_table(pd.DataFrame(rows), output)
    logger.info("%s: %d comparisons", output, len(comparisons))


def run_culprits(*, dominance: list[Path], output_culprits: Path, output_dominance: Path) -> None:
    """Name the maps of largest share of every case, and sum up what the block is without them."""
    cases = [read_case(path) for path in dominance]
    culprits = [{**case_row(case), **row} for case in cases for row in culprit_rows(case)]
    write_table(pd.DataFrame(culprits), output_culprits)
    write_table(
        pd.DataFrame([{**case_row(case), **row} for case in cases for row in dominance_rows(case)]), output_dominance
    )
    logger.info("%s, %s: %d cases", output_culprits, output_dominance, len(cases))


def run_subsets(*, subsets: list[Path], output: Path) -> None:
    """Sum up what the block is of fewer simulations, of all cases in one table."""
    cases = [read_case(path) for path in subsets]
    write_table(pd.DataFrame([{**case_row(case), **row} for case in cases for row in subset_rows(case)]), output)
    logger.info("%s: %d cases", output, len(cases))

"""Stage summary: scores of the predictions and numbers of the matrices. Rules of ``summary.smk``.

``cases`` writes ``scores.csv`` (a row for each scored case, parameter and choice of maps), ``similarity.csv`` (a row
for each case and measure), and ``summary.nc``, which holds both and the matrices: all that figures draw but
maps and predictions.
``comparisons`` writes ``comparisons.csv``, a row for each two networks compared and each measure.
``culprits`` writes ``culprits.csv`` (a row for each of the maps of largest share of each case) and ``dominance.csv`` (a
row for each case and estimator); ``subsets`` writes ``subsets.csv`` (a row for each case, estimator and size).
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from repshift.stages.compared import (
    MATRIX,
    Row,
    Variables,
    blockness_row,
    comparison_rows,
    measure_coordinates,
    measures_of,
    stacked_matrices,
)
from repshift.stages.culprits import culprit_rows, dominance_rows, subset_rows
from repshift.statistics.blocks import Blockness
from repshift.statistics.scores import Scores, scores
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

CASE = ("model", "field", "train_suite", "domain", "test_suite", "in_distribution")
MAPS = ("split", "cka")

_SCORES = tuple(field.name for field in fields(Scores))
_COUNTS = ("n_maps", "n_simulations")
_SHAPES = tuple(field.name for field in fields(Blockness))

Names = tuple[str | int | float, ...]
"""What names a case: the values of `CASE`."""

_LONG_NAMES = {
    "r2": "coefficient of determination R^2",
    "rmse": "root mean squared error",
    "bias": "mean error",
    "chi2": "mean squared error over predicted variance",
    "n_maps": "maps scored",
    "n_simulations": "simulations of the maps scored",
    "off_diagonal_mean": "mean of distinct layers",
    "off_diagonal_median": "median of distinct layers",
    "leading_share": "largest eigenvalue of the matrix over their sum",
    "participation_ratio": "participation ratio of the eigenvalues of the matrix",
    "spectral_entropy": "entropy of the eigenvalues of the matrix",
    **MATRIX,
}

_OF_MEASURE = ("similarity", "off_diagonal_mean", "off_diagonal_median")
"""Variables in the unit of their measure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions of the stage."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    cases = actions.add_parser("cases", help="of every case, scores and how alike its layers are")
    cases.set_defaults(run=run)
    cases.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    cases.add_argument("--predictions", type=Path, nargs="*", default=[], help=".nc of each case that is scored")
    cases.add_argument("--output-scores", type=Path, required=True, help=".csv to write")
    cases.add_argument("--output-similarity", type=Path, required=True, help=".csv to write")
    cases.add_argument("--output-summary", type=Path, required=True, help=".nc to write")
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


def run(
    *, cka: list[Path], predictions: list[Path], output_scores: Path, output_similarity: Path, output_summary: Path
) -> None:
    """Sum up all cases in two tables and one file."""
    matrices = [_load(path) for path in cka]
    measures = measures_of(matrices)
    answers = {tuple(_case(answer).values()): answer for answer in map(_load, predictions)}
    _require_cases(matrices, answers)
    score_rows = [row for matrix in matrices for row in _score_rows(matrix, answers.get(tuple(_case(matrix).values())))]
    similarity_rows = [row for matrix in matrices for row in _similarity_rows(matrix, measures)]
    write_table(pd.DataFrame(score_rows, columns=[*CASE, "parameter", "maps", *_SCORES, *_COUNTS]), output_scores)
    write_table(pd.DataFrame(similarity_rows), output_similarity)
    checksums = {"cka_sha256": " ".join(map(sha256, cka)), "predictions_sha256": " ".join(map(sha256, predictions))}
    dataset = _dataset(matrices, measures, score_rows, similarity_rows).assign_attrs(checksums)
    write_dataset(dataset, output_summary)
    logger.info("%s: %d cases", output_summary, len(matrices))


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
    cases = [_load(path) for path in dominance]
    culprits = [{**_case(case), **row} for case in cases for row in culprit_rows(case)]
    write_table(pd.DataFrame(culprits), output_culprits)
    write_table(
        pd.DataFrame([{**_case(case), **row} for case in cases for row in dominance_rows(case)]), output_dominance
    )
    logger.info("%s, %s: %d cases", output_culprits, output_dominance, len(cases))


def run_subsets(*, subsets: list[Path], output: Path) -> None:
    """Sum up what the block is of fewer simulations, of all cases in one table."""
    cases = [_load(path) for path in subsets]
    write_table(pd.DataFrame([{**_case(case), **row} for case in cases for row in subset_rows(case)]), output)
    logger.info("%s: %d cases", output, len(cases))


def _load(path: Path) -> xr.Dataset:
    with open_dataset(path, attributes=CASE) as opened:
        return opened.load()


def _require_cases(matrices: Sequence[xr.Dataset], answers: Mapping[Names, xr.Dataset]) -> None:
    """Refuse predictions of a case that is not compared, or that lack one of its maps."""
    compared = {tuple(_case(matrix).values()): matrix for matrix in matrices}
    for names, answer in answers.items():
        if names not in compared:
            raise InputError(f"CKA of cases {list(compared)} was given beside predictions of case {names}.")
        missing = sorted(set(compared[names]["map"].to_numpy()) - set(answer["map"].to_numpy()))
        if missing:
            raise InputError(
                f"Model '{names[0]}' on domain '{names[3]}': {len(missing)} compared maps have no prediction, "
                f"first '{missing[0]}'. Both must come from one split."
            )


def _score_rows(matrix: xr.Dataset, answer: xr.Dataset | None) -> list[Row]:
    """Return the rows of a case in scores.csv: each parameter, on the whole split and on the maps compared."""
    if answer is None:
        return []
    compared = np.isin(answer["map"].to_numpy(), matrix["map"].to_numpy())
    rows = []
    for maps, chosen in (("split", np.ones_like(compared)), ("cka", compared)):
        part = answer.isel(map=np.flatnonzero(chosen))
        counts = {"n_maps": part.sizes["map"], "n_simulations": len(np.unique(part["simulation"]))}
        for parameter in part["parameter"].to_numpy().tolist():
            of_parameter = part.sel(parameter=parameter)
            truth, mean, std = (_values(of_parameter, name) for name in ("truth", "mean", "std"))
            of_one = asdict(scores(truth, mean, std))
            rows.append({**_case(answer), "parameter": parameter, "maps": maps, **of_one, **counts})
    return rows


def _values(part: xr.Dataset, name: str) -> npt.NDArray[np.float64]:
    """Return a variable; NaN where the network does not answer it."""
    return part[name].to_numpy() if name in part else np.full(part.sizes["map"], np.nan)


def _similarity_rows(matrix: xr.Dataset, measures: Sequence[str]) -> list[Row]:
    """Return the rows of a case in similarity.csv, one for each measure."""
    return [
        {**_case(matrix), "measure": measure, **blockness_row(matrix[measure]), "n_maps": matrix.sizes["map"]}
        for measure in measures
    ]


def _case(dataset: xr.Dataset) -> Row:
    return {name: str(dataset.attrs[name]) for name in CASE}


def _dataset(
    matrices: Sequence[xr.Dataset],
    measures: Sequence[str],
    score_rows: Sequence[Row],
    similarity_rows: Sequence[Row],
) -> xr.Dataset:
    """Return all tables and matrices on common axes."""
    cases = [tuple(_case(matrix).values()) for matrix in matrices]
    parameters = list(dict.fromkeys(str(row["parameter"]) for row in score_rows))
    scored = _scored(cases, parameters, score_rows)
    shaped = _shaped(len(matrices), len(measures), similarity_rows)
    variables = {**stacked_matrices(matrices, measures), **scored, **shaped}
    labels = {name: ("case", [str(matrix.attrs[name]) for matrix in matrices]) for name in CASE[:-1]}
    inside = np.array([matrix.attrs["in_distribution"] == "true" for matrix in matrices], dtype=np.int8)
    return xr.Dataset(
        {
            name: (
                dimensions,
                values,
                {"units": "see measure_units" if name in _OF_MEASURE else "1", "long_name": _LONG_NAMES[name]},
            )
            for name, (dimensions, values) in variables.items()
        },
        coords={
            **labels,
            "in_distribution": ("case", inside),
            **measure_coordinates(measures, matrices[0]),
            "parameter": np.array(parameters, dtype=object),
            "maps": list(MAPS),
        },
    )


def _scored(cases: Sequence[Names], parameters: Sequence[str], score_rows: Sequence[Row]) -> Variables:
    """Fold the columns of scores.csv onto their axes: NaN, and no map, where a case has no such row."""
    scored = {name: np.full((len(cases), len(MAPS), len(parameters)), np.nan) for name in _SCORES}
    counts = {name: np.zeros((len(cases), len(MAPS)), dtype=np.int64) for name in _COUNTS}
    for row in score_rows:
        case, maps = cases.index(tuple(row[name] for name in CASE)), MAPS.index(str(row["maps"]))
        for name in _SCORES:
            scored[name][case, maps, parameters.index(str(row["parameter"]))] = row[name]
        for name in _COUNTS:
            counts[name][case, maps] = row[name]
    return {
        **{name: (("case", "maps", "parameter"), values) for name, values in scored.items()},
        **{name: (("case", "maps"), values) for name, values in counts.items()},
    }


def _shaped(n_cases: int, n_measures: int, similarity_rows: Sequence[Row]) -> Variables:
    """Fold the columns of similarity.csv onto their axes."""
    shaped = {name: np.reshape([row[name] for row in similarity_rows], (n_cases, n_measures)) for name in _SHAPES}
    return {name: (("case", "measure"), values) for name, values in shaped.items()}

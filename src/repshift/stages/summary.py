"""Stage summary: scores of the predictions and numbers of the matrices. Rules of ``summary.smk``.

``cases`` writes ``scores.csv`` (a row for each scored case, parameter and choice of maps), ``similarity.csv`` (a row
for each case and measure), and ``summary.nc``, which holds both and the matrices: all that figures draw but
maps and predictions. Given the files of intervals, every number has its ends beside it, ``{number}_low`` and
``{number}_high``; given those of nulls, ``summary.nc`` has the tests of swapped domains.
``nulls`` writes ``nulls.csv``, a row for each case out of distribution and number tested.
``comparisons`` writes ``comparisons.csv``, a row for each two networks compared and each measure.
``culprits`` writes ``culprits.csv`` (a row for each of the maps of largest share of each case) and ``dominance.csv`` (a
row for each case and estimator); ``subsets`` writes ``subsets.csv`` (a row for each case, estimator and size).
"""

import argparse
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from repshift.stages.arguments import at_least
from repshift.stages.attribution import add_attribution
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
from repshift.statistics.blocks import BLOCK_NUMBERS
from repshift.statistics.scores import SCORES, score_intervals, scores
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.storage.tables import write_table
from repshift.vocabulary import CASE, InputError

logger = logging.getLogger(__name__)

MAPS = ("split", "cka")

_TESTED = ("difference_p_value", "studentised", "studentised_p_value")

ENDS = ("low", "high")

_COUNTS = ("n_maps", "n_simulations")

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
    "off_diagonal_skewness": "skewness of distinct layers",
    "leading_share": "largest eigenvalue of the matrix over their sum",
    "participation_ratio": "participation ratio of the eigenvalues of the matrix",
    "spectral_entropy": "entropy of the eigenvalues of the matrix",
    **MATRIX,
}

_OF_MEASURE = ("similarity", "off_diagonal_mean", "off_diagonal_median")
"""Variables in the unit of their measure."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of the stage, that of attribution beside them."""
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
    nulls.add_argument("--output", type=Path, required=True, help=".csv to write")
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
    matrices = [_load(path) for path in cka]
    measures = measures_of(matrices)
    answers, estimated, tested = (_by_case(paths) for paths in (predictions, intervals, nulls))
    _require_cases(matrices, answers)
    score_rows = [
        row for matrix in matrices for row in _score_rows(matrix, answers.get(_names(matrix)), resamples, seed)
    ]
    similarity_rows = [
        row for matrix in matrices for row in _similarity_rows(matrix, measures, estimated.get(_names(matrix)))
    ]
    scored = _with_ends(SCORES) if resamples else SCORES
    write_table(pd.DataFrame(score_rows, columns=[*CASE, "parameter", "maps", *scored, *_COUNTS]), output_scores)
    write_table(pd.DataFrame(similarity_rows), output_similarity)
    files = {"cka": cka, "predictions": predictions, "intervals": intervals, "nulls": nulls}
    checksums = {f"{name}_sha256": " ".join(map(sha256, paths)) for name, paths in files.items() if paths}
    dataset = _dataset(matrices, measures, score_rows, similarity_rows)
    dataset = dataset.assign(_matrix_ends(matrices, measures, estimated)).assign(_tests(matrices, tested))
    write_dataset(dataset.assign_attrs(checksums), output_summary)
    logger.info("%s: %d cases", output_summary, len(matrices))


def run_nulls(*, nulls: list[Path], intervals: Sequence[Path] = (), output: Path) -> None:
    """Sum up what the swapped domains of every case out of distribution say in one table."""
    estimated = _by_case(intervals)
    tested = {names: test for names, test in _by_case(nulls).items() if "difference" in test}
    columns = [*CASE, "measure", "number", *_with_ends(["difference"]), *_TESTED, "permutations"]
    rows = [row for names, test in tested.items() for row in _null_rows(test, estimated.get(names))]
    write_table(pd.DataFrame(rows, columns=columns), output)
    logger.info("%s: %d cases", output, len(tested))


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


def _by_case(paths: Sequence[Path]) -> dict[Names, xr.Dataset]:
    """Read files of cases, by what names the case."""
    return {_names(dataset): dataset for dataset in map(_load, paths)}


def _with_ends(names: Sequence[str]) -> list[str]:
    """Return names of columns: each number, and the ends of its interval after it."""
    return [column for name in names for column in (name, *(f"{name}_{end}" for end in ENDS))]


def _score_rows(matrix: xr.Dataset, answer: xr.Dataset | None, resamples: int | None, seed: int) -> list[Row]:
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
            of_one = _scores_with_ends(of_parameter, f"Model '{matrix.attrs['model']}'", resamples, seed)
            rows.append({**_case(answer), "parameter": parameter, "maps": maps, **of_one, **counts})
    return rows


def _scores_with_ends(part: xr.Dataset, who: str, resamples: int | None, seed: int) -> dict[str, float]:
    """Return the scores of one parameter by name, with the ends of their intervals where they are asked for."""
    truth, mean, std = (_values(part, name) for name in ("truth", "mean", "std"))
    found = asdict(scores(truth, mean, std))
    if resamples is None:
        return found
    simulations = part["simulation"].to_numpy()
    try:
        ends = score_intervals(truth, mean, std, simulations=simulations, n_resamples=resamples, seed=seed)
    except InputError as error:
        raise InputError(f"{who} shown domain '{part.attrs['domain']}': {error}") from error
    low, high = (dict(zip(SCORES, values.tolist(), strict=True)) for values in (ends.low, ends.high))
    return {column: value for name in SCORES for column, value in _beside(name, found[name], low[name], high[name])}


def _beside(name: str, value: float, low: float, high: float) -> list[tuple[str, float]]:
    return list(zip(_with_ends([name]), (value, low, high), strict=True))


def _values(part: xr.Dataset, name: str) -> npt.NDArray[np.float64]:
    """Return a variable; NaN where the network does not answer it."""
    return part[name].to_numpy() if name in part else np.full(part.sizes["map"], np.nan)


def _similarity_rows(matrix: xr.Dataset, measures: Sequence[str], estimated: xr.Dataset | None) -> list[Row]:
    """Return the rows of a case in similarity.csv, one for each measure; NaN where a measure has no intervals."""
    rows: list[Row] = []
    for measure in measures:
        numbers = blockness_row(matrix[measure])
        if estimated is not None:
            known = estimated.sel(measure=measure) if measure in estimated["measure"] else None
            numbers = {column: value for name in numbers for column, value in _number(name, numbers[name], known)}
        rows.append({**_case(matrix), "measure": measure, **numbers, "n_maps": matrix.sizes["map"]})
    return rows


def _number(name: str, value: str | int | float, known: xr.Dataset | None) -> list[tuple[str, float]]:
    """Return a number of a matrix with the ends of its interval."""
    ends = [math.nan if known is None else float(known[f"{name}_{end}"]) for end in ENDS]
    return _beside(name, float(value), *ends)


def _null_rows(test: xr.Dataset, estimated: xr.Dataset | None) -> list[Row]:
    """Return the rows of a case in nulls.csv, one for each number."""
    rows: list[Row] = []
    for number in map(str, test["number"].to_numpy()):
        found = test.sel(number=number)
        change = estimated.sel(measure="cka_debiased") if estimated is not None else None
        ends = [math.nan if change is None else float(change[f"{number}_change_{end}"]) for end in ENDS]
        rows.append(
            {
                **_case(test),
                "measure": "cka_debiased",
                "number": number,
                **dict(_beside("difference", float(found["difference"]), *ends)),
                **{name: float(found[name]) for name in _TESTED},
                "permutations": int(test.attrs["permutations"]),
            }
        )
    return rows


def _case(dataset: xr.Dataset) -> Row:
    return {name: str(dataset.attrs[name]) for name in CASE}


def _names(dataset: xr.Dataset) -> Names:
    return tuple(_case(dataset).values())


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
                {"units": "see measure_units" if name in _OF_MEASURE else "1", "long_name": _long_name(name)},
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


def _long_name(name: str) -> str:
    """Return what a variable is, also where it is an end of an interval."""
    number, _, end = name.rpartition("_")
    if end in ENDS:
        return f"{'lower' if end == 'low' else 'upper'} end of the interval: {_LONG_NAMES[number]}"
    return _LONG_NAMES[name]


def _scored(cases: Sequence[Names], parameters: Sequence[str], score_rows: Sequence[Row]) -> Variables:
    """Fold the columns of scores.csv onto their axes: NaN, and no map, where a case has no such row."""
    columns = [name for name in _with_ends(SCORES) if score_rows and name in score_rows[0]] or list(SCORES)
    scored = {name: np.full((len(cases), len(MAPS), len(parameters)), np.nan) for name in columns}
    counts = {name: np.zeros((len(cases), len(MAPS)), dtype=np.int64) for name in _COUNTS}
    for row in score_rows:
        case, maps = cases.index(tuple(row[name] for name in CASE)), MAPS.index(str(row["maps"]))
        for name in columns:
            scored[name][case, maps, parameters.index(str(row["parameter"]))] = row[name]
        for name in _COUNTS:
            counts[name][case, maps] = row[name]
    return {
        **{name: (("case", "maps", "parameter"), values) for name, values in scored.items()},
        **{name: (("case", "maps"), values) for name, values in counts.items()},
    }


def _shaped(n_cases: int, n_measures: int, similarity_rows: Sequence[Row]) -> Variables:
    """Fold the columns of similarity.csv onto their axes."""
    columns = [name for name in _with_ends(BLOCK_NUMBERS) if name in similarity_rows[0]]
    shaped = {name: np.reshape([row[name] for row in similarity_rows], (n_cases, n_measures)) for name in columns}
    return {name: (("case", "measure"), values) for name, values in shaped.items()}


def _matrix_ends(
    matrices: Sequence[xr.Dataset], measures: Sequence[str], estimated: Mapping[Names, xr.Dataset]
) -> dict[str, Any]:
    """Return the ends of the intervals of matrices and eigenvalues on common axes; NaN where there are none."""
    if not estimated:
        return {}
    n_layers = max(matrix.sizes["layer"] for matrix in matrices)
    ends: dict[str, Any] = {}
    for name, axes in (("similarity", ("layer", "layer_other")), ("eigenvalue", ("rank",))):
        for end, words in zip(ENDS, ("lower", "upper"), strict=True):
            values = np.full((len(matrices), len(measures), *(n_layers for _ in axes)), np.nan)
            for case, matrix in enumerate(matrices):
                known = estimated.get(_names(matrix))
                for place, measure in enumerate(measures):
                    if known is not None and measure in known["measure"]:
                        part = known[f"{name}_{end}"].sel(measure=measure).to_numpy()
                        values[case, place][tuple(map(slice, part.shape))] = part
            about = {"units": "1", "long_name": f"{words} end of the interval: {_LONG_NAMES[name]}"}
            ends[f"{name}_{end}"] = (("case", "measure", *axes), values, about)
    return ends


def _tests(matrices: Sequence[xr.Dataset], tested: Mapping[Names, xr.Dataset]) -> dict[str, Any]:
    """Return the tests of swapped domains on common axes; NaN where a case has none."""
    found = [tested.get(_names(matrix)) for matrix in matrices]
    known = [test for test in found if test is not None and "difference" in test]
    if not known:
        return {}
    variables = ("difference", *_TESTED, "studentised_null")
    empty = xr.full_like(known[0][list(variables)], np.nan)
    rows = [test[list(variables)] if test is not None and "difference" in test else empty for test in found]
    stacked = xr.concat(rows, dim="case", combine_attrs="drop")
    return {name: (stacked[name].dims, stacked[name].to_numpy(), dict(known[0][name].attrs)) for name in variables} | {
        "number": ("number", known[0]["number"].to_numpy(), {"units": "1", "long_name": "number tested"})
    }

"""Stage summary: scores of the predictions and numbers of the CKA matrices, of all cases. Rule ``summary``.

Outputs: ``scores.csv`` (a row for each case, parameter and choice of maps), ``similarity.csv`` (a row for each case and
estimator), and ``summary.nc``, which holds both and the matrices: all that the figures draw but maps and predictions.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from repshift.statistics.blocks import Blockness, blockness, eigenvalues
from repshift.statistics.scores import Scores, scores
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.storage.tables import write_table
from repshift.vocabulary import PARAMETERS, InputError

logger = logging.getLogger(__name__)

CASE = ("model", "field", "train_suite", "domain", "test_suite", "in_distribution")
ESTIMATORS = ("biased", "debiased", "minibatch")
MAPS = ("split", "cka")

_SCORES = tuple(field.name for field in fields(Scores))
_COUNTS = ("n_maps", "n_simulations")
_SHAPES = tuple(field.name for field in fields(Blockness))

Variables = dict[str, tuple[tuple[str, ...], npt.NDArray[Any]]]

_LONG_NAMES = {
    "r2": "coefficient of determination R^2",
    "rmse": "root mean squared error",
    "bias": "mean error",
    "chi2": "mean squared error over predicted variance",
    "n_maps": "maps scored",
    "n_simulations": "simulations of the maps scored",
    "off_diagonal_mean": "mean CKA of distinct layers",
    "off_diagonal_median": "median CKA of distinct layers",
    "leading_share": "largest eigenvalue of the CKA matrix over their sum",
    "participation_ratio": "participation ratio of the eigenvalues of the CKA matrix",
    "spectral_entropy": "entropy of the eigenvalues of the CKA matrix",
    "cka": "linear CKA",
    "eigenvalue": "eigenvalue of the CKA matrix, largest first",
    "layer_name": "name of the layer",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case, same order")
    parser.add_argument("--output-scores", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-similarity", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-summary", type=Path, required=True, help=".nc to write")


def run(
    *, cka: list[Path], predictions: list[Path], output_scores: Path, output_similarity: Path, output_summary: Path
) -> None:
    """Sum up all cases in two tables and one file."""
    if len(cka) != len(predictions):
        raise InputError(f"{len(cka)} CKA files and {len(predictions)} of predictions: a case needs one of each.")
    matrices = [_load(path) for path in cka]
    answers = [_load(path) for path in predictions]
    for matrix, answer in zip(matrices, answers, strict=True):
        _require_one_case(matrix, answer)
    score_rows = [row for m, a in zip(matrices, answers, strict=True) for row in _score_rows(m, a)]
    similarity_rows = [row for matrix in matrices for row in _similarity_rows(matrix)]
    write_table(pd.DataFrame(score_rows), output_scores)
    write_table(pd.DataFrame(similarity_rows), output_similarity)
    checksums = {"cka_sha256": " ".join(map(sha256, cka)), "predictions_sha256": " ".join(map(sha256, predictions))}
    dataset = _dataset(matrices, score_rows, similarity_rows).assign_attrs(checksums)
    write_dataset(dataset, output_summary)
    logger.info("%s: %d cases", output_summary, len(matrices))


def _load(path: Path) -> xr.Dataset:
    with open_dataset(path, attributes=CASE) as opened:
        return opened.load()


def _require_one_case(matrix: xr.Dataset, answer: xr.Dataset) -> None:
    names, others = (tuple(dataset.attrs[name] for name in CASE) for dataset in (matrix, answer))
    if names != others:
        raise InputError(f"CKA of case {names} was given beside predictions of case {others}.")
    missing = sorted(set(matrix["map"].to_numpy()) - set(answer["map"].to_numpy()))
    if missing:
        raise InputError(
            f"Model '{names[0]}' on domain '{names[3]}': {len(missing)} compared maps have no prediction, "
            f"first '{missing[0]}'. Both must come from one split."
        )


def _score_rows(matrix: xr.Dataset, answer: xr.Dataset) -> list[dict[str, str | int | float]]:
    """Return the rows of a case in scores.csv: each parameter, on the whole split and on the maps compared."""
    compared = np.isin(answer["map"].to_numpy(), matrix["map"].to_numpy())
    rows = []
    for maps, chosen in (("split", np.ones_like(compared)), ("cka", compared)):
        part = answer.isel(map=np.flatnonzero(chosen))
        counts = {"n_maps": part.sizes["map"], "n_simulations": len(np.unique(part["simulation"]))}
        for parameter in PARAMETERS:
            of_parameter = part.sel(parameter=parameter)
            values = [of_parameter[name].to_numpy() for name in ("truth", "mean", "std")]
            rows.append({**_case(answer), "parameter": parameter, "maps": maps, **asdict(scores(*values)), **counts})
    return rows


def _similarity_rows(matrix: xr.Dataset) -> list[dict[str, str | int | float]]:
    """Return the rows of a case in similarity.csv, one for each estimator."""
    return [
        {
            **_case(matrix),
            "estimator": estimator,
            **asdict(blockness(matrix[f"cka_{estimator}"].to_numpy())),
            "n_maps": matrix.sizes["map"],
        }
        for estimator in ESTIMATORS
    ]


def _case(dataset: xr.Dataset) -> dict[str, str | int | float]:
    return {name: str(dataset.attrs[name]) for name in CASE}


def _dataset(
    matrices: Sequence[xr.Dataset],
    score_rows: Sequence[dict[str, str | int | float]],
    similarity_rows: Sequence[dict[str, str | int | float]],
) -> xr.Dataset:
    """Return all tables and matrices on common axes."""
    variables = {**_matrices(matrices), **_tables(len(matrices), score_rows, similarity_rows)}
    labels = {name: ("case", [str(matrix.attrs[name]) for matrix in matrices]) for name in CASE[:-1]}
    inside = np.array([matrix.attrs["in_distribution"] == "true" for matrix in matrices], dtype=np.int8)
    return xr.Dataset(
        {
            name: (dimensions, values, {"units": "1", "long_name": _LONG_NAMES[name]})
            for name, (dimensions, values) in variables.items()
        },
        coords={
            **labels,
            "in_distribution": ("case", inside),
            "estimator": list(ESTIMATORS),
            "parameter": list(PARAMETERS),
            "maps": list(MAPS),
        },
    )


def _matrices(matrices: Sequence[xr.Dataset]) -> Variables:
    """Stack CKA, eigenvalues and layer names; shorter networks are filled up with NaN and empty names."""
    n_layers = max(matrix.sizes["layer"] for matrix in matrices)
    layer_names = np.full((len(matrices), n_layers), "", dtype=object)
    cka = np.full((len(matrices), len(ESTIMATORS), n_layers, n_layers), np.nan)
    spectrum = np.full((len(matrices), len(ESTIMATORS), n_layers), np.nan)
    for case, matrix in enumerate(matrices):
        own = matrix.sizes["layer"]
        layer_names[case, :own] = matrix["layer"].to_numpy()
        for number, estimator in enumerate(ESTIMATORS):
            values = matrix[f"cka_{estimator}"].to_numpy()
            cka[case, number, :own, :own] = values
            spectrum[case, number, :own] = eigenvalues(values)
    return {
        "layer_name": (("case", "layer"), layer_names),
        "cka": (("case", "estimator", "layer", "layer_other"), cka),
        "eigenvalue": (("case", "estimator", "rank"), spectrum),
    }


def _tables(
    n_cases: int,
    score_rows: Sequence[dict[str, str | int | float]],
    similarity_rows: Sequence[dict[str, str | int | float]],
) -> Variables:
    """Fold the columns of both tables onto their axes."""
    shape, square = (n_cases, len(MAPS), len(PARAMETERS)), (n_cases, len(ESTIMATORS))
    scored = {name: np.reshape([row[name] for row in score_rows], shape) for name in _SCORES + _COUNTS}
    shaped = {name: np.reshape([row[name] for row in similarity_rows], square) for name in _SHAPES}
    return {
        **{name: (("case", "maps", "parameter"), scored[name]) for name in _SCORES},
        **{name: (("case", "maps"), scored[name][..., 0]) for name in _COUNTS},
        **{name: (("case", "estimator"), values) for name, values in shaped.items()},
    }

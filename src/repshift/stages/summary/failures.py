"""Pairs of a network and a domain it fails on: the table of failure, and what goes with it.

Actions ``failures`` and ``correlations`` of the stage summary; rules ``failures`` and ``correlations``.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from repshift.case.grams import read_case
from repshift.statistics.outputs import error_ratio
from repshift.storage.tables import Row, write_table
from repshift.vocabulary import CASE, InputError

logger = logging.getLogger(__name__)

RESPONSE: Final = "log_rmse_ratio"
MEAN: Final = "mean"
"""In the column parameter: the mean over all parameters of the table."""

_PAIR: Final = ("model", "field", "train_suite", "domain", "test_suite", "shift", "condition")
_KEYS: Final = (*_PAIR, "parameter", RESPONSE, "n_maps")
_CORRELATIONS: Final = (
    *("parameter", "predictor", "family", "rho", "rho_low", "rho_high"),
    *("partial_rho", "partial_rho_low", "partial_rho_high", "n_pairs", "n_models", "n_groups", "n_shifts"),
)
_ANSWERS: Final = (
    "sigma_ratio",
    "disagreement",
    "disagreement_in_sigma",
    "symmetry_scatter",
    "symmetry_scatter_in_sigma",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--shift-scores", type=Path, nargs="+", required=True, help=".nc of each pair")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each, same order")
    text = ".nc of each pair's model on its own domain, same order"
    parser.add_argument("--own-predictions", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--parameters", nargs="+", required=True, help="parameters whose error is the response")
    parser.add_argument("--output", type=Path, required=True, help=".csv to write")


def run(
    *,
    shift_scores: Sequence[Path],
    predictions: Sequence[Path],
    own_predictions: Sequence[Path],
    parameters: Sequence[str],
    output: Path,
) -> None:
    """Write a row for each pair and parameter: the logarithm of the ratio of the errors, and every predictor."""
    if not len(shift_scores) == len(predictions) == len(own_predictions):
        raise InputError(
            f"{len(shift_scores)} files of shift scores, {len(predictions)} and {len(own_predictions)} of predictions: "
            "a pair needs one of each."
        )
    rows: list[Row] = []
    for paths in zip(shift_scores, predictions, own_predictions, strict=True):
        rows += _failure_rows(*(read_case(path) for path in paths), parameters=parameters)
    write_table(pd.DataFrame(rows), output)
    logger.info("%s: %d pairs, %d parameters", output, len(shift_scores), len(parameters))


def _failure_rows(
    shift_scores: xr.Dataset, answers: xr.Dataset, own_answers: xr.Dataset, *, parameters: Sequence[str]
) -> list[Row]:
    """Return the rows of a pair, one for each parameter."""
    _require_pair(shift_scores, answers, own_answers)
    errors = []
    for side in (answers, own_answers):
        known = [str(name) for name in side["parameter"].to_numpy()]
        missing = [name for name in parameters if name not in known]
        if missing:
            raise InputError(
                f"Model '{side.attrs['model']}' does not infer {', '.join(missing)}; it infers {', '.join(known)}."
            )
        errors.append((side["mean"] - side["truth"]).sel(parameter=list(parameters)).to_numpy().astype(np.float64))
    response = error_ratio(*errors)
    pair = {name: str(shift_scores.attrs[name]) for name in _PAIR}
    numbers = dict(
        zip(shift_scores["predictor"].to_numpy().tolist(), shift_scores["value"].to_numpy().tolist(), strict=True)
    )
    told = shift_scores["parameter_value"].sel(parameter=list(parameters))
    return [
        {
            **pair,
            "parameter": parameter,
            RESPONSE: float(response[index]),
            "n_maps": answers.sizes["map"],
            **numbers,
            **{str(name): float(told.sel(answer=name, parameter=parameter)) for name in told["answer"].to_numpy()},
        }
        for index, parameter in enumerate(parameters)
    ]


def _require_pair(shift_scores: xr.Dataset, answers: xr.Dataset, own_answers: xr.Dataset) -> None:
    """Refuse predictions of another case than the shift_scores are of."""
    named = {name: shift_scores.attrs[name] for name in CASE}
    own = named | {
        "domain": shift_scores.attrs["own_domain"],
        "test_suite": named["train_suite"],
        "in_distribution": "true",
    }
    for wanted, found in ((named, answers), (own, own_answers)):
        held = {name: found.attrs[name] for name in CASE}
        if held != wanted:
            raise InputError(
                f"Shift scores of model '{named['model']}' on domain '{wanted['domain']}' were given beside "
                f"predictions of model '{held['model']}' on domain '{held['domain']}'. Give both in one order."
            )

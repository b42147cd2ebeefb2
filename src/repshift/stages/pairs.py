"""Pairs of a network and a domain it fails on: the table of failure, and what goes with it. No stage.

Actions ``failures`` and ``correlations`` of the stage summary; rules ``failures`` and ``correlations``.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from repshift.stages.arguments import at_least
from repshift.stages.rows import Row, as_numbers
from repshift.stages.stored import read_case
from repshift.statistics.answers import error_ratio
from repshift.statistics.association import (
    FEWEST_NETWORKS,
    Association,
    association,
    require_networks,
    transfers,
)
from repshift.statistics.pixels import PIXEL_CONTROLS
from repshift.storage.tables import read_table, write_table
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


def add_pairs(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add both actions."""
    failures = actions.add_parser("failures", help="of every pair, the loss of accuracy and what was seen of it")
    failures.set_defaults(run=run_failures)
    failures.add_argument("--predictors", type=Path, nargs="+", required=True, help=".nc of each pair")
    failures.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each, same order")
    text = ".nc of each pair's model on its own domain, same order"
    failures.add_argument("--own-predictions", type=Path, nargs="+", required=True, help=text)
    failures.add_argument("--parameters", nargs="+", required=True, help="parameters whose error is the response")
    failures.add_argument("--output", type=Path, required=True, help=".csv to write")
    correlations = actions.add_parser("correlations", help="what goes with the loss of accuracy, over networks")
    correlations.set_defaults(run=run_correlations)
    correlations.add_argument("--failures", type=Path, required=True, help=".csv of all pairs")
    correlations.add_argument("--resamples", type=at_least(100), required=True, help="of networks and shifts")
    correlations.add_argument("--seed", type=at_least(0), required=True, help="draws them")
    correlations.add_argument("--output-correlations", type=Path, required=True, help=".csv to write")
    correlations.add_argument("--output-transfers", type=Path, required=True, help=".csv to write")


def run_failures(
    *,
    predictors: Sequence[Path],
    predictions: Sequence[Path],
    own_predictions: Sequence[Path],
    parameters: Sequence[str],
    output: Path,
) -> None:
    """Write a row for each pair and parameter: the logarithm of the ratio of the errors, and every predictor."""
    if not len(predictors) == len(predictions) == len(own_predictions):
        raise InputError(
            f"{len(predictors)} files of predictors, {len(predictions)} and {len(own_predictions)} of predictions: a "
            "pair needs one of each."
        )
    rows: list[Row] = []
    for paths in zip(predictors, predictions, own_predictions, strict=True):
        rows += _failure_rows(*(read_case(path) for path in paths), parameters=parameters)
    write_table(pd.DataFrame(rows), output)
    logger.info("%s: %d pairs, %d parameters", output, len(predictors), len(parameters))


def run_correlations(
    *, failures: Path, resamples: int, seed: int, output_correlations: Path, output_transfers: Path
) -> None:
    """Write how each predictor goes with the failure, over networks, and from the other fields to each.

    Where a pair has no number of a predictor, its correlation is of the others; where fewer than ten networks have one,
    there is none.
    """
    table = read_table(failures, columns=(*_KEYS, *PIXEL_CONTROLS))
    require_networks(table["model"])
    names = [str(name) for name in table if name not in _KEYS]
    table = as_numbers(table, names)
    pieces = [(str(parameter), rows) for parameter, rows in table.groupby("parameter", sort=False)]
    means = table.groupby(list(_PAIR), sort=False)[[RESPONSE, *names]].mean(skipna=False).reset_index()
    pieces.append((MEAN, means))
    correlated, transferred = [], []
    for parameter, rows in pieces:
        for name in names:
            held = rows[np.isfinite(rows[name])]
            if held["model"].nunique() < FEWEST_NETWORKS:
                logger.info("%s of %s left out: fewer than %d networks have it", name, parameter, FEWEST_NETWORKS)
                continue
            about: Row = {"parameter": parameter, "predictor": name, "family": family_of(name)}
            correlated.append(about | _correlations(held, name, resamples=resamples, seed=seed))
            transferred += [about | transfer for transfer in _transfers(held, name)]
    write_table(pd.DataFrame(correlated, columns=_CORRELATIONS), output_correlations)
    write_table(
        pd.DataFrame(
            transferred, columns=["parameter", "predictor", "family", "held_out_field", "n_pairs", "rho", "r2"]
        ),
        output_transfers,
    )
    logger.info("%s: %d predictors of %d pairs", output_correlations, len(names), len(pieces[-1][1]))


def family_of(predictor: str) -> str:
    """Return what a predictor looks at: ``cka``, other ``distances`` of layers, the ``answers``, or the ``input``."""
    if predictor in _ANSWERS:
        return "answers"
    return {"cka": "cka", "pixel": "input"}.get(predictor.partition("_")[0], "distances")


def _failure_rows(
    predictors: xr.Dataset, answers: xr.Dataset, own_answers: xr.Dataset, *, parameters: Sequence[str]
) -> list[Row]:
    """Return the rows of a pair, one for each parameter."""
    _require_pair(predictors, answers, own_answers)
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
    pair = {name: str(predictors.attrs[name]) for name in _PAIR}
    numbers = dict(
        zip(predictors["predictor"].to_numpy().tolist(), predictors["value"].to_numpy().tolist(), strict=True)
    )
    told = predictors["parameter_value"].sel(parameter=list(parameters))
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


def _require_pair(predictors: xr.Dataset, answers: xr.Dataset, own_answers: xr.Dataset) -> None:
    """Refuse predictions of another case than the predictors are of."""
    named = {name: predictors.attrs[name] for name in CASE}
    own = named | {
        "domain": predictors.attrs["own_domain"],
        "test_suite": named["train_suite"],
        "in_distribution": "true",
    }
    for wanted, found in ((named, answers), (own, own_answers)):
        held = {name: found.attrs[name] for name in CASE}
        if held != wanted:
            raise InputError(
                f"Predictors of model '{named['model']}' on domain '{wanted['domain']}' were given beside predictions "
                f"of model '{held['model']}' on domain '{held['domain']}'. Give both in one order."
            )


def _correlations(rows: pd.DataFrame, name: str, *, resamples: int, seed: int) -> Row:
    """Return how a predictor goes with the failure: as it is, and beyond the raw input's moments and spectrum."""
    predictor, response = (rows[column].to_numpy(dtype=np.float64) for column in (name, RESPONSE))
    groups, shifts = rows.groupby(["field", "train_suite"]).ngroup().to_numpy(), rows["condition"].to_numpy(dtype=str)
    how: dict[str, Any] = {"groups": groups, "shifts": shifts, "n_resamples": resamples, "seed": seed}
    found = association(predictor, response, **how)
    controls = rows[[control for control in PIXEL_CONTROLS if control != name]].to_numpy(dtype=np.float64)
    beyond = association(predictor, response, controls=controls, **how)
    return {
        **_interval(found, "rho"),
        **_interval(beyond, "partial_rho"),
        "n_pairs": len(rows),
        "n_models": rows["model"].nunique(),
        "n_groups": len(np.unique(groups)),
        "n_shifts": len(np.unique(shifts)),
    }


def _interval(found: Association, name: str) -> Row:
    return {name: found.rho, f"{name}_low": found.low, f"{name}_high": found.high}


def _transfers(rows: pd.DataFrame, name: str) -> list[Row]:
    """Return what the relation of all other fields is worth in each."""
    predictor, response = (rows[column].to_numpy(dtype=np.float64) for column in (name, RESPONSE))
    found = transfers(predictor, response, groups=rows["field"].tolist())
    return [
        {("held_out_field" if key == "group" else key): value for key, value in asdict(one).items()} for one in found
    ]

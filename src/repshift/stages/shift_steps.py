"""Action of the stage summary: what share of a shift each change of the maps takes away, ``attribution``.

Output: ``shift_steps.csv``, a row for each model, domain and number: the block (``off_diagonal_mean`` and
``leading_share``, by both estimators) and the loss (``log_rmse``, natural, and ``r2`` of each parameter, on the whole
split); where ``scores.csv`` and ``similarity.csv`` have intervals, ``value_low`` and ``value_high``, the ends there;
and of each step ``explained``, the share of the difference between the other domain and the model's own that the step
takes away, with its interval, by the jackknife. A model not scored on all of its domains has no rows of the loss.
"""

import argparse
import logging
import math
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from repshift.case.grams import case_row, read_case, read_grams
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.resampling import Jackknife, jackknife
from repshift.statistics.scores import scores as score
from repshift.statistics.shift_steps import explained
from repshift.storage.tables import Row, read_table, write_table
from repshift.vocabulary import CASE, InputError

logger = logging.getLogger(__name__)

_BLOCK: Final = ("off_diagonal_mean", "leading_share")
_LOSS: Final = ("log_rmse", "r2")
_ESTIMATORS: Final = ("debiased", "biased")
_EXPLAINED: Final = ("explained", "explained_low", "explained_high")

Numbers = list[tuple[str, str, str]]
"""Quantity, estimator and parameter of each number of a case; the last two may be empty."""

Ends = dict[tuple[str, ...], tuple[float, float]]
"""Ends of an interval by model, domain, quantity, measure and parameter; empty where there are no intervals."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    text = ".nc of each case, model by model: its own domain, the other, the steps in their order"
    parser.add_argument("--grams", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--predictions", type=Path, nargs="*", default=[], help=".nc of those cases that are scored")
    parser.add_argument("--scores", type=Path, required=True, help="scores.csv, with the intervals of scores")
    parser.add_argument("--similarity", type=Path, required=True, help="similarity.csv, with those of the block")
    parser.add_argument("--output", type=Path, required=True, help=".csv to write")


def run(*, grams: list[Path], predictions: list[Path], scores: Path, similarity: Path, output: Path) -> None:
    """Say of each model how much of the change of its block and of its loss the steps take away."""
    cases: dict[str, list[xr.DataArray]] = {}
    for path in grams:
        stored = read_grams(path)
        cases.setdefault(stored.attributes["model"], []).append(stored.shown.assign_attrs(stored.attributes))
    answers = {(answer.attrs["model"], answer.attrs["domain"]): answer for answer in map(read_case, predictions)}
    ends = _known_ends(scores, similarity)
    rows = [row for shown in cases.values() for row in _rows_of_model(shown, answers, ends)]
    write_table(pd.DataFrame(rows), output)
    logger.info("%s: %d models, %d rows", output, len(cases), len(rows))


def _known_ends(scores: Path, similarity: Path) -> Ends:
    """Read the ends of the intervals that the two tables have."""
    columns = {name: (f"{name}_low", f"{name}_high") for name in (*_BLOCK, "rmse", "r2")}
    block = read_table(similarity, columns=("model", "domain", "measure"))
    if columns[_BLOCK[0]][0] not in block:
        return {}
    loss = read_table(scores, columns=("model", "domain", "parameter", "maps", *columns["rmse"], *columns["r2"]))
    ends: Ends = {}
    for row in block.to_dict("records"):
        for name in _BLOCK:
            ends[str(row["model"]), str(row["domain"]), name, str(row["measure"]), ""] = _pair(row, columns[name])
    for row in loss[loss["maps"] == "split"].to_dict("records"):
        case, parameter = (str(row["model"]), str(row["domain"])), str(row["parameter"])
        low, high = _pair(row, columns["rmse"])
        ends[(*case, "log_rmse", "", parameter)] = _log(low), _log(high)
        ends[(*case, "r2", "", parameter)] = _pair(row, columns["r2"])
    return ends


def _pair(row: Mapping[Hashable, Any], names: tuple[str, str]) -> tuple[float, float]:
    """Return two numbers of a row; what is empty is NaN."""
    low, high = (math.nan if row[name] == "" else float(row[name]) for name in names)
    return low, high


def _log(number: float) -> float:
    """Return the natural logarithm of an error; NaN where there is none."""
    return math.log(number) if number > 0 else math.nan


def _rows_of_model(shown: Sequence[xr.DataArray], answers: dict[tuple[str, str], xr.Dataset], ends: Ends) -> list[Row]:
    """Return the rows of a model: of the block, and of the loss where all of its cases are scored."""
    model = shown[0].attrs["model"]
    if len(shown) < 3 or shown[0].attrs["in_distribution"] != "true":
        domains = ", ".join(one.attrs["domain"] for one in shown)
        raise InputError(f"Model '{model}' is shown {domains}. Expected its own domain, another, and a step or more.")
    block = [(name, estimator, "") for estimator in _ESTIMATORS for name in _BLOCK]
    found = [jackknife(partial(_block, one), simulations=one["simulation"]) for one in shown]
    rows = _rows(shown, block, found, ends)
    scored = [answers[key] for one in shown if (key := (model, one.attrs["domain"])) in answers]
    if len(scored) < len(shown):
        logger.info("%s: %d of %d domains are scored, so nothing is said of its loss", model, len(scored), len(shown))
        return rows
    loss = [(name, "", str(parameter)) for parameter in scored[0]["parameter"].to_numpy() for name in _LOSS]
    found = [jackknife(partial(_loss, one), simulations=one["simulation"]) for one in scored]
    return rows + _rows(scored, loss, found, ends)


def _block(gram: xr.DataArray, maps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the numbers of the block of some maps, estimator by estimator."""
    grams = gram.to_numpy()[:, maps[:, None], maps]
    debiased = between_cka_matrix(grams, simulations=gram["simulation"].to_numpy()[maps])
    numbers = block_numbers(np.stack([debiased, cka_matrix(grams, estimator="biased")]))
    return numbers[:, [BLOCK_NUMBERS.index(name) for name in _BLOCK]].ravel()


def _loss(answer: xr.Dataset, maps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the numbers of the loss of some maps, parameter by parameter."""
    truth, mean = (answer[name].to_numpy()[maps].T for name in ("truth", "mean"))
    of_each = [score(true, found, np.ones(len(maps))) for true, found in zip(truth, mean, strict=True)]
    return np.array([(_log(one.rmse), one.r2) for one in of_each]).ravel()


def _rows(
    shown: Sequence[xr.Dataset | xr.DataArray], numbers: Numbers, found: Sequence[Jackknife], ends: Ends
) -> list[Row]:
    """Return a row for each case and number; the first case is the model's own domain, the second the other."""
    for step in shown[2:]:
        _require_same_simulations(shown[1], step)
    rows: list[Row] = []
    for index, (one, left_out) in enumerate(zip(shown, found, strict=True)):
        shares = _shares(found, left_out, is_step=index > 1)
        for number, names in enumerate(numbers):
            what = dict(zip(("quantity", "estimator", "parameter"), names, strict=True))
            values = {
                "value": float(left_out.value[number]),
                **_ends_of({name: str(one.attrs[name]) for name in CASE}, what, ends),
            }
            values |= {name: float(column[number]) for name, column in shares.items()}
            rows.append({**case_row(one), **what, **values, "n_simulations": len(left_out.without)})
    return rows


def _ends_of(case: dict[str, str], what: dict[str, str], ends: Ends) -> dict[str, float]:
    """Return the columns of the interval of a number; none where there are no intervals."""
    if not ends:
        return {}
    measure = f"cka_{what['estimator']}" if what["estimator"] else ""
    key = (case["model"], case["domain"], what["quantity"], measure, what["parameter"])
    if key not in ends:
        raise InputError(
            f"Model '{case['model']}' shown domain '{case['domain']}' has no {what['quantity']} in scores.csv and "
            "similarity.csv. Give tables of the same cases."
        )
    return dict(zip(("value_low", "value_high"), ends[key], strict=True))


def _shares(found: Sequence[Jackknife], step: Jackknife, *, is_step: bool) -> dict[str, npt.NDArray[np.float64]]:
    """Return what a step explains, and the ends of its interval; NaN of a domain that is none."""
    if not is_step:
        return dict.fromkeys(_EXPLAINED, np.full(step.value.shape, np.nan))
    taken = explained(found[0], found[1], step)
    return dict(zip(_EXPLAINED, (taken.share, taken.interval.low, taken.interval.high), strict=True))


def _require_same_simulations(other: xr.Dataset | xr.DataArray, step: xr.Dataset | xr.DataArray) -> None:
    """Refuse a step that does not show the simulations of the domain it is a change of."""
    if not np.array_equal(other["position"].to_numpy(), step["position"].to_numpy()):
        raise InputError(
            f"Model '{step.attrs['model']}': domain '{step.attrs['domain']}' does not show the maps of "
            f"'{other.attrs['domain']}', at the same positions, so it is no change of them."
        )

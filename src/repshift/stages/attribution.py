"""Action of the stage summary: what share of a shift each change of the maps takes away, ``attribution``. No stage.

Output: ``attribution.csv``, a row for each model, domain and number: the block (``off_diagonal_mean`` and
``leading_share``, by both estimators) and the loss (``log_rmse``, natural, and ``r2`` of each parameter, on the whole
split) with its jackknife interval; and of each step ``explained``, the share of the difference between the other domain
and the model's own that the step takes away, with its interval.
"""

import argparse
import logging
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.stages.rows import Row
from repshift.stages.stored import case_row, read_case, read_grams
from repshift.statistics.attribution import Replicates, explained, interval_of, leave_one_out
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.scores import scores
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_BLOCK: Final = ("off_diagonal_mean", "leading_share")
_LOSS: Final = ("log_rmse", "r2")
_ESTIMATORS: Final = ("debiased", "biased")

Numbers = list[tuple[str, str, str]]
"""Quantity, estimator and parameter of each number of a case; the last two may be empty."""


def add_attribution(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `attribute`."""
    parser.set_defaults(run=attribute)
    text = ".nc of each case, model by model: its own domain, the other, the steps in their order"
    parser.add_argument("--grams", type=Path, nargs="+", required=True, help=text)
    parser.add_argument("--predictions", type=Path, nargs="*", default=[], help=".nc of those cases that are scored")
    parser.add_argument("--output", type=Path, required=True, help=".csv to write")


def attribute(*, grams: list[Path], predictions: list[Path], output: Path) -> None:
    """Say of each model how much of the change of its block and of its loss the steps take away."""
    cases: dict[str, list[xr.DataArray]] = {}
    for path in grams:
        stored = read_grams(path)
        cases.setdefault(stored.attributes["model"], []).append(stored.shown.assign_attrs(stored.attributes))
    answers = {(answer.attrs["model"], answer.attrs["domain"]): answer for answer in map(read_case, predictions)}
    rows = [row for shown in cases.values() for row in _rows_of_model(shown, answers)]
    write_table(pd.DataFrame(rows), output)
    logger.info("%s: %d models, %d rows", output, len(cases), len(rows))


def _rows_of_model(shown: Sequence[xr.DataArray], answers: dict[tuple[str, str], xr.Dataset]) -> list[Row]:
    """Return the rows of a model: of the block, and of the loss where its cases are scored."""
    model = shown[0].attrs["model"]
    if len(shown) < 3 or shown[0].attrs["in_distribution"] != "true":
        domains = ", ".join(one.attrs["domain"] for one in shown)
        raise InputError(f"Model '{model}' is shown {domains}. Expected its own domain, another, and a step or more.")
    scored = [answers[key] for one in shown if (key := (model, one.attrs["domain"])) in answers]
    if len(scored) not in (0, len(shown)):
        raise InputError(f"Model '{model}' has {len(scored)} predictions for {len(shown)} cases. Give all, or none.")
    block = [(name, estimator, "") for estimator in _ESTIMATORS for name in _BLOCK]
    rows = _rows(shown, block, [leave_one_out(partial(_block, one), simulations=one["simulation"]) for one in shown])
    if not scored:
        return rows
    loss = [(name, "", str(parameter)) for parameter in scored[0]["parameter"].to_numpy() for name in _LOSS]
    found = [leave_one_out(partial(_loss, one), simulations=one["simulation"]) for one in scored]
    return rows + _rows(scored, loss, found)


def _block(gram: xr.DataArray, maps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the numbers of the block of some maps, estimator by estimator."""
    grams = gram.to_numpy()[:, maps[:, None], maps]
    debiased = between_cka_matrix(grams, simulations=gram["simulation"].to_numpy()[maps])
    numbers = block_numbers(np.stack([debiased, cka_matrix(grams, estimator="biased")]))
    return numbers[:, [BLOCK_NUMBERS.index(name) for name in _BLOCK]].ravel()


def _loss(answer: xr.Dataset, maps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the numbers of the loss of some maps, parameter by parameter."""
    truth, mean = (answer[name].to_numpy()[maps].T for name in ("truth", "mean"))
    of_each = [scores(true, found, np.ones(len(maps))) for true, found in zip(truth, mean, strict=True)]
    return np.array([(math.log(one.rmse), one.r2) for one in of_each]).ravel()


def _rows(shown: Sequence[xr.Dataset | xr.DataArray], numbers: Numbers, found: Sequence[Replicates]) -> list[Row]:
    """Return a row for each case and number; the first case is the model's own domain, the second the other."""
    for step in shown[2:]:
        _require_same_simulations(shown[1], step)
    rows: list[Row] = []
    for index, (one, replicates) in enumerate(zip(shown, found, strict=True)):
        columns = _columns(found, replicates, is_step=index > 1)
        for number, names in enumerate(numbers):
            values = {name: float(column[number]) for name, column in columns.items()}
            what = dict(zip(("quantity", "estimator", "parameter"), names, strict=True))
            rows.append({**case_row(one), **what, **values, "n_simulations": len(replicates.without)})
    return rows


def _columns(
    found: Sequence[Replicates], replicates: Replicates, *, is_step: bool
) -> dict[str, npt.NDArray[np.float64]]:
    """Return the numbers of a case with their intervals, and of a step what it explains; NaN of a domain."""
    interval = interval_of(replicates)
    columns = {"value": replicates.value, "value_low": interval.low, "value_high": interval.high}
    nothing = np.full(replicates.value.shape, np.nan)
    shares = dict.fromkeys(("explained", "explained_low", "explained_high"), nothing)
    if is_step:
        taken = explained(found[0], found[1], replicates)
        shares = {
            "explained": taken.share,
            "explained_low": taken.interval.low,
            "explained_high": taken.interval.high,
        }
    return columns | shares


def _require_same_simulations(other: xr.Dataset | xr.DataArray, step: xr.Dataset | xr.DataArray) -> None:
    """Refuse a step that does not show the simulations of the domain it is a change of."""
    if not np.array_equal(other["position"].to_numpy(), step["position"].to_numpy()):
        raise InputError(
            f"Model '{step.attrs['model']}': domain '{step.attrs['domain']}' does not show the maps of "
            f"'{other.attrs['domain']}', at the same positions, so it is no change of them."
        )

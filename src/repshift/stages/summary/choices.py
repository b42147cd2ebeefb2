"""Action of the stage summary: ``choices``, what it costs to choose among networks by a number without labels.

Output: a ``.csv`` with a row for each field, parameter, target and number, and one for each field, parameter and number
over all targets, whose target is empty.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from repshift.case.tables import Words
from repshift.cli.arguments import at_least
from repshift.statistics.model_choice import Choice, choices
from repshift.statistics.resampling import expanded_percentiles, multinomial_weights
from repshift.storage.tables import Row, as_numbers, read_table, write_table
from repshift.vocabulary import InputError, about

logger = logging.getLogger(__name__)

_SCORED: Final = ("model", "field", "train_suite", "domain", "test_suite", "in_distribution", "parameter", "maps")
_NUMBERS: Final = ("model", "domain", "family", "score", "layer", "parameter", "value")
_FEWEST_SUITES: Final = 5
"""Suites of targets below which a mean regret has no interval: a resample of fewer is mostly copies of one."""

_REGRETS: Final = ("regret", "regret_at_random", "regret_of_always_one")
_ERROR: Final = "standard deviation of the labels; of classes, share of maps"

COLUMNS: Final[dict[str, Words]] = {
    "field": about("field of the maps"),
    "parameter": about("what is inferred"),
    "target": about("domain that a network is chosen for; empty: the mean over all"),
    "target_suite": about("suite of the target"),
    "predictor": about("number without labels that chooses"),
    "family": about("what it looks at"),
    "n_targets": about("targets of the row"),
    "n_models": about("networks to choose from"),
    "chosen": about("network that the number chooses"),
    "best": about("network of the least error"),
    "regret": about("error of the network chosen less the least error", _ERROR),
    "regret_low": about("lower end of its interval, of a mean over suites of targets", _ERROR),
    "regret_high": about("upper end of its interval, of a mean over suites of targets", _ERROR),
    "regret_at_random": about("the same of a network drawn at random: its expectation", _ERROR),
    "regret_of_always_one": about("the same of the network whose mean error on the other targets is least", _ERROR),
}
"""Columns of the table, and what they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--scores", type=Path, required=True, help=".csv of the accuracy of all cases")
    parser.add_argument("--shift-scores", type=Path, required=True, help=".csv of what is known without labels")
    text = "models that are no candidates: a repaired one has seen a target"
    parser.add_argument("--leave-out", nargs="*", default=[], help=text)
    text = "number of bootstrap resamples of the suites of targets"
    parser.add_argument("--resamples", type=at_least(100), required=True, help=text)
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the resamples")
    parser.add_argument("--output", type=Path, required=True, help=".csv to write")


def run(
    *, scores: Path, shift_scores: Path, leave_out: Sequence[str] = (), resamples: int, seed: int, output: Path
) -> None:
    """Write what each number without labels costs where it chooses the network that a target is shown to.

    The error is the root mean squared one over the standard deviation of the labels, the square root of 1 - R^2; of
    classes it is 1 - accuracy. Networks of the target's own suite are no candidates, nor are those
    left out. A target needs candidates of two suites or more.
    """
    errors = _errors(read_table(scores, columns=_SCORED), leave_out)
    known = as_numbers(read_table(shift_scores, columns=_NUMBERS), ["value"])
    known = known[known["layer"] == ""]
    rows: list[Row] = []
    for (field, parameter), group in errors.groupby(["field", "parameter"], sort=False):
        for name, numbers in known[known["parameter"].isin(["", parameter])].groupby("score", sort=False):
            about: Row = {"field": str(field), "parameter": str(parameter), "predictor": str(name)}
            about |= {"family": str(numbers["family"].iloc[0])}
            rows += [about | row for row in _choices(group, numbers, resamples=resamples, seed=seed)]
    if not rows:
        raise InputError(
            f"{scores} has no choice to make: expected targets of two suites or more, each shown to networks of two "
            "other suites."
        )
    write_table(pd.DataFrame(rows, columns=list(COLUMNS)), output)
    logger.info("%s: %d rows", output, len(rows))


def _errors(table: pd.DataFrame, leave_out: Sequence[str]) -> pd.DataFrame:
    """Return the errors of cases out of distribution whose target has candidates of two suites or more."""
    held = ["r2", "accuracy"]
    table = as_numbers(table.reindex(columns=[*_SCORED, *held]), held)
    table = table[(table["in_distribution"].astype(str).str.lower() == "false") & (table["maps"] == "split")]
    table = table[~table["model"].isin(list(leave_out))]
    errors = (1 - table["r2"]).clip(lower=0) ** 0.5
    table = table.assign(error=errors.fillna(1 - table["accuracy"]))
    table = table[np.isfinite(table["error"])]
    several = table.groupby(["field", "parameter", "domain"])["train_suite"].transform("nunique") > 1
    return table[several]


def _choices(errors: pd.DataFrame, numbers: pd.DataFrame, *, resamples: int, seed: int) -> Iterator[Row]:
    """Yield the choices by one number of one parameter, then the row of all targets."""
    held = errors.merge(numbers[["model", "domain", "value"]], on=["model", "domain"], how="left")
    score, error = (held.pivot_table(name, "domain", "model", sort=False, dropna=False) for name in ("value", "error"))
    suites = held.groupby("domain", sort=False)["test_suite"].first().loc[error.index]
    found = choices(score.to_numpy(), error.to_numpy(), suites=suites.to_numpy())
    for one in found:
        yield {
            "target": str(error.index[one.target]),
            "target_suite": str(suites.iloc[one.target]),
            "n_targets": 1,
            "n_models": one.n_models,
            "chosen": str(error.columns[one.chosen]),
            "best": str(error.columns[one.best]),
            **{name: getattr(one, name) for name in _REGRETS},
        }
    if found:
        of_suite = suites.to_numpy()[[one.target for one in found]]
        yield _over_targets(found, of_suite, resamples=resamples, seed=seed)


def _over_targets(found: list[Choice], suites: npt.NDArray[np.object_], *, resamples: int, seed: int) -> Row:
    """Return the mean regrets over all targets; the interval resamples their suites, of which it needs five."""
    regrets = np.array([[getattr(one, name) for name in _REGRETS] for one in found])
    row: Row = {"target": "", "target_suite": "", "n_targets": len(found), "chosen": "", "best": ""}
    row |= {"n_models": max(one.n_models for one in found)}
    row |= dict(zip(_REGRETS, map(float, regrets.mean(axis=0)), strict=True))
    names, places = np.unique(suites.astype(str), return_inverse=True)
    if len(names) < _FEWEST_SUITES:
        return row | {"regret_low": np.nan, "regret_high": np.nan}
    drawn = multinomial_weights(len(names), n_resamples=resamples, rng=np.random.default_rng(seed))[:, places]
    interval = expanded_percentiles(drawn @ regrets[:, 0] / drawn.sum(axis=1), n=len(names))
    return row | {"regret_low": float(interval.low), "regret_high": float(interval.high)}

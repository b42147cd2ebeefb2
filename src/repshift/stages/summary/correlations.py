"""Action of the stage summary: ``correlations``, what goes with the loss of accuracy, over networks."""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from repshift.case.tables import Words, end_of
from repshift.cli.arguments import at_least
from repshift.evidence.shift_scores import CONTROLS, shift_score
from repshift.statistics.association import (
    FEWEST_NETWORKS,
    Association,
    association,
    require_networks,
    transfers,
)
from repshift.storage.tables import Row, as_numbers, read_failures, write_table
from repshift.vocabulary import CASE, MEAN_OF_PARAMETERS, about

logger = logging.getLogger(__name__)

_PAIR: Final = (*CASE[:-1], "shift", "condition")
_KEYS: Final = (*_PAIR, "parameter", "n_maps")
_RESPONSE: Final = "response"

_PREDICTOR: Final[dict[str, Words]] = {
    "parameter": about("what is inferred; mean: the mean over all"),
    "predictor": about("shift score"),
    "family": about("what the score looks at"),
}
_RHO: Final = "Spearman's rank correlation of the score and the loss of accuracy, over pairs of network and domain"
CORRELATIONS: Final[dict[str, Words]] = {
    **_PREDICTOR,
    "rho": about(_RHO),
    "rho_low": about(end_of(_RHO, "low")),
    "rho_high": about(end_of(_RHO, "high")),
    "partial_rho": about("the same beyond the moments and the spectrum of the raw input"),
    "partial_rho_low": about("lower end of its interval"),
    "partial_rho_high": about("upper end of its interval"),
    "n_pairs": about("pairs of a network and a domain"),
    "n_models": about("their networks"),
    "n_groups": about("groups of networks: one field and training suite"),
    "n_shifts": about("their shifts"),
}
"""Columns of the table of correlations, and what they are."""

TRANSFERS: Final[dict[str, Words]] = {
    **_PREDICTOR,
    "held_out_field": about("field whose pairs are left out"),
    "n_pairs": about("its pairs"),
    "rho": about("rank correlation within the field"),
    "r2": about("share of the response's variance in the field that the relation of the others explains"),
}
"""Columns of the table of transfers, and what they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--failures", type=Path, required=True, help=".csv of all pairs")
    parser.add_argument(
        "--resamples", type=at_least(100), required=True, help="number of bootstrap resamples of networks and shifts"
    )
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the resamples")
    parser.add_argument("--output-correlations", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-transfers", type=Path, required=True, help=".csv to write")


def run(*, failures: Path, resamples: int, seed: int, output_correlations: Path, output_transfers: Path) -> None:
    """Write how each predictor goes with the failure, over networks, and from the other fields to each.

    Where a pair has no number of a predictor, its correlation is of the others; where fewer than ten networks have one,
    there is none.
    """
    table, response = read_failures(failures, columns=(*_KEYS, *CONTROLS))
    require_networks(table["model"])
    names = [str(name) for name in table if name not in (*_KEYS, response)]
    table = as_numbers(table, names).rename(columns={response: _RESPONSE})
    pieces = [(str(parameter), rows) for parameter, rows in table.groupby("parameter", sort=False)]
    means = table.groupby(list(_PAIR), sort=False)[[_RESPONSE, *names]].mean(skipna=False).reset_index()
    pieces.append((MEAN_OF_PARAMETERS, means))
    correlated, transferred = [], []
    for parameter, rows in pieces:
        for name in names:
            held = rows[np.isfinite(rows[name])]
            if held["model"].nunique() < FEWEST_NETWORKS:
                logger.info("%s of %s left out: fewer than %d networks have it", name, parameter, FEWEST_NETWORKS)
                continue
            about: Row = {"parameter": parameter, "predictor": name, "family": shift_score(name).family}
            correlated.append(about | _correlations(held, name, resamples=resamples, seed=seed))
            transferred += [about | transfer for transfer in _transfers(held, name)]
    write_table(pd.DataFrame(correlated, columns=list(CORRELATIONS)), output_correlations)
    write_table(pd.DataFrame(transferred, columns=list(TRANSFERS)), output_transfers)
    logger.info("%s: %d shift_scores of %d pairs", output_correlations, len(names), len(pieces[-1][1]))


def _correlations(rows: pd.DataFrame, name: str, *, resamples: int, seed: int) -> Row:
    """Return how a predictor goes with the failure: as it is, and beyond the raw input's moments and spectrum."""
    predictor, response = (rows[column].to_numpy(dtype=np.float64) for column in (name, _RESPONSE))
    groups, shifts = rows.groupby(["field", "train_suite"]).ngroup().to_numpy(), rows["condition"].to_numpy(dtype=str)
    how: dict[str, Any] = {"groups": groups, "shifts": shifts, "n_resamples": resamples, "seed": seed}
    found = association(predictor, response, **how)
    controls = rows[[control for control in CONTROLS if control != name]].to_numpy(dtype=np.float64)
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
    predictor, response = (rows[column].to_numpy(dtype=np.float64) for column in (name, _RESPONSE))
    found = transfers(predictor, response, groups=rows["field"].tolist())
    return [
        {("held_out_field" if key == "group" else key): value for key, value in asdict(one).items()} for one in found
    ]

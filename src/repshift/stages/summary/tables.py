"""Action of the stage summary: ``tables``, tables of the file of all cases.

Outputs: a ``.csv`` of each table asked for.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import xarray as xr

from repshift.case.case_tables import TABLES as OF_CASES
from repshift.case.comparisons import COMPARISONS
from repshift.case.steps import SHIFT_STEPS
from repshift.case.tables import Table, table_of
from repshift.stages.summary.attribution import TABLES as OF_ATTRIBUTION
from repshift.stages.summary.failures import failures_of
from repshift.stages.summary.independence import INDEPENDENCE
from repshift.stages.summary.influence import INFLUENCE, INFLUENTIAL_MAPS
from repshift.stages.summary.pruning import TABLES as OF_PRUNING
from repshift.stages.summary.repair import TABLES as OF_REPAIR
from repshift.stages.summary.sample_size import SAMPLE_SIZE
from repshift.stages.summary.shift_scores import SHIFT_SCORES
from repshift.stages.summary.stress import TABLES as OF_STRESS
from repshift.stages.summary.trust import TABLES as OF_TRUST
from repshift.storage.datasets import open_dataset
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

FAILURES: Final = "failures"

TABLES: Final[dict[str, Table]] = {
    **OF_CASES,
    "independence": INDEPENDENCE,
    "comparisons": COMPARISONS,
    "shift_steps": SHIFT_STEPS,
    "influential_maps": INFLUENTIAL_MAPS,
    "influence": INFLUENCE,
    "sample_size": SAMPLE_SIZE,
    "shift_scores": SHIFT_SCORES,
    **OF_STRESS,
    **OF_ATTRIBUTION,
    **OF_REPAIR,
    **OF_PRUNING,
    **OF_TRUST,
}
"""Tables by their names; beside them `FAILURES`, whose columns follow from what the pairs hold."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    parser.add_argument("--tables", nargs="+", choices=[*TABLES, FAILURES], required=True, help="names of tables")
    parser.add_argument(
        "--parameters", nargs="*", default=[], help="of failures: parameters whose error is the response"
    )
    text = "of failures: models without a row, as repaired ones, which have seen a target"
    parser.add_argument("--leave-out", nargs="*", default=[], help=text)
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help=".csv of each, same order")


def run(
    *,
    summary: Path,
    tables: Sequence[str],
    outputs: Sequence[Path],
    parameters: Sequence[str] = (),
    leave_out: Sequence[str] = (),
) -> None:
    """Write tables of the file of all cases."""
    if len(tables) != len(outputs):
        raise InputError(f"{len(tables)} tables and {len(outputs)} outputs: each table needs one file.")
    with open_dataset(summary) as opened:
        dataset = opened.load()
    for name, output in zip(tables, outputs, strict=True):
        table = _table(dataset, name, parameters, leave_out)
        write_table(table, output)
        logger.info("%s: %d rows", output, len(table))


def _table(dataset: xr.Dataset, name: str, parameters: Sequence[str], leave_out: Sequence[str]) -> pd.DataFrame:
    """Return a table by its name.

    Raises
    ------
    InputError
        If the file of all cases lacks what it is made from.
    """
    try:
        if name == FAILURES:
            return failures_of(dataset, parameters, leave_out=leave_out)
        return table_of(dataset, TABLES[name])
    except KeyError as error:
        raise InputError(f"The summary lacks {error}, which the table '{name}' is made from.") from error

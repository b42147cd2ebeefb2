"""What the steps of a shift say, from their table: how much of it the last one takes away."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.case.tables import with_ends
from repshift.storage.tables import as_numbers, read_table
from repshift.wording.numbers import Estimate
from repshift.wording.steps import CKA, StepResult

_EXPLAINED: Final = with_ends(("explained",))
_SCORES: Final = {"r2": "R²", "accuracy": "the accuracy"}


def step_results(path: Path, *, parameters: Sequence[str]) -> list[StepResult]:
    """Return what the last step of each network takes away.

    Parameters
    ----------
    path
        Table of the steps of shifts: of each network its own domain, the other, then the steps in their order.
    parameters
        Outputs in the text; of a network that has none of them, all.
    """
    table = read_table(path, columns=("model", "domain", "quantity", "estimator", "parameter", *_EXPLAINED))
    table = as_numbers(table, _EXPLAINED)
    return [_result(str(model), rows, parameters) for model, rows in table.groupby("model", sort=False)]


def _result(model: str, rows: pd.DataFrame, parameters: Sequence[str]) -> StepResult:
    own, other, *steps = map(str, rows["domain"].unique())
    last = rows[rows["domain"] == steps[-1]].dropna(subset=_EXPLAINED[:1])
    scores = last[last["quantity"].isin(_SCORES)]
    named = scores[scores["parameter"].isin(parameters)]
    shares = {
        f"{_SCORES[row['quantity']]} of {row['parameter']}": _estimate(row)
        for _, row in (scores if named.empty else named).iterrows()
    }
    block = last[(last["quantity"] == "off_diagonal_mean") & (last["estimator"] == "debiased")]
    of_block = {} if block.empty else {CKA: _estimate(block.iloc[0])}
    return StepResult(model, own, other, steps[-1], shares | of_block)


def _estimate(row: pd.Series) -> Estimate:
    return Estimate(*(float(row[column]) for column in _EXPLAINED))

"""What ladders of repairs say, from their tables."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.case.tables import with_ends
from repshift.evidence.repair.quantities import AS_IT_IS, OTHER_MODEL, SAME_PRIOR
from repshift.evidence.repair.yardsticks import YARDSTICK_QUANTITIES
from repshift.storage.tables import as_numbers, read_table
from repshift.wording.numbers import Estimate
from repshift.wording.repair_results import RepairResult, Rung, RungScore

_NUMBERS: Final = tuple(with_ends(("score", "gain", "gain_over_control")))
_OVER: Final = tuple(with_ends([one.name for one in YARDSTICK_QUANTITIES.values()]))
"""Columns that a run has where rungs train."""
_WORDS: Final = (
    *("model", "domain", "own_domain", "score_name", "rung", "label", "kind", "setting", "freeze", "prior", "control"),
    *("labelled", "judged_on", "parameter", "needs_same_prior"),
)
_RUNG: Final = ("rung", "setting", "freeze", "labelled")
_SCORES: Final = {"r2": "R²", "accuracy": "the accuracy"}
_GUESSES: Final = {"r2": 0.0, "accuracy": math.inf}
"""Score of a guess of the mean, where that is known."""


def repair_results(
    repairs: Path,
    correlations: Path | None,
    *,
    parameters: Sequence[str],
) -> list[RepairResult]:
    """Return what brings networks home, a result for each case, in the order of the table.

    Parameters
    ----------
    repairs, correlations
        Tables of repairs, and of what goes with their gains; None: there is none.
    parameters
        Outputs in the text; of a network that has none of them, all.
    """
    table, free = read_repairs(repairs), None if correlations is None else _read_correlations(correlations)
    results = []
    for (model, domain), rows in table.groupby(["model", "domain"], sort=False):
        kept = _of_parameters(rows, parameters)
        of_case = None if free is None else free[(free["model"] == model) & (free["domain"] == domain)]
        results.append(_result(str(model), str(domain), kept, of_case))
    return results


def read_repairs(path: Path) -> pd.DataFrame:
    """Read the table of repairs: words as such, and numbers."""
    table = read_table(path, columns=(*_WORDS, "n_simulations", *_NUMBERS))
    over = [name for name in _OVER if name in table]
    numbers = as_numbers(table, [*_NUMBERS, *over, "n_simulations"])
    return numbers.assign(**{name: table[name].astype(str) for name in _WORDS})


def _read_correlations(path: Path) -> pd.DataFrame:
    columns = ("model", "domain", "number_label", "parameter", "entries", "label_free_correlation")
    return as_numbers(read_table(path, columns=columns), ["entries", "label_free_correlation"])


def _of_parameters(rows: pd.DataFrame, parameters: Sequence[str]) -> pd.DataFrame:
    """Return the rows of the outputs asked for; of a network that has none of them, all."""
    named: pd.DataFrame = rows[rows["parameter"].isin(parameters)]
    return rows if named.empty else named


def _result(model: str, domain: str, rows: pd.DataFrame, free: pd.DataFrame | None) -> RepairResult:
    first, outputs = rows.iloc[0], list(dict.fromkeys(rows["parameter"]))
    rungs = [_rung(of_rung) for _, of_rung in rows.groupby(list(_RUNG), sort=False)]
    others = [one for one in rungs if one.rung != AS_IT_IS]
    found = {}
    if free is not None:
        for label, held in free[free["parameter"].isin(outputs)].groupby("number_label", sort=False):
            strongest = held.iloc[int(held["label_free_correlation"].abs().fillna(-1).to_numpy().argmax())]
            found[str(label)] = (float(strongest["label_free_correlation"]), int(strongest["entries"]))
    return RepairResult(
        model,
        str(first["own_domain"]),
        domain,
        _SCORES[str(first["score_name"])],
        outputs,
        next((one for one in rungs if one.rung == AS_IT_IS), Rung(AS_IT_IS, "as it is", "bound")),
        [one for one in others if one.kind == "bound"],
        [one for one in others if one.kind != "bound"],
        found,
    )


def _rung(rows: pd.DataFrame) -> Rung:
    """Return a rung with its scores, of ever more simulations of the same prior."""
    first = rows.iloc[0]
    scores: dict[tuple[str, str], list[RungScore]] = {}
    same = rows[rows["prior"] == SAME_PRIOR].sort_values("n_simulations", kind="stable")
    for _, row in same.dropna(subset=["score"]).iterrows():
        score, gain, over_control = (_estimate(row, name) for name in ("score", "gain", "gain_over_control"))
        guess = _GUESSES[str(row["score_name"])]
        at = (str(row["judged_on"]), str(row["parameter"]))
        over = {name: _estimate(row, one.name) for name, one in YARDSTICK_QUANTITIES.items() if one.name in row}
        scores.setdefault(at, []).append(RungScore(int(row["n_simulations"]), score, gain, over_control, guess, over))
    setting = str(first["setting"])
    is_named = setting and first["rung"] != OTHER_MODEL
    return Rung(
        str(first["rung"]),
        f"{first['label']} ({setting})" if is_named else setting or str(first["label"]),
        str(first["kind"]),
        first["labelled"].lower() == "true",
        bool(first["control"]),
        _needs(rows),
        scores,
    )


def _needs(rows: pd.DataFrame) -> str:
    """Return whether a rung needs the same prior; nothing where that was not tried."""
    tried = set(rows["prior"]) - {SAME_PRIOR}
    return str(rows["needs_same_prior"].iloc[0]) if tried else ""


def _estimate(row: pd.Series, name: str) -> Estimate:
    return Estimate(*(float(row[column]) for column in with_ends([name])))

"""What replaced layers say, from their tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.case.tables import with_ends
from repshift.evidence.pruning.verdicts import CAN_GO, CONTROL, NOT_POSSIBLE, NOTHING_TO_LOSE
from repshift.storage.tables import as_numbers, read_table
from repshift.wording.numbers import Estimate
from repshift.wording.pruning_results import Change, Moved, PruningResult

_CASE: Final = ("model", "domain", "parameter")
_LOST: Final = with_ends(("score_lost",))
_RHO: Final = with_ends(("rank_correlation",))
_HELD: Final = with_ends(("rank_correlation_held",))
_GAINS: Final = with_ends(("gain", "gain_at_home"))
_SCORES: Final = {"r2": "R²", "accuracy": "the accuracy"}
_MOVES: Final = ("build", "remove", "match")


def pruning_results(
    pruning: Path,
    correlations: Path,
    cause: Path | None,
    causes: Path | None,
    *,
    parameters: Sequence[str],
) -> list[PruningResult]:
    """Return which layers networks can do without, a result for each case, in the order of the table.

    Parameters
    ----------
    pruning, correlations
        Tables of replaced layers, and of what goes with the score they lose.
    cause, causes
        Tables of CKA moved by the loss, and of what goes with the gain; None: there is none.
    parameters
        Outputs in the text; of a network that has none of them, all.
    """
    columns = (
        *_CASE,
        "score_name",
        "loss_from",
        "layers",
        "way",
        "n_layers",
        "is_linear",
        "parameters_saved",
        "can_go",
        *_LOST,
    )
    table = as_numbers(read_table(pruning, columns=columns), ["n_layers", "parameters_saved", *_LOST])
    relations = as_numbers(read_table(correlations, columns=(*_CASE, "loss_from", "beside", "way", *_RHO)), _RHO)
    moved = None if cause is None else _read_moved(cause)
    over = (
        None if causes is None else as_numbers(read_table(causes, columns=(*_CASE, "beside", "moved", *_HELD)), _HELD)
    )
    results = []
    for (model, domain), rows in table.groupby(["model", "domain"], sort=False):
        beside = [
            None if one is None else _of_case(one, str(model), str(domain), parameters)
            for one in (relations, moved, over)
        ]
        kept = _of_case(rows, str(model), str(domain), parameters)
        results.append(_result(str(model), str(domain), kept, *beside))
    return results


def _read_moved(path: Path) -> pd.DataFrame:
    numbers = ["entry_weight", "entry_cka_reached", *_GAINS]
    return as_numbers(read_table(path, columns=(*_CASE, "entry_kind", *numbers)), numbers)


def _of_case(table: pd.DataFrame, model: str, domain: str, parameters: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a case, of the outputs asked for where it has any."""
    rows = table[(table["model"] == model) & (table["domain"] == domain)]
    named: pd.DataFrame = rows[rows["parameter"].isin(parameters)]
    return rows if named.empty else named


def _result(
    model: str,
    domain: str,
    rows: pd.DataFrame,
    relations: pd.DataFrame | None,
    moved: pd.DataFrame | None,
    causes: pd.DataFrame | None,
) -> PruningResult:
    after = rows["loss_from"] == CONTROL
    return PruningResult(
        model,
        domain,
        _SCORES[str(rows.iloc[0]["score_name"])],
        _changes(rows[~after]),
        _changes(rows[after]),
        {} if relations is None else _relations(relations[relations["loss_from"] != CONTROL]),
        () if moved is None else _moves(moved),
        {} if causes is None else _causes(causes[causes["beside"] == "cka_reached"]),
    )


def _changes(rows: pd.DataFrame) -> list[Change]:
    """Return each change in each way; it can go where that is so for every output."""
    found = []
    for (layers, way), of_change in rows.groupby(["layers", "way"], sort=False):
        words = list(of_change["can_go"])
        first, is_possible = of_change.iloc[0], set(words) != {NOT_POSSIBLE}
        lost = {str(row["parameter"]): _estimate(row, _LOST) for _, row in of_change.iterrows()}
        verdict = NOTHING_TO_LOSE if NOTHING_TO_LOSE in words else next((one for one in words if one != CAN_GO), CAN_GO)
        found.append(
            Change(
                str(layers),
                str(way),
                int(first["n_layers"]),
                float(first["parameters_saved"]),
                verdict if is_possible else NOT_POSSIBLE,
                lost,
                str(first["is_linear"]).lower() == "true",
            )
        )
    return found


def _relations(rows: pd.DataFrame) -> dict[str, dict[tuple[str, str], Estimate]]:
    found: dict[str, dict[tuple[str, str], Estimate]] = {}
    for _, row in rows.iterrows():
        at = (str(row["way"]), str(row["parameter"]))
        found.setdefault(str(row["beside"]), {})[at] = _estimate(row, _RHO)
    return found


def _moves(rows: pd.DataFrame) -> list[Moved]:
    """Return what moved CKA, beside the control."""
    control = rows[rows["entry_kind"] == "control"]["entry_cka_reached"]
    reached = float(control.iloc[0]) if len(control) else float("nan")
    return [
        Moved(
            str(row["entry_kind"]),
            float(row["entry_weight"]),
            str(row["parameter"]),
            float(row["entry_cka_reached"]),
            reached,
            _estimate(row, _GAINS[:3]),
            _estimate(row, _GAINS[3:]),
        )
        for _, row in rows[rows["entry_kind"].isin(_MOVES)].iterrows()
    ]


def _causes(rows: pd.DataFrame) -> dict[tuple[str, str], Estimate]:
    return {(str(row["moved"]), str(row["parameter"])): _estimate(row, _HELD) for _, row in rows.iterrows()}


def _estimate(row: pd.Series, columns: Sequence[str]) -> Estimate:
    return Estimate(*(float(row[column]) for column in columns))

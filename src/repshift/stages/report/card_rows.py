"""Rows of the card of a network, from the tables of a run.

A number is an object of ``value``, ``low`` and ``high``, null where it is not known or not finite.
"""

import math
from typing import Any, Final

import pandas as pd

from repshift.evidence.repair.quantities import SAME_PRIOR

Document = dict[str, Any]
Rows = list[Document]

_SCORES: Final = ("r2", "accuracy")
_ENTRY: Final = ("domain", "rung", "setting", "n_simulations", "parameter")


def scores_rows(table: pd.DataFrame, model: str) -> Rows:
    """Return the accuracy on each domain, of what has any."""
    found = []
    for _, row in table[(table["model"] == model) & (table["maps"] == "split")].iterrows():
        for score in _SCORES:
            estimate = _estimate(row, score)
            if estimate["value"] is not None:
                counts = {name: int(row[f"n_{name}"]) for name in ("maps", "simulations")}
                found.append(
                    {"domain": row["domain"], "output": row["parameter"], "score": score, **estimate, **counts}
                )
    return found


def similarity_rows(table: pd.DataFrame, model: str) -> Rows:
    """Return mean debiased CKA of different layers on each domain, and its change out of distribution."""
    rows = table[(table["model"] == model) & (table["measure"] == "cka_debiased")]
    return [
        {
            "domain": row["domain"],
            "mean_cka": _estimate(row, "off_diagonal_mean"),
            "change": _estimate(row, "change"),
            "p_value": _number(row.get("change_p_value")),
        }
        for _, row in rows.iterrows()
    ]


def critical_rows(table: pd.DataFrame | None, model: str) -> Rows:
    """Return at which strength of each axis each output breaks; an infinite one is not reached."""
    rows = _of(table, model)
    if rows is None:
        return []
    words = ("domain", "output", "axis", "label", "units", "direction")
    known = [row for _, row in rows.iterrows() if not math.isnan(_float(row["critical"]))]
    return [
        {
            **{name: row[name] for name in words},
            "reached": math.isfinite(_float(row["critical"])),
            **_estimate(row, "critical"),
            "largest_tried": _number(row["largest"]),
        }
        for row in known
    ]


def repairs_rows(table: pd.DataFrame | None, model: str) -> Rows:
    """Return what each rung reaches on its target, and what it costs at home."""
    rows = _of(table, model)
    if rows is None:
        return []
    entries: dict[tuple[Any, ...], dict[str, pd.Series]] = {}
    for _, row in rows[rows["prior"] == SAME_PRIOR].iterrows():
        entries.setdefault(tuple(row[list(_ENTRY)]), {})[str(row["judged_on"])] = row
    return [_repair(skies.get("target"), skies.get("home")) for skies in entries.values() if set(skies) != {"mixed"}]


def _repair(target: "pd.Series | None", home: "pd.Series | None") -> Document:
    """Return a rung on its target and at home; of a target without labels nothing is known there."""
    rows = [one for one in (target, home) if one is not None]
    named = rows[0]
    return {
        "domain": named["domain"],
        "rung": named["rung"],
        "kind": named["kind"],
        "setting": named["setting"],
        "simulations": int(named["n_simulations"]),
        "labelled": str(named["labelled"]).lower() == "true",
        "output": named["parameter"],
        "score": named["score_name"],
        "on_target": _estimate(target, "score"),
        "gain": _estimate(target, "gain"),
        "gain_over_control": _estimate(target, "gain_over_control"),
        "gain_at_home": _estimate(home, "gain"),
        "needs_same_prior": named["needs_same_prior"] or "not tried",
    }


def trust_rows(table: pd.DataFrame | None, model: str) -> Rows:
    """Return what each trust score says of the errors, the baseline among them."""
    rows = _of(table, model)
    if rows is None:
        return []
    numbers = ("rank_correlation", "rank_correlation_difference", "auc_domain", "auc_worst_tenth")
    return [
        {
            "domain": row["domain"],
            "output": row["parameter"],
            "trust_score": row["score"],
            "is_baseline": str(row["is_baseline"]).lower() == "true",
            **{name: _estimate(row, name) for name in numbers},
        }
        for _, row in rows.iterrows()
    ]


def intervals_rows(table: pd.DataFrame | None, model: str) -> Rows:
    """Return the coverage of intervals at the level that was asked for."""
    rows = _of(table, model)
    if rows is None:
        return []
    return [
        {
            "domain": row["domain"],
            "output": row["parameter"],
            "kind": row["kind"],
            "level": _number(row["level"]),
            "level_attainable": _number(row["level_attainable"]),
            "coverage": _estimate(row, "coverage"),
            "finite": _number(row.get("bounded")),
        }
        for _, row in rows[rows["is_asked"].astype(str).str.lower() == "true"].iterrows()
    ]


def _of(table: pd.DataFrame | None, model: str) -> pd.DataFrame | None:
    return None if table is None else table[table["model"] == model]


def _estimate(row: "pd.Series | None", name: str) -> Document:
    """Return a number and the ends of its interval, null where there is none."""
    return {end: None if row is None else _number(row.get(column)) for end, column in _columns(name).items()}


def _columns(name: str) -> dict[str, str]:
    return {"value": name, "low": f"{name}_low", "high": f"{name}_high"}


def _number(value: object) -> float | None:
    """Return a finite number; null of any other."""
    found = _float(value)
    return found if math.isfinite(found) else None


def _float(value: object) -> float:
    """Return a number of a cell; NaN of an empty one."""
    return math.nan if value is None or value == "" else float(value)  # type: ignore[arg-type]

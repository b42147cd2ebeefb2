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
    same = rows[rows["prior"] == SAME_PRIOR]
    keys = ["domain", "rung", "setting", "n_simulations", "parameter"]
    home = {tuple(row[keys]): row for _, row in same[same["judged_on"] == "home"].iterrows()}
    target = {tuple(row[keys]): row for _, row in same[same["judged_on"] == "target"].iterrows()}
    found = []
    for key in dict.fromkeys([*target, *home]):
        row = target.get(key, home.get(key))
        at_home = home.get(key)
        found.append(
            {
                "domain": row["domain"],
                "rung": row["rung"],
                "kind": row["kind"],
                "setting": row["setting"],
                "simulations": int(row["n_simulations"]),
                "labelled": str(row["labelled"]).lower() == "true",
                "output": row["parameter"],
                "score": row["score_name"],
                "on_target": _estimate(target.get(key), "score"),
                "gain": _estimate(target.get(key), "gain"),
                "gain_over_control": _estimate(target.get(key), "gain_over_control"),
                "gain_at_home": _estimate(at_home, "gain"),
                "needs_same_prior": row["needs_same_prior"] or "not tried",
            }
        )
    return found


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
    held = {} if row is None else row
    return {end: _number(held.get(column)) for end, column in _columns(name).items()}


def _columns(name: str) -> dict[str, str]:
    return {"value": name, "low": f"{name}_low", "high": f"{name}_high"}


def _number(value: object) -> float | None:
    """Return a finite number; null of any other."""
    found = _float(value)
    return found if math.isfinite(found) else None


def _float(value: object) -> float:
    """Return a number of a cell; NaN of an empty one."""
    return math.nan if value is None or value == "" else float(value)  # type: ignore[arg-type]

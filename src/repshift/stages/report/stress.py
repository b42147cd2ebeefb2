"""What a stress says, from its tables: critical strengths, early warnings, where other domains lie."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from repshift.case.tables import with_ends
from repshift.storage.tables import as_numbers, read_table
from repshift.wording.numbers import Estimate
from repshift.wording.stress import Place, Side, StressResult

_SIDE: Final = ("axis", "label", "units", "moves_labels", "direction", "smallest", "largest")
_KEYS: Final = ("model", "domain", "output", *_SIDE)
_OF_SCORE: Final = ("score", "score_label", "false_alarm")
_SIGNS: Final = {"up": "positive", "down": "negative"}


def stress_results(
    critical: Path,
    warnings: Path,
    named: Sequence[Sequence[str]],
    *,
    parameters: Sequence[str],
    classifiers: Sequence[str],
) -> list[StressResult]:
    """Return what networks show under stress.

    Parameters
    ----------
    critical, warnings
        Tables of critical strengths and of early warnings.
    named
        Of each network: its label, its own domain, the others.
    parameters
        Outputs in the text; of a network that has none of them, all.
    classifiers
        Networks whose accuracy falls, in place of R^2.
    """
    broken = _read(critical, ("critical",), ())
    warned = _read(warnings, ("early_warning", "position"), _OF_SCORE)
    results = []
    for model, own, *others in named:
        at_home = _of(broken, model, own, parameters)
        scored = _of(warned, model, own, parameters)
        places = {other: _places(_of(warned, model, other, parameters)) for other in others}
        score = "the accuracy" if model in classifiers else "R²"
        results.append(StressResult(model, own, score, _sides(at_home, scored), places))
    return results


def _read(path: Path, numbers: Sequence[str], words: Sequence[str]) -> pd.DataFrame:
    """Read a table; numbers that it lacks are NaN."""
    table = read_table(path, columns=(*_KEYS, *words))
    columns = with_ends(numbers)
    table = table.assign(**{name: math.nan for name in columns if name not in table})
    return as_numbers(table, ["smallest", "largest", *columns])


def _of(table: pd.DataFrame, model: str, domain: str, parameters: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a domain, of the outputs asked for where it has any; no score of another output."""
    rows = table[(table["model"] == model) & (table["domain"] == domain)]
    named: pd.DataFrame = rows[rows["output"].isin(parameters)]
    if named.empty:
        return rows
    others = tuple(f"_{name}" for name in rows["output"].unique() if name not in parameters)
    is_other = [str(name).endswith(others) for name in named["score"]] if "score" in named else [False] * len(named)
    kept: pd.DataFrame = named[~np.array(is_other, dtype=bool)]
    return kept


def _sides(broken: pd.DataFrame, scored: pd.DataFrame) -> list[Side]:
    """Return the axes of a domain, each in its directions, as far as an output has an R^2 that can fall."""
    sides = []
    for rows in _by_side(broken):
        found = {str(row["output"]): _estimate(row, "critical") for _, row in rows.iterrows()}
        critical = {name: one for name, one in found.items() if not math.isnan(one.value)}
        if critical:
            sides.append(_side(rows, broken, critical, _of_side(scored, rows.iloc[0])))
    return sides


def _side(rows: pd.DataFrame, table: pd.DataFrame, critical: dict[str, Estimate], scored: pd.DataFrame) -> Side:
    first = rows.iloc[0]
    directions = set(table[table["axis"] == first["axis"]]["direction"])
    warnings: dict[str, dict[str, Estimate]] = {}
    for _, row in scored.iterrows():
        ratio = _estimate(row, "early_warning")
        if not math.isnan(ratio.value):
            warnings.setdefault(str(row["score_label"]), {})[str(row["output"])] = ratio
    alarmed = scored[scored["false_alarm"].astype(str).str.lower() == "true"]["score_label"]
    return Side(
        str(first["label"]),
        str(first["units"]),
        _SIGNS[str(first["direction"])] if len(directions) > 1 else "",
        float(first["smallest"]),
        float(first["largest"]),
        str(first["moves_labels"]).lower() == "true",
        critical,
        warnings,
        tuple(dict.fromkeys(map(str, alarmed))),
    )


def _places(scored: pd.DataFrame) -> list[Place]:
    """Return where a domain lies along each axis, of the scores that have a value there."""
    found = []
    for rows in _by_side(scored):
        of_scores = rows.dropna(subset=["position"]).drop_duplicates("score_label")
        positions = {str(row["score_label"]): _estimate(row, "position") for _, row in of_scores.iterrows()}
        if positions:
            found.append(Place(_side(rows, scored, {}, rows.iloc[:0]), positions))
    return found


def _by_side(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of each axis and direction, in the order of the table."""
    return [rows for _, rows in table.groupby(["axis", "direction"], sort=False)]


def _of_side(table: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Return the rows of the axis and direction that another row is of."""
    same: pd.DataFrame = table[(table["axis"] == row["axis"]) & (table["direction"] == row["direction"])]
    return same


def _estimate(row: pd.Series, name: str) -> Estimate:
    return Estimate(*(float(row[column]) for column in with_ends([name])))

"""What trust map by map says, from its tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.case.tables import with_ends
from repshift.storage.tables import as_numbers, read_table
from repshift.wording.numbers import Estimate
from repshift.wording.trust import IntervalResult, TrustResult, TrustScoreResult

_CASE: Final = ("model", "domain", "parameter", "in_distribution")
_OF_SCORES: Final = ("rank_correlation", "rank_correlation_difference", "auc_worst_tenth", "auc_domain")
_COVERAGE: Final = with_ends(("coverage",))


def trust_results(trust: Path, intervals: Path, *, parameters: Sequence[str]) -> list[TrustResult]:
    """Return when networks can be believed, a result for each case, in the order of the table.

    Parameters
    ----------
    trust, intervals
        Tables of trust scores and of the coverage of intervals.
    parameters
        Outputs in the text; of a network that has none of them, all.
    """
    table = _numbers(read_table(trust, columns=(*_CASE, "score_label", "is_baseline")), with_ends(_OF_SCORES))
    covered = read_table(intervals, columns=(*_CASE, "kind", "level", "is_asked", "level_attainable"))
    covered = _numbers(covered, [*_COVERAGE, "level", "level_attainable", "bounded"])
    covered = covered[covered["is_asked"].astype(str).str.lower() == "true"]
    results = []
    for (model, domain), rows in table.groupby(["model", "domain"], sort=False):
        of_case = covered[(covered["model"] == model) & (covered["domain"] == domain)]
        scores = {name: list(map(_score, held)) for name, held in _by_output(rows, parameters).items()}
        kinds = {name: list(map(_interval, held)) for name, held in _by_output(of_case, parameters).items()}
        is_own = str(rows.iloc[0]["in_distribution"]).lower() == "true"
        results.append(TrustResult(str(model), str(domain), is_own, scores, kinds))
    return results


def _numbers(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table with numbers in some columns; those that it lacks are NaN."""
    lacking = [name for name in columns if name not in table]
    return as_numbers(table.assign(**dict.fromkeys(lacking, float("nan"))), columns)


def _by_output(rows: pd.DataFrame, parameters: Sequence[str]) -> dict[str, list[pd.Series]]:
    """Return the rows of each output asked for; of a network that has none of them, of all."""
    named = rows[rows["parameter"].isin(parameters)]
    kept = rows if named.empty else named
    return {str(name): [row for _, row in held.iterrows()] for name, held in kept.groupby("parameter", sort=False)}


def _score(row: pd.Series) -> TrustScoreResult:
    numbers = [_estimate(row, with_ends([name])) for name in _OF_SCORES]
    return TrustScoreResult(str(row["score_label"]), str(row["is_baseline"]).lower() == "true", *numbers)


def _interval(row: pd.Series) -> IntervalResult:
    level, attainable, bounded = (float(row[name]) for name in ("level", "level_attainable", "bounded"))
    return IntervalResult(str(row["kind"]), level, attainable, _estimate(row, _COVERAGE), bounded)


def _estimate(row: pd.Series, columns: Sequence[str]) -> Estimate:
    return Estimate(*(float(row[column]) for column in columns))

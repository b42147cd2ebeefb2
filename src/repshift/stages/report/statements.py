"""Rows of tables as the numbers that the result in words is made from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.case.tables import with_ends
from repshift.evidence.shift_scores import shift_score
from repshift.storage.tables import as_numbers, read_table
from repshift.vocabulary import MEAN_OF_PARAMETERS, InputError
from repshift.wording.failures import Correlation
from repshift.wording.numbers import Estimate
from repshift.wording.shifts import SCORES_IN_WORDS, LabelFree, Network, Shift, SwapResult

RISE: Final = "cka_debiased_mean_rise"
_MEAN: Final = "off_diagonal_mean"
_TESTED: Final = ("difference", "difference_low", "difference_high", "studentised_p_value", "permutations")
_HALVED: Final = ("label", "value", "halves_median", "halves_low", "halves_high")
_COUNTS: Final = ("n_pairs", "n_models", "n_groups", "n_shifts")
_RHOS: Final = tuple(f"{name}{end}" for name in ("rho", "partial_rho") for end in ("", "_low", "_high"))


@dataclass(frozen=True)
class Evidence:
    """What the result in words is made from, a row each: debiased CKA, scores of whole splits, tests, shift scores."""

    similarity: pd.DataFrame
    scores: pd.DataFrame
    tests: pd.DataFrame | None
    shift_scores: pd.DataFrame | None = None


def read_evidence(
    similarity: Path, scores: Path, permutation_tests: Path | None, shift_scores: Path | None = None
) -> Evidence:
    """Read the tables, and keep the rows that are evidence."""
    alike = read_table(similarity, columns=("model", "field", "train_suite", "domain", "measure", _MEAN, "n_maps"))
    scored = read_table(scores, columns=("model", "domain", "parameter", "maps", "r2"))
    tests = (
        None
        if permutation_tests is None
        else read_table(permutation_tests, columns=("model", "domain", "measure", "number", *_TESTED))
    )
    free = None if shift_scores is None else read_table(shift_scores, columns=("model", "domain", "layer", *_HALVED))
    return Evidence(
        _numbers(alike[alike["measure"] == "cka_debiased"], _MEAN),
        _numbers(scored[scored["maps"] == "split"], *SCORES_IN_WORDS),
        tests if tests is None else as_numbers(tests[tests["number"] == _MEAN], _TESTED),
        free if free is None else as_numbers(free[free["layer"] == ""], _HALVED[1:]),
    )


def network_of(
    evidence: Evidence, model: str, own: str, others: Sequence[str], *, is_trained: bool, parameters: Sequence[str]
) -> Network:
    """Return what a network shows on other domains than its own.

    Raises
    ------
    InputError
        If a case has no row of debiased CKA.
    """
    known = _similarity_row(evidence, model, own)
    shifts = [_shift(evidence, model, own, other, parameters=parameters) for other in others]
    return Network(model, str(known["field"]), str(known["train_suite"]), is_trained=is_trained, shifts=shifts)


def correlations_of(path: Path) -> tuple[Correlation | None, Correlation | None]:
    """Return how the rise of mean debiased CKA goes with failure, and the predictor that goes with it most closely."""
    rows = read_table(path, columns=("parameter", "predictor", *_RHOS, *_COUNTS))
    rows = as_numbers(rows[rows["parameter"] == MEAN_OF_PARAMETERS], _RHOS).dropna(subset=["rho"])
    rise = rows[rows["predictor"] == RISE]
    if rise.empty:
        return None, None
    first = rows.iloc[int(rows["rho"].abs().to_numpy().argmax())]
    return _correlation(rise.iloc[0], "the rise of mean debiased CKA"), _correlation(first, _words(first["predictor"]))


def _words(predictor: str) -> str:
    return "the rise of mean debiased CKA" if predictor == RISE else f'"{_plain(predictor)}"'


def _plain(predictor: str) -> str:
    """Return a predictor in few words, without the markup of a figure."""
    return shift_score(predictor).words


def _correlation(row: pd.Series, predictor: str) -> Correlation:
    return Correlation(
        predictor, _estimate(row, "rho"), _estimate(row, "partial_rho"), **{name: int(row[name]) for name in _COUNTS}
    )


def _shift(evidence: Evidence, model: str, own: str, other: str, *, parameters: Sequence[str]) -> Shift:
    rows = [_similarity_row(evidence, model, domain) for domain in (own, other)]
    accuracy = {
        score: _accuracy(evidence, model, own, other, score=score, parameters=parameters)
        for score in SCORES_IN_WORDS
        if score in evidence.scores
    }
    return Shift(
        own,
        other,
        similarity=(_estimate(rows[0], _MEAN), _estimate(rows[1], _MEAN)),
        n_maps=int(rows[1]["n_maps"]),
        test=_test(evidence, model, other),
        accuracy=accuracy,
        label_free=None if any(accuracy.values()) else _label_free(evidence, model, other),
    )


def _label_free(evidence: Evidence, model: str, domain: str) -> LabelFree | None:
    """Return how many shift scores of a case lie outside of the range of halves; None where the table has none."""
    rows = pd.DataFrame() if evidence.shift_scores is None else _of(evidence.shift_scores, model, domain)
    rows = rows.dropna(subset=list(_HALVED[1:])) if len(rows) else rows
    if rows.empty:
        return None
    value, low, high = (rows[name] for name in ("value", "halves_low", "halves_high"))
    beyond = (value - high).clip(lower=0) + (low - value).clip(lower=0)
    width = high - low
    first = rows.iloc[int((beyond / width.where(width > 0)).fillna(0).to_numpy().argmax())]
    halves = Estimate(*(float(first[f"halves_{name}"]) for name in ("median", "low", "high")))
    return LabelFree(int((beyond > 0).sum()), len(rows), str(first["label"]), float(first["value"]), halves)


def _similarity_row(evidence: Evidence, model: str, domain: str) -> pd.Series:
    rows = _of(evidence.similarity, model, domain)
    if rows.empty:
        raise InputError(f"The table of similarity has no debiased CKA of model '{model}' shown domain '{domain}'.")
    return rows.iloc[0]


def _test(evidence: Evidence, model: str, domain: str) -> SwapResult | None:
    """Return the test of a change; None where the case has none."""
    rows = pd.DataFrame() if evidence.tests is None else _of(evidence.tests, model, domain)
    if rows.empty:
        return None
    row = rows.iloc[0]
    return SwapResult(_estimate(row, "difference"), float(row["studentised_p_value"]), int(row["permutations"]))


def _accuracy(
    evidence: Evidence, model: str, own: str, other: str, *, score: str, parameters: Sequence[str]
) -> dict[str, tuple[Estimate, Estimate]]:
    """Return a score on both domains of each parameter scored on both: those asked for, else all; of classes, any."""
    sides = [
        _of(evidence.scores, model, domain).dropna(subset=[score]).set_index("parameter") for domain in (own, other)
    ]
    scored = [name for name in sides[0].index if name in sides[1].index]
    named = [name for name in scored if name in parameters or score == "accuracy"] or scored
    return {str(name): (_estimate(sides[0].loc[name], score), _estimate(sides[1].loc[name], score)) for name in named}


def _of(rows: pd.DataFrame, model: str, domain: str) -> pd.DataFrame:
    return rows[(rows["model"] == model) & (rows["domain"] == domain)]


def _estimate(row: pd.Series, name: str) -> Estimate:
    """Return a number of a row, with its interval where the table has one."""
    return Estimate(*(float(row.get(f"{name}{end}", math.nan)) for end in ("", "_low", "_high")))


def _numbers(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    return as_numbers(rows, [column for column in with_ends(names) if column in rows])

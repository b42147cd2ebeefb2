"""Scores of the predictions of cases: rows of scores.csv, and these on common axes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import CaseNames, case_names, case_row
from repshift.stages.summary.matrices import Variables
from repshift.stages.summary.similarity import number_and_ends, with_ends
from repshift.statistics.scores import SCORES, score_intervals, scores
from repshift.storage.tables import Row
from repshift.vocabulary import CASE, InputError

MAPS: Final = ("split", "cka")
"""Maps scored: of the whole split, or those compared."""

COUNTS: Final = ("n_maps", "n_simulations")


def require_compared(matrices: Sequence[xr.Dataset], answers: Mapping[CaseNames, xr.Dataset]) -> None:
    """Refuse predictions of a case that is not compared, or that lack one of its maps."""
    compared = {case_names(matrix): matrix for matrix in matrices}
    for names, answer in answers.items():
        if names not in compared:
            raise InputError(f"CKA of cases {list(compared)} was given beside predictions of case {names}.")
        missing = sorted(set(compared[names]["map"].to_numpy()) - set(answer["map"].to_numpy()))
        if missing:
            raise InputError(
                f"Model '{names[0]}' on domain '{names[3]}': {len(missing)} compared maps have no prediction, "
                f"first '{missing[0]}'. Both must come from one split."
            )


def score_columns(resamples: int | None) -> list[str]:
    """Return the columns of scores.csv, the ends of intervals among them where there are resamples."""
    scored = with_ends(SCORES) if resamples else SCORES
    return [*CASE, "parameter", "maps", *scored, *COUNTS]


def score_rows(matrix: xr.Dataset, answer: xr.Dataset | None, resamples: int | None, seed: int) -> list[Row]:
    """Return the rows of a case in scores.csv: each parameter, on the whole split and on the maps compared."""
    if answer is None:
        return []
    compared = np.isin(answer["map"].to_numpy(), matrix["map"].to_numpy())
    rows = []
    for maps, chosen in (("split", np.ones_like(compared)), ("cka", compared)):
        part = answer.isel(map=np.flatnonzero(chosen))
        counts = {"n_maps": part.sizes["map"], "n_simulations": len(np.unique(part["simulation"]))}
        for parameter in part["parameter"].to_numpy().tolist():
            of_parameter = part.sel(parameter=parameter)
            of_one = _scores_with_ends(of_parameter, f"Model '{matrix.attrs['model']}'", resamples, seed)
            rows.append({**case_row(answer), "parameter": parameter, "maps": maps, **of_one, **counts})
    return rows


def _scores_with_ends(part: xr.Dataset, who: str, resamples: int | None, seed: int) -> dict[str, float]:
    """Return the scores of one parameter by name, with the ends of their intervals where they are asked for."""
    truth, mean, std = (_values(part, name) for name in ("truth", "mean", "std"))
    found = asdict(scores(truth, mean, std))
    if resamples is None:
        return found
    simulations = part["simulation"].to_numpy()
    try:
        ends = score_intervals(truth, mean, std, simulations=simulations, n_resamples=resamples, seed=seed)
    except InputError as error:
        raise InputError(f"{who} shown domain '{part.attrs['domain']}': {error}") from error
    low, high = (dict(zip(SCORES, values.tolist(), strict=True)) for values in (ends.low, ends.high))
    return {
        column: value for name in SCORES for column, value in number_and_ends(name, found[name], low[name], high[name])
    }


def _values(part: xr.Dataset, name: str) -> npt.NDArray[np.float64]:
    """Return a variable; NaN where the network does not answer it."""
    return part[name].to_numpy() if name in part else np.full(part.sizes["map"], np.nan)


def folded_scores(cases: Sequence[CaseNames], parameters: Sequence[str], score_rows: Sequence[Row]) -> Variables:
    """Fold the columns of scores.csv onto their axes: NaN, and no map, where a case has no such row."""
    columns = [name for name in with_ends(SCORES) if score_rows and name in score_rows[0]] or list(SCORES)
    scored = {name: np.full((len(cases), len(MAPS), len(parameters)), np.nan) for name in columns}
    counts = {name: np.zeros((len(cases), len(MAPS)), dtype=np.int64) for name in COUNTS}
    for row in score_rows:
        case, maps = cases.index(tuple(str(row[name]) for name in CASE)), MAPS.index(str(row["maps"]))
        for name in columns:
            scored[name][case, maps, parameters.index(str(row["parameter"]))] = row[name]
        for name in COUNTS:
            counts[name][case, maps] = row[name]
    return {
        **{name: (("case", "maps", "parameter"), values) for name, values in scored.items()},
        **{name: (("case", "maps"), values) for name, values in counts.items()},
    }

"""Rows of similarity.csv, permutation_tests.csv and independence.csv; intervals and tests on common axes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.grams import CaseNames, case_names, case_row
from repshift.stages.summary.matrices import MATRIX, blockness_row
from repshift.statistics.blocks import off_diagonal
from repshift.storage.tables import Row
from repshift.vocabulary import CASE

ENDS: Final = ("low", "high")
_TESTED: Final = ("difference_p_value", "studentised", "studentised_p_value")
"""Numbers of permutation_tests.csv beside the difference and the ends of its interval."""


def with_ends(names: Sequence[str]) -> list[str]:
    """Return names of columns: each number, and the ends of its interval after it."""
    return [column for name in names for column in (name, *(f"{name}_{end}" for end in ENDS))]


_INDEPENDENCE: Final = ("calibrated", "independence_mean", "independence_p_value")

NULL_COLUMNS: Final = (*CASE, "measure", "number", *with_ends(["difference"]), *_TESTED, "permutations")
"""Columns of permutation_tests.csv."""


def number_and_ends(name: str, value: float, low: float, high: float) -> list[tuple[str, float]]:
    """Return a number and the ends of its interval, each with its column."""
    return list(zip(with_ends([name]), (value, low, high), strict=True))


def similarity_rows(matrix: xr.Dataset, measures: Sequence[str], estimated: xr.Dataset | None) -> list[Row]:
    """Return the rows of a case in similarity.csv, one for each measure; NaN where a measure has no intervals."""
    rows: list[Row] = []
    for measure in measures:
        numbers = blockness_row(matrix[measure])
        if estimated is not None:
            known = estimated.sel(measure=measure) if measure in estimated["measure"] else None
            numbers = {column: value for name in numbers for column, value in _number(name, numbers[name], known)}
        rows.append({**case_row(matrix), "measure": measure, **numbers, "n_maps": matrix.sizes["map"]})
    return rows


def _number(name: str, value: str | int | float, known: xr.Dataset | None) -> list[tuple[str, float]]:
    """Return a number of a matrix with the ends of its interval."""
    ends = [math.nan if known is None else float(known[f"{name}_{end}"]) for end in ENDS]
    return number_and_ends(name, float(value), *ends)


def null_rows(test: xr.Dataset, estimated: xr.Dataset | None) -> list[Row]:
    """Return the rows of a case in permutation_tests.csv, one for each number."""
    rows: list[Row] = []
    for number in map(str, test["number"].to_numpy()):
        found = test.sel(number=number)
        change = estimated.sel(measure="cka_debiased") if estimated is not None else None
        ends = [math.nan if change is None else float(change[f"{number}_change_{end}"]) for end in ENDS]
        rows.append(
            {
                **case_row(test),
                "measure": "cka_debiased",
                "number": number,
                **dict(number_and_ends("difference", float(found["difference"]), *ends)),
                **{name: float(found[name]) for name in _TESTED},
                "permutations": int(test.attrs["permutations"]),
            }
        )
    return rows


def independence_rows(test: xr.Dataset) -> list[Row]:
    """Return the rows of a case in independence.csv, one for each estimator, over its pairs of distinct layers."""
    rows: list[Row] = []
    for measure in map(str, test["measure"].to_numpy()):
        pairs = {name: off_diagonal(test[name].sel(measure=measure).to_numpy()) for name in _INDEPENDENCE}
        rows.append(
            {
                **case_row(test),
                "measure": measure,
                "calibrated_mean": float(pairs["calibrated"].mean()),
                "null_mean": float(pairs["independence_mean"].mean()),
                "p_value_largest": float(pairs["independence_p_value"].max()),
                "n_pairs": len(pairs["calibrated"]),
                "permutations": int(test.attrs["permutations"]),
            }
        )
    return rows


def matrix_ends(
    matrices: Sequence[xr.Dataset], measures: Sequence[str], estimated: Mapping[CaseNames, xr.Dataset]
) -> dict[str, Any]:
    """Return the ends of the intervals of matrices and eigenvalues on common axes; NaN where there are none."""
    if not estimated:
        return {}
    n_layers = max(matrix.sizes["layer"] for matrix in matrices)
    ends: dict[str, Any] = {}
    for name, axes in (("similarity", ("layer", "layer_other")), ("eigenvalue", ("rank",))):
        for end, words in zip(ENDS, ("lower", "upper"), strict=True):
            values = np.full((len(matrices), len(measures), *(n_layers for _ in axes)), np.nan)
            for case, matrix in enumerate(matrices):
                known = estimated.get(case_names(matrix))
                for place, measure in enumerate(measures):
                    if known is not None and measure in known["measure"]:
                        part = known[f"{name}_{end}"].sel(measure=measure).to_numpy()
                        values[case, place][tuple(map(slice, part.shape))] = part
            about = {"units": "1", "long_name": f"{words} end of the interval: {MATRIX[name]}"}
            ends[f"{name}_{end}"] = (("case", "measure", *axes), values, about)
    return ends


def tests(matrices: Sequence[xr.Dataset], tested: Mapping[CaseNames, xr.Dataset]) -> dict[str, Any]:
    """Return the tests of swapped domains on common axes; NaN where a case has none."""
    found = [tested.get(case_names(matrix)) for matrix in matrices]
    known = [test for test in found if test is not None and "difference" in test]
    if not known:
        return {}
    variables = ("difference", *_TESTED, "studentised_null")
    empty = xr.full_like(known[0][list(variables)], np.nan)
    rows = [test[list(variables)] if test is not None and "difference" in test else empty for test in found]
    stacked = xr.concat(rows, dim="case", combine_attrs="drop")
    return {name: (stacked[name].dims, stacked[name].to_numpy(), dict(known[0][name].attrs)) for name in variables} | {
        "number": ("number", known[0]["number"].to_numpy(), {"units": "1", "long_name": "number tested"})
    }

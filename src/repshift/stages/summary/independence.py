"""How CKA of a case differs from that of independent layers: numbers over all pairs of layers, and their table."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.tables import CASE_WORDS, OF_CASE, Table
from repshift.statistics.blocks import off_diagonal
from repshift.vocabulary import about

_PREFIX: Final = "independence_"

_NUMBERS: Final[dict[str, tuple[str, str, Callable[..., Any]]]] = {
    "calibrated_mean": ("calibrated", "mean over pairs of layers of CKA corrected for chance", np.mean),
    "null_mean": ("independence_mean", "mean over pairs of layers of CKA of permuted simulations", np.mean),
    "p_value_largest": ("independence_p_value", "largest p-value of a pair of layers", np.max),
    "n_pairs": ("calibrated", "pairs of layers", len),
}
"""Variable of the stage permutation_tests, long name and what is made from its pairs, by column."""

INDEPENDENCE: Final = Table(
    rows=("case", f"{_PREFIX}measure"),
    labels={**OF_CASE, "measure": f"{_PREFIX}measure"},
    columns={**{name: f"{_PREFIX}{name}" for name in _NUMBERS}, "permutations": "permutations"},
    described={
        **CASE_WORDS,
        "measure": about("estimator of CKA"),
        **{name: about(text) for name, (_, text, _) in _NUMBERS.items()},
        "permutations": about("permutations of a test"),
    },
)
"""A row for each case and estimator, over its pairs of distinct layers."""


def independence_numbers(test: xr.Dataset) -> xr.Dataset:
    """Return the numbers of a case over its pairs of distinct layers, by estimator."""
    variables: dict[str, Any] = {
        f"{_PREFIX}{column}": (
            f"{_PREFIX}measure",
            np.array([number(pairs) for pairs in off_diagonal(test[name].to_numpy())]),
            about(long_name),
        )
        for column, (name, long_name, number) in _NUMBERS.items()
    }
    return xr.Dataset(variables, {f"{_PREFIX}measure": test["measure"].to_numpy()}, test.attrs)

"""What the block of a case is of fewer simulations: numbers, and their table."""

from typing import Any, Final

import xarray as xr

from repshift.case.tables import CASE_WORDS, OF_CASE, Table, Words
from repshift.statistics.draws import SCATTER_WORDS
from repshift.vocabulary import about

_PREFIX: Final = "sample_size_"
_LABELS: Final = {"estimator": f"{_PREFIX}estimator", "n_simulations": f"{_PREFIX}n_simulations"}
_NUMBERS: Final = ("off_diagonal_mean", "leading_share")
_OF_SAMPLES: Final[dict[str, Words]] = {
    f"{number}_{name}": about(f"{words} over subsets of {number.replace('_', ' ')} of the matrix of CKA")
    for number in _NUMBERS
    for name, words in SCATTER_WORDS.items()
}

SAMPLE_SIZE: Final = Table(
    rows=("case", *_LABELS.values()),
    labels={**OF_CASE, **_LABELS},
    columns={name: f"{_PREFIX}{name}" for name in _OF_SAMPLES},
    described={
        **CASE_WORDS,
        "estimator": about("estimator of CKA"),
        "n_simulations": about("simulations of a subset"),
        **_OF_SAMPLES,
    },
)
"""A row for each case, estimator and number of simulations."""


def sample_numbers(case: xr.Dataset) -> xr.Dataset:
    """Return what the mean of distinct layers and the leading share scatter by."""
    variables: dict[str, Any] = {}
    for number in _NUMBERS:
        for name in SCATTER_WORDS:
            one = case[name].sel(number=number).transpose("estimator", "size")
            words = dict(_OF_SAMPLES[f"{number}_{name}"])
            variables[f"{_PREFIX}{number}_{name}"] = (tuple(_LABELS.values()), one.to_numpy(), words)
    coords = dict(zip(_LABELS.values(), (case["estimator"].to_numpy(), case["size"].to_numpy()), strict=True))
    return xr.Dataset(variables, coords, case.attrs)

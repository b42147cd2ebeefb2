"""What the block of a case is of fewer simulations: numbers, and their table."""

from typing import Any, Final

import xarray as xr

from repshift.case.tables import OF_CASE, Table
from repshift.vocabulary import about

_PREFIX: Final = "sample_size_"
_LABELS: Final = {"estimator": f"{_PREFIX}estimator", "n_simulations": f"{_PREFIX}n_simulations"}
_NUMBERS: Final = ("off_diagonal_mean", "leading_share")
_OF_SAMPLES: Final = ("mean", "std", "low", "high")

SAMPLE_SIZE: Final = Table(rows=("case", *_LABELS.values()), labels={**OF_CASE, **_LABELS}, columns={}, prefix=_PREFIX)
"""A row for each case, estimator and number of simulations."""


def sample_numbers(case: xr.Dataset) -> xr.Dataset:
    """Return what the mean of distinct layers and the leading share scatter by."""
    variables: dict[str, Any] = {}
    for number in _NUMBERS:
        for name in _OF_SAMPLES:
            one = case[name].sel(number=number).transpose("estimator", "size")
            text = one.attrs["long_name"].replace("a number", number.replace("_", " "))
            variables[f"{_PREFIX}{number}_{name}"] = (tuple(_LABELS.values()), one.to_numpy(), about(text))
    coords = dict(zip(_LABELS.values(), (case["estimator"].to_numpy(), case["size"].to_numpy()), strict=True))
    return xr.Dataset(variables, coords, case.attrs)

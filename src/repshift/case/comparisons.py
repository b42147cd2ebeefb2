"""Networks compared with each other: their files stacked along ``comparison``, and the table of their means."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.tables import Table, Words
from repshift.statistics.blocks import COMPARISON_MEANS
from repshift.vocabulary import about

_NAMES: Final[dict[str, Words]] = {
    "model": about("network of the rows"),
    "domain": about("domain that it is shown"),
    "model_other": about("network of the columns"),
    "domain_other": about("domain that it is shown"),
    "pairing": about("what pairs the maps: map or simulation"),
}

COMPARISONS: Final = Table(
    rows=("comparison", "comparison_measure"),
    labels={**{name: f"comparison_{name}" for name in _NAMES}, "measure": "comparison_measure"},
    columns={name: f"comparison_{name}" for name in (*COMPARISON_MEANS, "n_maps")},
    described={
        **_NAMES,
        "measure": about("measure of similarity"),
        **{name: about(text, "as the measure") for name, text in COMPARISON_MEANS.items()},
        "n_maps": about("maps compared"),
    },
)
"""A row for each two networks and each measure."""


def stack_comparisons(comparisons: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack what files of the stage cka say of networks compared with each other, in their order."""
    return stacked([[_means(one)] for one in comparisons], "comparison")


def _means(comparison: xr.Dataset) -> xr.Dataset:
    """Return the names of two networks and the means of their matrices."""
    variables: dict[str, Any] = {
        name: ((), np.array(str(comparison.attrs[name])), dict(words)) for name, words in _NAMES.items()
    }
    variables |= {name: ("measure", comparison[name].to_numpy(), comparison[name].attrs) for name in COMPARISON_MEANS}
    variables["n_maps"] = ((), np.int64(comparison.sizes["map"]), about("maps compared"))
    dataset = xr.Dataset(variables).rename({name: f"comparison_{name}" for name in (*variables, "measure")})
    return dataset.assign_coords(comparison_measure=comparison["measure"].to_numpy())

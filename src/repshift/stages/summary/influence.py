"""Which maps of a case have most influence, and what its block is without them: numbers, and their tables."""

from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.tables import OF_CASE, Table
from repshift.vocabulary import about

_MAP: Final = "influential_map"
_PREFIX: Final = "influence_"
_FIRST: Final = ("rank", "map", "simulation", "position")

_RANDOM: Final = "mean of distinct layers without as many maps drawn at random"
_BLOCKS: Final = {
    "off_diagonal_mean": ("block", "all", "mean of distinct layers, all maps"),
    "without_named": ("block", "without_named", "mean of distinct layers without the maps of outlying share"),
    "without_most": ("block", "without_most", "mean of distinct layers without the maps of largest share"),
    "without_random": ("random_mean", "", f"{_RANDOM}, mean of the draws"),
    "without_random_low": ("random_low", "", f"{_RANDOM}, 2.5 % quantile of the draws"),
    "without_random_high": ("random_high", "", f"{_RANDOM}, 97.5 % quantile of the draws"),
    "without_first_component": (
        *("block", "without_first_component"),
        "mean of distinct layers without the first principal component",
    ),
}
"""Variable of the stage influence, the choice of maps or none, and long name, by column."""

INFLUENTIAL_MAPS: Final = Table(
    rows=("case", _MAP),
    labels={**OF_CASE, **{name: f"{_MAP}_{name}" for name in _FIRST}},
    columns={},
    prefix=f"{_MAP}_",
    exists="rank",
)
"""A row for each map that a case names: what the stage influence says of it."""

INFLUENCE: Final = Table(
    rows=("case", f"{_PREFIX}estimator"),
    labels={**OF_CASE, "estimator": f"{_PREFIX}estimator"},
    columns={},
    prefix=_PREFIX,
)
"""A row for each case and estimator: the block of all maps, and of what choices leave."""


def influence_numbers(case: xr.Dataset) -> xr.Dataset:
    """Return what is said of the maps that a case names, and of its block without them."""
    return xr.Dataset({**_maps(case), **_blocks(case)}, {f"{_PREFIX}estimator": case["estimator"].values}, case.attrs)


def _maps(case: xr.Dataset) -> dict[str, Any]:
    """Return what is said of the ``influence_most`` maps of largest share, and of all whose share is outlying."""
    listed = max(int(case.attrs["influence_most"]), int(case["dominant"].sum()))
    ranked = case.isel(map=np.argsort(case["rank"].to_numpy(), kind="stable")[:listed])
    words = {"map": "the map", "simulation": "simulation of the map", "position": "position of the map in its file"}
    named = {name: ranked[name].to_numpy() for name in words}
    found = {name: (_MAP, values, about(words[name])) for name, values in named.items()}
    of_map = [str(name) for name, variable in ranked.data_vars.items() if variable.dims == ("map",)]
    found |= {name: (_MAP, ranked[name].to_numpy(), ranked[name].attrs) for name in of_map}
    return {f"{_MAP}_{name}": variable for name, variable in found.items()}


def _blocks(case: xr.Dataset) -> dict[str, Any]:
    """Return the mean of distinct layers by estimator, of all maps and of what the choices leave, and counts."""
    means, most = case.sel(number="off_diagonal_mean"), int(case.attrs["influence_most"])
    counts = {
        "n_maps": (case.sizes["map"], "maps of the case"),
        "n_dominant": (int(case["dominant"].sum()), "maps of outlying share"),
        "most": (most, "maps of largest share that are left out"),
    }
    columns = {name: (np.full(case.sizes["estimator"], count), text) for name, (count, text) in counts.items()}
    for name, (variable, choice, text) in _BLOCKS.items():
        values = means[variable].sel(choice=choice) if choice else means[variable].sel(removed=most)
        columns[name] = (values.to_numpy(), text)
    return {
        f"{_PREFIX}{name}": (f"{_PREFIX}estimator", values, about(text)) for name, (values, text) in columns.items()
    }

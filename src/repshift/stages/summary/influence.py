"""Which maps of a case have most influence, and what its block is without them: numbers, and their tables."""

from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.tables import CASE_WORDS, OF_CASE, Table, Words
from repshift.evidence.map_weights import PIXELS, WEIGHTS
from repshift.vocabulary import about

_MAP: Final = "influential_map"
_PREFIX: Final = "influence_"
_NAMES: Final[dict[str, Words]] = {
    "map": about("the map"),
    "simulation": about("simulation of the map"),
    "position": about("position of the map in its file"),
}
_FIRST: Final = ("rank", *_NAMES)
_OF_MAP: Final = {**WEIGHTS, **PIXELS}
_COUNTS: Final[dict[str, Words]] = {
    "n_maps": about("maps of the case"),
    "n_dominant": about("maps of outlying share"),
    "most": about("maps of largest share that are left out"),
}

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
    columns={name: f"{_MAP}_{name}" for name in _OF_MAP if name not in _FIRST},
    described={**CASE_WORDS, **_NAMES, **_OF_MAP},
    exists="rank",
)
"""A row for each map that a case names: what the stage influence says of it."""

INFLUENCE: Final = Table(
    rows=("case", f"{_PREFIX}estimator"),
    labels={**OF_CASE, "estimator": f"{_PREFIX}estimator"},
    columns={name: f"{_PREFIX}{name}" for name in (*_COUNTS, *_BLOCKS)},
    described={
        **CASE_WORDS,
        "estimator": about("estimator of CKA"),
        **_COUNTS,
        **{name: about(text) for name, (_, _, text) in _BLOCKS.items()},
    },
)
"""A row for each case and estimator: the block of all maps, and of what choices leave."""


def influence_numbers(case: xr.Dataset) -> xr.Dataset:
    """Return what is said of the maps that a case names, and of its block without them."""
    return xr.Dataset({**_maps(case), **_blocks(case)}, {f"{_PREFIX}estimator": case["estimator"].values}, case.attrs)


def _maps(case: xr.Dataset) -> dict[str, Any]:
    """Return what is said of the ``influence_most`` maps of largest share, and of all whose share is outlying."""
    listed = max(int(case.attrs["influence_most"]), int(case["dominant"].sum()))
    ranked = case.isel(map=np.argsort(case["rank"].to_numpy(), kind="stable")[:listed])
    found = {name: (_MAP, ranked[name].to_numpy(), dict(words)) for name, words in _NAMES.items()}
    of_map = [str(name) for name, variable in ranked.data_vars.items() if variable.dims == ("map",)]
    found |= {name: (_MAP, ranked[name].to_numpy(), ranked[name].attrs) for name in of_map}
    return {f"{_MAP}_{name}": variable for name, variable in found.items()}


def _blocks(case: xr.Dataset) -> dict[str, Any]:
    """Return the mean of distinct layers by estimator, of all maps and of what the choices leave, and counts."""
    means, most = case.sel(number="off_diagonal_mean"), int(case.attrs["influence_most"])
    counts = (case.sizes["map"], int(case["dominant"].sum()), most)
    columns = {name: np.full(case.sizes["estimator"], count) for name, count in zip(_COUNTS, counts, strict=True)}
    for name, (variable, choice, _) in _BLOCKS.items():
        values = means[variable].sel(choice=choice) if choice else means[variable].sel(removed=most)
        columns[name] = values.to_numpy()
    return {
        f"{_PREFIX}{name}": (f"{_PREFIX}estimator", values, dict(INFLUENCE.described[name]))
        for name, values in columns.items()
    }

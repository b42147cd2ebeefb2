"""What outputs and their shifts come from: files of the stage attribution stacked, a row a number, and their tables.

A domain that is attributed alone is no case of the study, so these have dimensions of their own.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.tables import ENDS, Table
from repshift.vocabulary import about

_MAPS: Final = "attribution"
_SHIFT: Final = "attribution_of_shift"

_OF_FILE: Final = {
    "model": "network",
    "domain": "domain that the network is shown",
    "twin": "suite of the twins of its maps",
    "in_distribution": "whether the suite of the domain is that of training",
}
_OF_ROW: Final = {
    "output": "output of the network",
    "method": "method of attribution; input, random: of blocks ordered by |input - baseline|, or at random",
    "quantity": "what the number is",
    "place": "which environment, scale, layer or other method it is of; empty: of the whole map",
    "units": "unit of the number",
    "verdict": "of a gain over random order or over the input: what its interval says, else empty",
}
_NUMBERS: Final = {"value": "the number", "low": "lower end of its interval", "high": "upper end of its interval"}

_WORDS: Final = {"method_other": "with", "pixel_value": "pixel value"}
"""What a dimension is called in a place, where it is called otherwise than in the file."""

_OF_METHODS: Final = ("method", "verdict")
"""Labels of rows that a shift has none of."""


def _table(dimension: str, of_file: Sequence[str], of_row: Sequence[str]) -> Table:
    """Return a table of what is stacked along a dimension."""
    return Table(
        rows=(dimension, f"{dimension}_row"),
        labels={name: f"{dimension}_{name}_of" for name in (*of_file, *of_row)},
        columns={name: f"{dimension}_{name}" for name in _NUMBERS},
        described={
            **{name: about(text) for name, text in (_OF_FILE | _OF_ROW).items()},
            **{name: about(text, "see units") for name, text in _NUMBERS.items()},
        },
    )


TABLES: Final[dict[str, Table]] = {
    _MAPS: _table(_MAPS, ("model", "domain", "in_distribution"), tuple(_OF_ROW)),
    _SHIFT: _table(
        _SHIFT,
        ("model", "domain", "twin", "in_distribution"),
        tuple(name for name in _OF_ROW if name not in _OF_METHODS),
    ),
}
"""Tables of what `stack_attribution` and `stack_attribution_of_shift` return: a row for each number."""


def stack_attribution(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of the action maps, in their order: a row for each number that has an interval, no map by map."""
    return _stacked(files, _MAPS)


def stack_attribution_of_shift(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of the action shift, in their order, as `stack_attribution`."""
    return _stacked(files, _SHIFT)


def _stacked(files: Sequence[xr.Dataset], dimension: str) -> xr.Dataset:
    return stacked([[_long(one, dimension)] for one in files], dimension)


def _long(one: xr.Dataset, dimension: str) -> xr.Dataset:
    """Return the numbers of a file along one axis, each with its ends and what it is of."""
    labels = TABLES[dimension].labels
    rows = [row for name in _with_intervals(one) for row in _rows(one, name)]
    named: dict[str, Any] = {
        f"{dimension}_{name}_of": ((), np.array(str(one.attrs[name]), dtype=object), about(words))
        for name, words in _OF_FILE.items()
        if name in labels
    }
    for name, words in _OF_ROW.items():
        if name in labels:
            held = np.array([row[name] for row in rows], dtype=object)
            named[f"{dimension}_{name}_of"] = (f"{dimension}_row", held, about(words))
    for name, words in _NUMBERS.items():
        values = np.array([row[name] for row in rows], dtype=np.float64)
        named[f"{dimension}_{name}"] = (f"{dimension}_row", values, about(words, "see units"))
    return xr.Dataset(named)


def _with_intervals(one: xr.Dataset) -> list[str]:
    """Return the numbers of a file: the variables that have ends."""
    names = [str(name) for name in one.data_vars]
    return [name for name in names if all(f"{name}_{end}" in names for end in ENDS)]


def _rows(one: xr.Dataset, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a number that are no NaN."""
    values, units = one[name], str(one[name].attrs["units"])
    dims = [str(axis) for axis in values.dims]
    held = {"value": values, **{end: one[f"{name}_{end}"].transpose(*dims) for end in ENDS}}
    verdict = one.get(name.replace("_gain", "_verdict")) if "_gain" in name else None
    words = np.full(values.shape, "", dtype=object) if verdict is None else verdict.transpose(*dims).to_numpy()
    labels = [[_label(label) for label in one[axis].to_numpy().tolist()] for axis in dims]
    numbers = {column: array.to_numpy() for column, array in held.items()}
    for index, found in zip(np.ndindex(values.shape), product(*labels), strict=True):
        if not np.isnan(numbers["value"][index]):
            of_row = {"quantity": name, "units": units, "verdict": str(words[index])}
            yield of_row | _place(dims, found) | {column: array[index] for column, array in numbers.items()}


def _label(value: object) -> str:
    """Return a name as it is, and a number, as a wavenumber, with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _place(dims: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """Return which output, which method, and which place of the others a number is of."""
    along = dict(zip(dims, labels, strict=True))
    method = along.pop("method", along.pop("order", ""))
    output = along.pop("output", "")
    place = ", ".join(f"{_WORDS.get(axis, axis)} {label}" for axis, label in along.items())
    return {"output": output, "method": method, "place": place}

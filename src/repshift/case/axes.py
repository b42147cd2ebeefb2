"""Datasets of several cases, or of several networks, on common axes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

_NONE: Final[dict[str, Any]] = {"f": np.nan, "i": 0, "u": 0}
"""What fills up where there is nothing, by the kind of number: text is empty."""


def stacked(
    entries: Sequence[Sequence[xr.Dataset]], dimension: str, *, templates: Sequence[xr.Dataset] = ()
) -> xr.Dataset:
    """Stack datasets along a new dimension; labels of the other axes are those of all, in order of appearance.

    Parameters
    ----------
    entries
        The datasets of each entry of `dimension`, which have no variable in common. A dimension without labels is
        counted from its beginning. Labels that are numbers are sorted.
    dimension
        Name of the first dimension of every variable.
    templates
        Variables, without values, that there are even if no entry has them, and the labels that come first.

    Returns
    -------
    NaN, 0 or no text where an entry has no such variable or label. Variables say their unit and long name; units that
    differ stand side by side.
    """
    known = [*templates, *(dataset for entry in entries for dataset in entry)]
    axes = {str(name): _axis(known, str(name)) for dataset in known for name in dataset.dims}
    variables = {}
    for name in dict.fromkeys(str(name) for dataset in known for name in dataset.data_vars):
        held = {index: one[name] for index, entry in enumerate(entries) for one in entry if name in one}
        pattern = next(dataset[name] for dataset in known if name in dataset)
        variables[name] = _stack(held, pattern, (dimension, len(entries)), axes)
    coords = {name: labels for name, labels in axes.items() if not isinstance(labels, int)}
    return xr.Dataset(variables, coords=coords)


def _axis(datasets: Sequence[xr.Dataset], name: str) -> npt.NDArray[Any] | int:
    """Return the labels of an axis, or how long it is where it has none."""
    if not any(name in dataset.coords for dataset in datasets):
        return max(dataset.sizes.get(name, 0) for dataset in datasets)
    labels = [label for dataset in datasets if name in dataset.dims for label in dataset[name].to_numpy().tolist()]
    unique = list(dict.fromkeys(labels))
    are_text = not unique or isinstance(unique[0], str)
    return np.array(unique, dtype=object) if are_text else np.sort(np.array(unique))


def _stack(
    held: Mapping[int, xr.DataArray],
    pattern: xr.DataArray,
    dimension: tuple[str, int],
    axes: Mapping[str, npt.NDArray[Any] | int],
) -> xr.Variable:
    """Return a variable of the entries that have it, in the form of `pattern`."""
    dimensions = [str(axis) for axis in pattern.dims]
    lengths = [labels if isinstance(labels, int) else len(labels) for labels in map(axes.__getitem__, dimensions)]
    kind = pattern.dtype.kind
    shape = (dimension[1], *lengths)
    values = np.full(shape, _NONE.get(kind, ""), dtype=pattern.dtype if kind in _NONE else object)
    for index, one in held.items():
        places: Any = np.ix_(*(_places(one, axis, axes[axis]) for axis in dimensions))
        # A slice, not a number: so text without an axis is stored as text, not as an array.
        values[slice(index, index + 1), *places] = one.transpose(*dimensions).to_numpy()
    units = " or ".join(dict.fromkeys(str(one.attrs["units"]) for one in held.values()))
    return xr.Variable((dimension[0], *dimensions), values, {**pattern.attrs, "units": units or pattern.attrs["units"]})


def _places(one: xr.DataArray, axis: str, labels: npt.NDArray[Any] | int) -> npt.NDArray[np.int64]:
    """Return where the entries of a dataset stand on the common axis."""
    if isinstance(labels, int):
        return np.arange(one.sizes[axis])
    order = {label: place for place, label in enumerate(labels.tolist())}
    return np.array([order[label] for label in one[axis].to_numpy().tolist()], dtype=np.int64)

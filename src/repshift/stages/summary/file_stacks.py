"""Files of a stage stacked along a dimension of their own, which need be no cases of the study; and tables of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.axes import stacked
from repshift.case.tables import Table, Words
from repshift.vocabulary import about

OF_FILE: Final = {
    "model": "network",
    "domain": "domain that the network is shown",
    "in_distribution": "whether the suite of the domain is that of training",
}
"""Attributes that say what a file is of."""


@dataclass(frozen=True)
class Label:
    """A column that says what a row is of.

    Attributes
    ----------
    column
        Its name in tables.
    variable
        Variable or coordinate of a file that holds it.
    dims
        Dimensions of that variable: a file may lack it, and then has no row along them.
    words
        What it is.
    """

    column: str
    variable: str
    dims: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class FileStack:
    """How the files of a stage are stacked.

    Attributes
    ----------
    name
        Dimension along which they are, and the beginning of the names of all variables and other dimensions.
    labels
        What rows are of, beside what a file is of.
    numbers
        Variables that hold numbers; files may lack them.
    described
        What each number is; the ends of an interval follow from it.
    of_file
        Attributes that say what a file is of, with what they are.
    """

    name: str
    labels: tuple[Label, ...]
    numbers: tuple[str, ...]
    described: Mapping[str, Words]
    of_file: Mapping[str, str] = field(default_factory=lambda: dict(OF_FILE))

    def stack(self, files: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return the numbers of files, in their order, and what they are of."""
        return stacked([[self._named(one)] for one in files], self.name)

    def table(self, rows: Sequence[str], columns: Sequence[str], numbers: Sequence[str], *, exists: str = "") -> Table:
        """Return a table of what is stacked: a row for each combination along some dimensions of the files.

        Parameters
        ----------
        rows
            Dimensions of the files, the slowest first.
        columns
            Labels of rows, by their columns, after what a file is of.
        numbers
            Variables that are its columns of numbers, named as they are.
        exists
            Label that is empty where there is no such row; without one, a row is there where a number is not NaN.
        """
        labels = [*(name for name in self.of_file if name != "in_distribution"), *columns, "in_distribution"]
        return Table(
            rows=(self.name, *(f"{self.name}_{one}" for one in rows)),
            labels={column: f"{self.name}_{column}_of" for column in labels if column != exists},
            columns={
                **({exists: f"{self.name}_{exists}_of"} if exists else {}),
                **{name: f"{self.name}_{name}" for name in numbers},
            },
            described={
                **{name: about(words) for name, words in self.of_file.items()},
                **{label.column: about(label.words) for label in self.labels},
                **self.described,
            },
            exists=exists,
        )

    def _named(self, one: xr.Dataset) -> xr.Dataset:
        """Return the numbers and the labels of a file, variables and dimensions with names of their own."""
        named: dict[str, Any] = {
            f"{self.name}_{name}_of": ((), np.array(str(one.attrs[name]), dtype=object), about(words))
            for name, words in self.of_file.items()
        }
        named |= {f"{self.name}_{label.column}_of": _label(one, label) for label in self.labels}
        named |= {f"{self.name}_{name}": one[name].variable for name in self.numbers if name in one.data_vars}
        dataset = xr.Dataset(named)
        return dataset.rename({str(name): f"{self.name}_{name}" for name in dataset.dims})


def _label(one: xr.Dataset, label: Label) -> tuple[tuple[str, ...], Any, dict[str, str]]:
    """Return a label of a file: text as objects, numbers as they are; of a file without it, of no length."""
    if label.variable not in one.variables:
        return label.dims, np.full(tuple(one.sizes.get(name, 0) for name in label.dims), "", dtype=object), _of(label)
    held = one[label.variable].transpose(*label.dims)
    values = held.to_numpy()
    plain = values if values.dtype.kind in "fiu" else np.array(_texts(values), dtype=object).reshape(values.shape)
    return label.dims, plain, _of(label) | {"units": str(held.attrs.get("units", "1"))}


def _texts(values: Any) -> list[str]:  # noqa: ANN401 - of any shape
    """Return words without the markup of a figure."""
    return [str(value).replace(r"$\sigma$", "sigma") for value in values.ravel().tolist()]


def _of(label: Label) -> dict[str, str]:
    return about(label.words)

"""Entries of a ladder of repairs as figures draw them: runs that differ in split and seed alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy.typing as npt
import xarray as xr

BOUND_COLOUR: Final = "0.35"
_ENDS: Final = ("", "_low", "_high")


@dataclass(frozen=True)
class RepairFile:
    """A file of repairs, its variables as arrays: an entry reads thousands of numbers."""

    case: xr.Dataset

    @cached_property
    def values(self) -> dict[str, tuple[tuple[str, ...], npt.NDArray[Any]]]:
        """Dimensions and values by name."""
        held = self.case.variables.items()
        return {str(name): (tuple(map(str, one.dims)), one.to_numpy()) for name, one in held}

    @cached_property
    def places(self) -> dict[str, dict[str, int]]:
        """By dimension, where each name stands."""
        named = [dim for dim in map(str, self.case.dims) if dim in self.values]
        return {dim: {str(name): place for place, name in enumerate(self.values[dim][1])} for dim in named}


@dataclass(frozen=True)
class Entry:
    """Runs that differ in split and seed alone.

    Attributes
    ----------
    file, place
        What holds it, and where.
    colour, marker
        Of its rung and setting, where rungs are distinguished.
    """

    file: RepairFile
    place: int
    colour: str = BOUND_COLOUR
    marker: str = "D"

    @property
    def case(self) -> xr.Dataset:
        """The Dataset that holds it."""
        return self.file.case

    def word(self, name: str) -> str:
        """Return a coordinate of the entry, such as its rung."""
        return str(self.file.values[f"entry_{name}"][1][self.place])

    @property
    def rung(self) -> str:
        """The name of its rung."""
        return self.word("rung")

    @property
    def simulations(self) -> int:
        """Simulations that tuned it."""
        return int(self.file.values["entry_n_simulations"][1][self.place])

    @property
    def is_labelled(self) -> bool:
        """Whether these had labels."""
        return bool(self.file.values["entry_labelled"][1][self.place])

    @property
    def series(self) -> tuple[str, str]:
        """What entries of other numbers of simulations and other priors share: rung and setting."""
        return self.rung, self.word("setting")

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What no other entry has."""
        return (*self.series, self.simulations, self.word("prior"))

    @property
    def group(self) -> tuple[str, bool]:
        """Its kind, and whether it was trained: files of trained rungs say in how many steps."""
        return self.word("kind"), "steps" in self.case.attrs

    @property
    def label(self) -> str:
        """Its name with its setting, and a dagger where it needs the prior of the model's suite."""
        setting = f", {self.word('setting')}" if self.word("setting") else ""
        return f"{self.word('label')}{setting}"

    @property
    def needs_same_prior(self) -> bool:
        """Whether it was found to need the prior of the model's suite."""
        held = self.file.values.get("needs_same_prior")
        return held is not None and str(held[1][self.place]) == "yes"

    def number(self, name: str, **where: str) -> tuple[float, float, float]:
        """Return a number of the entry with its ends, NaN where the file has none."""
        value, low, high = (self._end(f"{name}{end}", where) for end in _ENDS)
        return value, low, high

    def _end(self, name: str, where: Mapping[str, str]) -> float:
        """Return one number of the entry; NaN where the file has none."""
        if name not in self.file.values:
            return math.nan
        dims, values = self.file.values[name]
        index = (self.place if dim == "entry" else self.file.places[dim][where[dim]] for dim in dims)
        return float(values[tuple(index)])

    def matrix(self, name: str) -> Any:  # noqa: ANN401 - (layer, layer_other)
        """Return a matrix of layers of the entry."""
        return self.file.values[name][1][self.place]

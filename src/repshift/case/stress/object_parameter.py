"""Maps of objects along one of their parameters: each object is made again, under the same random numbers."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.case.stress.source import Counts, Kind, Values
from repshift.simulation.columns import Column, Scale, Value
from repshift.simulation.objects import NONE, Maps, Objects, Parameters
from repshift.storage.simulations import Positions, Simulations
from repshift.vocabulary import InputError, in_short

logger = logging.getLogger(__name__)

_EQUAL: Final = 1e-6
"""Largest difference of maps of one object on two machines, over its largest pixel: of rounding alone."""


@dataclass(frozen=True)
class ObjectParameter:
    """Maps of objects along one of their parameters; a `repshift.case.stress.source.Source`.

    Strength s adds s to the parameter, in its unit, or multiplies it by 10^s. Objects that leave the range of the
    parameter at some strength take no part, nor do those that look the same whatever it is, such as the Einstein radius
    of a galaxy that is no lens: all strengths are of the same objects. An argument of the generator that is a number,
    such as a redshift, moves in the same way, for all objects alike; it has no range.

    Attributes
    ----------
    name, label, units, strengths
        As of a `Source`.
    parameter, scale
        What moves, a parameter of the objects or an argument of the generator, and how.
    set_name
        Of the objects.
    simulations
        Their maps, as the generator made them.
    objects
        What makes them.
    outputs
        What the network infers, by name.
    """

    name: str
    label: str
    units: str
    strengths: tuple[float, ...]
    parameter: str
    scale: Scale
    set_name: str
    simulations: Simulations
    objects: Objects
    outputs: tuple[str, ...]
    kind: Kind = "parameter"

    def __post_init__(self) -> None:
        if self._column.values:
            raise InputError(
                f"Parameter '{self.parameter}' of '{self.objects.name}' is {self._column.expected}. Expected one that "
                "is a number in a range."
            )
        least = self._column.low if self._is_parameter else self.objects.arguments[self.parameter]
        if self.scale == "log10" and least <= 0:
            raise InputError(
                f"Parameter '{self.parameter}' of '{self.objects.name}' begins at {least:g}, so no factor moves "
                "it. Expected values above 0, or the scale 'linear'."
            )

    @cached_property
    def moves_labels(self) -> bool:
        """Whether what the network infers changes with the parameter: where it is one of the outputs, or makes one.

        Raises
        ------
        InputError
            If it changes a class.
        """
        for index in range(self.simulations.n_simulations):
            inside = [strength for strength in self.strengths if self._moved(index, strength) is not None]
            rows = [self._row(index, strength) for strength in inside]
            moved = [name for name in self.outputs if any(row.get(name) != rows[0].get(name) for row in rows)]
            if moved and isinstance(rows[0][moved[0]], str):
                raise InputError(f"Axis '{self.name}' changes the class '{moved[0]}' of object {index} of the set.")
            if len(rows) > 1:
                return bool(moved)
        return False

    def takes(self, positions: Positions) -> npt.NDArray[np.bool_]:
        """Return which of the maps at `positions` take part, (n_maps,).

        Raises
        ------
        InputError
            If none does, or the maps are not those that the generator makes.
        """
        of_map = self._objects_at(positions)
        indices = np.unique(of_map).tolist()
        if not self._absent.keys() >= set(indices):
            self._require_own(indices[0])
            self._absent.update({index: self._reason(index) for index in indices})
            logger.info("%s", self._said(indices))
        taken = [index for index in indices if not self._absent[index]]
        if not taken:
            raise InputError(f"{self._said(indices)}. Expected strengths at which some objects stay in the range.")
        return np.isin(of_map, taken)

    def raw(self, positions: Positions, strength: float) -> tuple[Values, Counts]:
        """Return maps of changed objects, (n_maps, channels, y, x), and that no pixel was floored."""
        none = np.zeros(len(positions), dtype=np.int64)
        if strength == 0:
            return self.simulations.raw(positions).astype(np.float64), none
        each = self.simulations.maps_per_simulation
        shape = (each, len(self.simulations.channels), *self.simulations.size)
        indices, of_map = np.unique(self._objects_at(positions), return_inverse=True)
        maps = np.stack([self._maps(index, strength).reshape(shape) for index in indices.tolist()])
        return maps[of_map, positions % each].astype(np.float64), none

    def truth(self, positions: Positions, strength: float) -> Values | None:
        """Return the labels of changed objects, (n_maps, labels); None where none of them moves."""
        if not self.moves_labels:
            return None
        indices, of_map = np.unique(self._objects_at(positions), return_inverse=True)
        rows = [self._row(index, strength) for index in indices.tolist()]
        return np.array([[float(row[name]) for name in self.simulations.labels] for row in rows])[of_map]

    def physical(self, strength: float) -> tuple[float, str] | None:
        """Return None: a strength is in the unit of the parameter, or in dex."""
        return None

    @property
    def _column(self) -> Column:
        """What the parameter may be; an argument is any number."""
        found = {column.name: column for column in self.objects.columns}
        numbers = [name for name, value in self.objects.arguments.items() if type(value) in (int, float)]
        known = {name: Column(name, -inf, inf) for name in numbers}
        if self.parameter not in found | known:
            names = in_short([*found, *known])
            raise InputError(f"'{self.objects.name}' has no parameter '{self.parameter}'. Its parameters are {names}.")
        return (known | found)[self.parameter]

    @property
    def _is_parameter(self) -> bool:
        """Whether it is a parameter of the objects, no argument."""
        return any(column.name == self.parameter for column in self.objects.columns)

    def _objects_at(self, positions: Positions) -> npt.NDArray[np.int64]:
        """Return the object of each map."""
        return np.asarray(positions // self.simulations.maps_per_simulation)

    def _moved(self, index: int, strength: float) -> float | None:
        """Return the parameter of an object at a strength; None where that leaves the range."""
        own = self.objects.parameters(self.set_name, index).get(self.parameter)
        start = self.objects.arguments[self.parameter] if own is None else own
        return self._column.moved(start, strength, scale=self.scale)

    def _at(self, index: int, strength: float) -> tuple[Objects, Parameters]:
        """Return what makes an object at a strength, and what is changed of it."""
        moved = self._moved(index, strength)
        if strength == 0 or moved is None:
            return self.objects, NONE
        if self._is_parameter:
            return self.objects, {self.parameter: moved}
        return replace(self.objects, arguments={**self.objects.arguments, self.parameter: moved}), NONE

    def _row(self, index: int, strength: float) -> Mapping[str, Value]:
        """Return the row of a changed object."""
        objects, changed = self._at(index, strength)
        return objects.row(self.set_name, index, changed=changed)

    def _maps(self, index: int, strength: float) -> Maps:
        """Return the maps of a changed object."""
        objects, changed = self._at(index, strength)
        return objects.maps(self.set_name, index, changed=changed)

    @cached_property
    def _absent(self) -> dict[int, str]:
        """Of each object that was looked at, why it takes no part; nothing where it does."""
        return {}

    def _reason(self, index: int) -> str:
        """Return why an object takes no part; nothing where it does."""
        if any(self._moved(index, strength) is None for strength in self.strengths):
            return f"leave the range {self._column.expected} of '{self.parameter}' at some strength"
        moved = self._maps(index, max(self.strengths, key=abs))
        return "look the same at every strength" if self._is_own(moved, index) else ""

    def _said(self, indices: list[int]) -> str:
        """Return how many objects take part, and why others do not."""
        reasons = Counter(self._absent[index] for index in indices)
        n_taken = reasons.pop("", 0)
        others = [f"{number} {reason}" for reason, number in sorted(reasons.items())]
        said = f"{n_taken} of {len(indices)} objects take part in axis '{self.name}'"
        return said + (f"; {' and '.join(others)}" if others else "")

    def _require_own(self, index: int) -> None:
        """Refuse maps that are not those of the generator: changed objects would not be the same ones."""
        if not self._is_own(self._maps(index, 0), index):
            raise InputError(
                f"{self.simulations.names}: '{self.objects.name}' makes other maps of object {index} of set "
                f"'{self.set_name}' today. Make the set again, or give the axis the suite that made it."
            )

    def _is_own(self, made: Maps, index: int) -> bool:
        """Say whether maps are those of an object in the files."""
        each = self.simulations.maps_per_simulation
        held = self.simulations.raw(np.arange(index * each, (index + 1) * each)).ravel()
        made = made.ravel()
        return held.shape == made.shape and bool(np.abs(held - made).max() <= _EQUAL * np.abs(held).max())

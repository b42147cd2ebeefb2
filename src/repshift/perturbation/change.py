"""What a change of maps is: its key in a configuration, what it needs, the kind of shift it makes, its function."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values: TypeAlias = npt.NDArray[np.float64]
"""Pixels of maps (n_maps, y, x), or numbers."""

Pieces: TypeAlias = Callable[[], Iterator[Values]]
"""Reads all maps of a suite from the first, some at a time."""

Strength: TypeAlias = float | str
"""How much, in the unit of the change; or which way, where a change has ways."""

Need = Literal["std", "rng", "like"]
"""What a function takes by name beside the maps and the strength.

``std``: the standard deviation of all pixels. ``rng``: a generator of random numbers (a suite then may have a key
``seed``). ``like``: pieces of the suite that the maps are to be like (a suite then has a key ``like``).
"""


@dataclass(frozen=True)
class Shift:
    """A kind of shift: its value in the column ``shift`` of tables, its words and its marker in figures."""

    name: str
    label: str
    marker: str


@dataclass(frozen=True)
class Change:
    """A change of the maps of a suite, one and the same for all of them.

    Attributes
    ----------
    name
        Key of a derived suite in the configuration, whose value is the strength; flag of the command line.
    description
        What the strength is, for both.
    shift
        The kind of shift that it makes.
    function
        ``function(pieces, strength, **needed)`` yields the changed pieces, in the space of those given.
    units
        Of the strength.
    maximum
        Largest strength; the smallest is above 0.
    choices
        The ways of a change whose strength is no number.
    condition
        Value of the column ``condition``, made from ``name``, ``strength`` and ``like``: cases of one condition share
        it, whatever suite their maps are of.
    needs
        What the function takes by name.
    on_logarithm
        Whether it acts on log10 of the pixels, unless the suite says otherwise, or on the maps themselves, always.
    """

    name: str
    description: str
    shift: Shift
    function: Callable[..., Iterator[Values]]
    units: str = "1"
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    condition: str = "{name} {strength:g}"
    needs: frozenset[Need] = frozenset()
    on_logarithm: bool = True

    def strength(self, given: Strength) -> Strength:
        """Return a strength, read from text if need be.

        Raises
        ------
        InputError
            If it is none of the choices, or no number above 0 and up to the maximum.
        """
        if self.choices:
            if given not in self.choices:
                raise InputError(f"Unknown {self.name} '{given}'. There are {', '.join(self.choices)}.")
            return given
        try:
            found = float(given)
        except ValueError:
            found = math.nan
        if not (0 < found <= self.maximum and math.isfinite(found)):
            limit = "" if math.isinf(self.maximum) else f" and at most {self.maximum:g}"
            raise InputError(f"The strength of {self.name} is '{given}'; expected a number above 0{limit}.")
        return found

    def condition_of(self, settings: Mapping[str, Any]) -> str:
        """Return the shift in words, of the settings of a derived suite."""
        strength = self.strength(settings[self.name])
        return self.condition.format(name=self.name, strength=strength, like=settings.get("like"))

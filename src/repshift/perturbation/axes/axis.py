"""What an axis is: its name, the unit of its strengths, the strengths, its function and what that needs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal

from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values
from repshift.vocabulary import InputError

Need = Literal["rng", "sky", "bands"]
"""What a function takes by name beside the maps and the strength, or asks of the maps.

``rng``: a generator of random numbers, and one map at a time. A map has the same generator at all strengths, so that
noise is drawn once and scaled, and masks lie inside each other. ``sky``: the `Sky`. ``bands``: two channels or more.
"""

FIELD: Final = "field"
"""Units of a strength that is in dex where the logarithm is taken, else in the unit of the field."""

MEAN: Final = "mean"
"""Units of a strength that is in training means where the logarithm is taken, else in the unit of the field."""

PIXEL: Final = "pixel"
"""Units of a strength that has a length on the sky."""

NONE: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True)
class Argument:
    """An option of an axis.

    Attributes
    ----------
    default
        Used where nothing is said; its type, a number or a word, is the option's.
    description
        For the configuration.
    choices
        The words that it may be; any where there are none.
    minimum, maximum
        Smallest and largest number, both allowed.
    """

    default: float | str
    description: str
    choices: tuple[str, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf

    def value(self, given: object, *, name: str) -> float | str:
        """Return what was given, if it is one of the choices or in range.

        Raises
        ------
        InputError
            If it is not.
        """
        if isinstance(self.default, str):
            if isinstance(given, str) and (not self.choices or given in self.choices):
                return given
            raise InputError(f"{name} is {given!r}. Expected {' or '.join(self.choices) or 'a word'}.")
        if isinstance(given, int | float) and not isinstance(given, bool) and self.minimum <= given <= self.maximum:
            return float(given)
        raise InputError(f"{name} is {given!r}. Expected a number from {self.minimum:g} to {self.maximum:g}.")


@dataclass(frozen=True)
class Axis:
    """A way in which maps are perturbed, by some strength.

    Attributes
    ----------
    name
        In the configuration, in files and in tables.
    label
        In a figure.
    units
        Of the strength; `FIELD` and `MEAN` depend on the maps.
    description
        What the strength is and what it does, for the documentation.
    function
        ``function(maps, strength, **needed)`` returns perturbed maps. Maps (n_maps, n_channels, y, x) are float64, as
        in their file, and are not changed in place.
    strengths
        Those that are used where none are said, ascending, with 0. None: the configuration has to say them.
    needs
        What the function takes.
    arguments
        Its options by name.
    moves_labels
        Whether the labels should change along the axis, so that a network that does not move is wrong.
    minimum, maximum
        Smallest and largest strength, both allowed.
    is_whole
        Whether strengths are whole numbers.
    """

    name: str
    label: str
    units: str
    description: str
    function: Callable[..., Values]
    strengths: tuple[float, ...] | None
    needs: frozenset[Need] = frozenset()
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    moves_labels: bool = False
    minimum: float = 0.0
    maximum: float = math.inf
    is_whole: bool = False

    def units_in(self, sky: Sky) -> str:
        """Return the unit of the strengths for some maps."""
        words = {FIELD: "dex", MEAN: "training mean"}
        if self.units not in words:
            return self.units
        found = dict.fromkeys(words[self.units] if taken else "unit of the field" for taken in sky.logarithms)
        return " or ".join(found)

    def strengths_in(self, sky: Sky, given: tuple[float, ...] | None) -> tuple[float, ...]:
        """Return the strengths that are given for some maps, or those by default.

        Raises
        ------
        InputError
            If there are none, those given are wrong, or the maps have too few bands.
        """
        self.require_channels(len(sky.logarithms))
        strengths = self.defaults_in(sky) if given is None else given
        self.require_strengths(strengths)
        return strengths

    def defaults_in(self, sky: Sky) -> tuple[float, ...]:
        """Return the strengths that are used where none are said.

        Raises
        ------
        InputError
            If there are none for such maps.
        """
        if self.strengths is None:
            raise InputError(f"Axis '{self.name}' has no strengths by default. Give some, ascending and with 0.")
        if self.units in (FIELD, MEAN) and not all(sky.logarithms):
            raise InputError(
                f"Axis '{self.name}' has no strengths by default where no logarithm is taken: they are in the unit of "
                "the field. Give some, ascending and with 0."
            )
        return self.strengths

    def physical(self, strength: float, sky: Sky) -> tuple[float, str] | None:
        """Return a strength in pixels as a length on the sky and its unit; None of other axes, and where unknown."""
        return (strength * sky.pixel, sky.pixel_units) if self.units == PIXEL and sky.pixel is not None else None

    def chosen(self, arguments: Mapping[str, Any] = NONE) -> dict[str, float | str]:
        """Return the value of each option.

        Raises
        ------
        InputError
            If one is unknown, none of its choices or out of range.
        """
        for name in arguments:
            if name not in self.arguments:
                known = f"Its options are {', '.join(self.arguments)}" if self.arguments else "It has none"
                raise InputError(f"Axis '{self.name}' has no option '{name}'. {known}.")
        return {
            name: argument.value(arguments.get(name, argument.default), name=f"Option '{name}' of axis '{self.name}'")
            for name, argument in self.arguments.items()
        }

    def require_strengths(self, strengths: tuple[float, ...] | list[float]) -> None:
        """Refuse strengths that are not finite, in range, increasing and with 0.

        Raises
        ------
        InputError
            If they are not.
        """
        place = f"Strengths of axis '{self.name}'"
        for strength in strengths:
            if not (math.isfinite(strength) and self.minimum <= strength <= self.maximum):
                raise InputError(f"{place}: {strength:g} is out of range. Expected {self._range}.")
            if self.is_whole and strength != int(strength):
                raise InputError(f"{place}: {strength:g} is no whole number. Expected {self._range}.")
        found = ", ".join(f"{strength:g}" for strength in strengths) or "none"
        if not all(low < high for low, high in pairwise(strengths)):
            raise InputError(f"{place} are {found}. Expected them increasing, each once.")
        if 0 not in strengths or len(strengths) < 2:
            raise InputError(f"{place} are {found}. Expected 0, which leaves maps as they are, and one more at least.")

    @property
    def _range(self) -> str:
        """The strengths that are allowed, in words."""
        numbers = "whole numbers" if self.is_whole else "numbers"
        ends = [(self.minimum, f"from {self.minimum:g}"), (self.maximum, f"up to {self.maximum:g}")]
        return " ".join(["finite", numbers, *(word for end, word in ends if math.isfinite(end))])

    def require_channels(self, n_channels: int) -> None:
        """Refuse an axis that needs bands on maps of one band.

        Raises
        ------
        InputError
            If that is so.
        """
        if "bands" in self.needs and n_channels < 2:
            raise InputError(f"Axis '{self.name}' needs two bands or more; the maps have {n_channels}.")


def any_numbers(name: str) -> Axis:
    """Return what strengths are checked by that may be any numbers, as those of a twin or of a parameter."""
    return Axis(name, name, "1", "", lambda maps, _: maps, None, minimum=-math.inf)

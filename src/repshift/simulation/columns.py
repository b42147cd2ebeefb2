"""Parameters of objects: what each may be, and how it is drawn."""

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from repshift.vocabulary import in_short

Value = float | int | str
"""A parameter of an object: a number, or a word."""

Distribution = Literal["uniform", "log_uniform"]

DISTRIBUTIONS: Final = get_args(Distribution)

Scale = Literal["linear", "log10"]
"""How a parameter is moved: by an offset in its unit, or by a factor in dex."""


@dataclass(frozen=True)
class Column:
    """A parameter of objects.

    Attributes
    ----------
    name
        What the generator calls it.
    low, high
        Its range, in its own unit, of a number.
    distribution
        Uniform in the range, or in its logarithm.
    values
        What it is one of, each as probable as the others; none of a number in a range.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    distribution: Distribution = "uniform"
    values: tuple[Value, ...] = ()

    @property
    def expected(self) -> str:
        """What it may be, in words."""
        return f"one of {in_short(list(map(str, self.values)))}" if self.values else f"{self.low:g} to {self.high:g}"

    def drawn(self, unit: float) -> Value:
        """Return the value at a place in [0, 1) of the distribution.

        Examples
        --------
        >>> Column("radius", 1, 100, "log_uniform").drawn(0.5), Column("kind", values=("galaxy", "lens")).drawn(0.5)
        (10.0, 'lens')
        """
        if self.values:
            return self.values[int(unit * len(self.values))]
        if self.distribution == "uniform":
            found = self.low + (self.high - self.low) * unit
        else:
            found = 10 ** (math.log10(self.low) + math.log10(self.high / self.low) * unit)
        return float(min(max(found, self.low), self.high))

    def held(self, value: object) -> Value | None:
        """Return a value, or its text, as the generator takes it; None where it is out of the range.

        Examples
        --------
        >>> column = Column("radius", 1, 100)
        >>> column.held("2.5"), column.held(101), column.held("wide")
        (2.5, None, None)
        """
        if self.values:
            return next((one for one in self.values if alike(value, one)), None)
        number = _number(value)
        return number if number is not None and self.low <= number <= self.high else None

    def moved(self, value: Value, by: float, *, scale: Scale = "linear") -> float | None:
        """Return a number moved by an offset in its unit, or by a factor in dex; None where it leaves the range.

        Examples
        --------
        >>> column = Column("radius", 1, 100)
        >>> column.moved(5.0, 2), column.moved(5.0, 1, scale="log10"), column.moved(5.0, 2, scale="log10")
        (7.0, 50.0, None)
        """
        number = _number(value)
        if self.values or number is None:
            return None
        found = number + by if scale == "linear" else number * 10**by
        return float(found) if self.low <= found <= self.high else None


def alike(value: object, known: Value) -> bool:
    """Return whether a value, or its text, is one that is known, as a number or as a word."""
    number, other = _number(value), _number(known)
    return str(value) == str(known) if number is None or other is None else number == other


def _number(value: object) -> float | None:
    """Return a finite number; None of anything else."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None

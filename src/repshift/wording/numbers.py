"""Numbers with their intervals, as a sentence says them."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number and the ends of its 95 % interval, NaN where it has none."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval is known and 0 lies outside."""
        return self.has_interval and not self.low <= 0 <= self.high

    def __str__(self) -> str:
        """Return the number, two digits after the point, and its interval.

        Examples
        --------
        >>> str(Estimate(0.1677, 0.0719, 0.2555)), str(Estimate(-0.004))
        ('0.17 [0.07, 0.26]', '0.00')
        """
        ends = f" [{two_digits(self.low)}, {two_digits(self.high)}]" if self.has_interval else ""
        return two_digits(self.value) + ends


def two_digits(value: float) -> str:
    """Return a number with two digits after the point, and no sign before a zero."""
    return f"{round(value, 2) + 0.0:.2f}"


def precise(number: Estimate) -> str:
    """Return a number and its interval with three digits after the point.

    Examples
    --------
    >>> precise(Estimate(0.0734, 0.0641, 0.0812))
    '0.073 [0.064, 0.081]'
    """
    ends = f" [{_three_digits(number.low)}, {_three_digits(number.high)}]" if number.has_interval else ""
    return f"{_three_digits(number.value)}{ends}"


def _three_digits(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}"


def quoted(text: str) -> str:
    r"""Return a label as reStructuredText takes it, none of its characters for markup.

    Examples
    --------
    >>> print(quoted("Omega_m"), quoted("T_"), quoted("a*b"))
    Omega_m T\_ a\*b
    """
    return re.sub(r"([\\*`|]|_(?!\w))", r"\\\1", text)


def listed(parts: Iterable[str]) -> str:
    """Return parts with commas, the last with "and".

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *rest, last = parts
    return f"{', '.join(rest)} and {last}" if rest else last


def unbroken(text: str) -> str:
    """Return text whose numbers no line ends between from their intervals.

    Examples
    --------
    >>> unbroken("R² 0.95 [0.92, 0.96] to 1").count(chr(160))
    2
    """
    return re.sub(r"(\S) \[([^], ]+), ([^],]+)\]", "\\1\N{NO-BREAK SPACE}[\\2,\N{NO-BREAK SPACE}\\3]", text)

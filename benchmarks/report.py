"""Tables of what was measured."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks import labels

Label = str
Value = TypeVar("Value")


@dataclass
class Results:
    """What was measured, as it comes.

    Attributes
    ----------
    seconds
        (hidden, batch size) to label to CPU seconds of each round.
    megabytes
        (hidden, batch size) to label to extra memory, MB.
    errors
        (hidden, batch size, offset) to label to the largest error, or what was raised.
    many
        hidden to (label, number of networks) to CPU seconds of each round.
    """

    seconds: dict[tuple[int, int], dict[Label, list[float]]] = field(default_factory=dict)
    megabytes: dict[tuple[int, int], dict[Label, float]] = field(default_factory=dict)
    errors: dict[tuple[int, int, float], dict[Label, float | str]] = field(default_factory=dict)
    many: dict[int, dict[tuple[Label, int], list[float]]] = field(default_factory=dict)


def median_ratio(seconds: Sequence[float], other: Sequence[float]) -> float:
    """Return the median over rounds of one time over another of the same round."""
    return statistics.median(one / two for one, two in zip(seconds, other, strict=True))


def markdown_table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as a Markdown table; the first is its head.

    Examples
    --------
    >>> print(markdown_table([["route", "time"], ["bare", "1.00"]]), end="")
    | route | time |
    |---|---|
    | bare | 1.00 |
    """
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|" + "---|" * (head.count(" | ") + 1)
    return "\n".join([head, rule, *body]) + "\n"


def grid(head: str, columns: Mapping[str, Mapping[Label, Value]], write: Callable[[Value], str]) -> list[list[str]]:
    """Return a table of labels by columns, its head first; a label that a column lacks has a dash."""
    labels = list(dict.fromkeys(label for column in columns.values() for label in column))
    rows = [[head, *columns]]
    for label in labels:
        rows.append([label, *(write(column[label]) if label in column else "-" for column in columns.values())])
    return rows


def time_table(results: Results) -> list[list[str]]:
    """Return the time of each route over that of the bare forward pass: median, and range over the rounds."""
    columns = {}
    for (hidden, batch_size), seconds in results.seconds.items():
        columns[_case(hidden, batch_size)] = {
            label: [one / two for one, two in zip(of_label, seconds[labels.BARE], strict=True)]
            for label, of_label in seconds.items()
        }
    return grid("CPU time over the bare forward pass", columns, _spread)


def memory_table(results: Results) -> list[list[str]]:
    """Return the extra memory of each route over that of the bare forward pass, and in MB."""
    columns = {
        _case(*case): {label: (value / of_case[labels.BARE], value) for label, value in of_case.items()}
        for case, of_case in results.megabytes.items()
    }
    return grid("extra memory over the bare forward pass (MB)", columns, lambda pair: f"{pair[0]:.2f} ({pair[1]:.0f})")


def error_table(results: Results, *, offset: float) -> list[list[str]]:
    """Return the largest error of each route's matrix at one offset."""
    columns = {_case(*case): of_case for (*case, found), of_case in results.errors.items() if found == offset}
    return grid(f"largest error, offset {offset:.0f}", columns, write_error)


def many_table(results: Results) -> list[list[str]]:
    """Return the time of M networks over the bare forward pass of one."""
    columns: dict[str, dict[Label, float]] = {}
    for hidden, seconds in results.many.items():
        for (label, number), of_label in seconds.items():
            column = columns.setdefault(f"h {hidden}, M = {number}", {})
            column[label] = median_ratio(of_label, seconds[labels.BARE, 1])
    return grid("CPU time over one bare forward pass", columns, lambda ratio: f"{ratio:.1f}")


def write_error(error: float | str) -> str:
    """Return an error as text: two digits, ``NaN``, or what was raised.

    Examples
    --------
    >>> write_error(1.234e-6), write_error(float("nan")), write_error("AssertionError")
    ('1.2e-06', 'NaN', 'AssertionError')
    """
    if isinstance(error, str):
        return error
    return "NaN" if math.isnan(error) else f"{error:.1e}"


def _case(hidden: int, batch_size: int) -> str:
    return f"h {hidden}, batches of {batch_size}"


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"

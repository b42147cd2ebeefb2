"""Tables of what was measured."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from benchmarks import labels
from benchmarks.accuracy import Truth
from benchmarks.results import Clock, CpuTime, Label, Results, Times, ratios

Value = TypeVar("Value")


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


def time_table(results: Results, clock: Clock) -> list[list[str]]:
    """Return the time of each route over that of the bare forward pass: median, and range over the rounds."""
    columns = {f"{_case(*case)}, {_rounds(times)}": _over_bare(times, clock) for case, times in results.times.items()}
    return grid("over the bare forward pass", columns, _spread)


def many_table(results: Results, clock: Clock) -> list[list[str]]:
    """Return the time of M networks over the bare forward pass of one."""
    columns = {
        f"h {hidden}, M = {number}, {_rounds(times)}": _over_bare(times, clock)
        for (hidden, number), times in results.many.items()
    }
    return grid("over one bare forward pass", columns, lambda found: f"{statistics.median(found):.1f}")


def kept_table(results: Results) -> list[list[str]]:
    """Return ratio and seconds of the routes that were also timed with memory kept: with glibc's defaults, and so."""
    columns: dict[str, dict[Label, str]] = {}
    for case, kept in results.times_kept.items():
        usual = {label: of_label for label, of_label in results.times[case].items() if label in kept}
        for name, times in (("glibc's defaults", usual), ("memory kept", kept)):
            columns[f"{_case(*case)}, {name}, {_rounds(times)}"] = _seconds(times)
    return grid("over the bare forward pass (user + system, s)", columns, str)


def memory_table(results: Results) -> list[list[str]]:
    """Return the extra memory of each route over that of the bare forward pass, and in MB."""
    columns = {
        _case(*case): {label: (value / of_case[labels.BARE], value) for label, value in of_case.items()}
        for case, of_case in results.megabytes.items()
    }
    return grid("over the bare forward pass (MB)", columns, lambda pair: f"{pair[0]:.2f} ({pair[1]:.0f})")


def error_table(results: Results, *, offset: float, truth: Truth) -> list[list[str]]:
    """Return the largest error of each route's matrix at one offset, against one truth."""
    columns = {
        _case(hidden, batch_size): of_case
        for (hidden, batch_size, *place), of_case in results.errors.items()
        if place == [offset, truth]
    }
    return grid("largest error", columns, write_error)


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


def _over_bare(times: Times, clock: Clock) -> dict[Label, list[float]]:
    return {label: ratios(of_label, times[labels.BARE], clock) for label, of_label in times.items()}


def _seconds(times: Times) -> dict[Label, str]:
    over_bare = _over_bare(times, "total")
    return {label: f"{statistics.median(over_bare[label]):.2f} ({_both(times[label])})" for label in times}


def _both(times: Sequence[CpuTime]) -> str:
    user, system = (statistics.median(of_clock) for of_clock in zip(*times, strict=True))
    return f"{user:.2f} + {system:.2f}"


def _case(hidden: int, batch_size: int) -> str:
    return f"h {hidden}, batches of {batch_size}"


def _rounds(times: Times) -> str:
    number = len(times[labels.BARE])
    return f"{number} round{'s' if number > 1 else ''}"


def _spread(found: Sequence[float]) -> str:
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"

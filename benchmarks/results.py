"""What was measured, kept in a file as it comes, so that a run that is stopped is not lost."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from benchmarks.accuracy import Truth

Label = str
Clock = Literal["total", "user"]
"""Of CPU time: user and system, or user alone."""


class CpuTime(NamedTuple):
    """Seconds that one thread spent in its own code, and in the kernel on its behalf (page faults, files)."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """Both."""
        return self.user + self.system


Times = dict[Label, list[CpuTime]]
"""Label to one time a round, the rounds in order."""


@dataclass
class Results:
    """What was measured so far.

    Attributes
    ----------
    date, machine
        The day, ISO 8601 (UTC), and the kind of machine.
    times
        (hidden, batch size) to the times of one network.
    times_kept
        The same where the allocator was kept from returning memory.
    many
        (hidden, number of networks) to the times of every pair of them; the bare forward pass is that of one network.
    megabytes
        (hidden, batch size) to label to extra memory, MB.
    errors
        (hidden, batch size, offset, truth) to label to the largest error, or what was raised.
    """

    date: str = ""
    machine: str = ""
    times: dict[tuple[int, int], Times] = field(default_factory=dict)
    times_kept: dict[tuple[int, int], Times] = field(default_factory=dict)
    many: dict[tuple[int, int], Times] = field(default_factory=dict)
    megabytes: dict[tuple[int, int], dict[Label, float]] = field(default_factory=dict)
    errors: dict[tuple[int, int, float, Truth], dict[Label, float | str]] = field(default_factory=dict)


def ratios(times: Sequence[CpuTime], others: Sequence[CpuTime], clock: Clock = "total") -> list[float]:
    """Return one time over another of the same round, round by round."""
    return [getattr(one, clock) / getattr(two, clock) for one, two in zip(times, others, strict=True)]


def median_ratio(times: Sequence[CpuTime], others: Sequence[CpuTime], clock: Clock = "total") -> float:
    """Return the median of `ratios`."""
    return statistics.median(ratios(times, others, clock))


def write_results(results: Results, path: Path) -> None:
    """Write results as JSON, whole or not at all; what is a dictionary by cases becomes a list of (case, values)."""
    content = {
        name: list(value.items()) if isinstance(value, dict) else value for name, value in asdict(results).items()
    }
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content, indent=1))
    unfinished.replace(path)


def read_results(path: Path) -> Results:
    """Return what `write_results` wrote."""
    content: dict[str, Any] = json.loads(path.read_text())
    for name, value in content.items():
        if isinstance(value, list):
            content[name] = {tuple(case): values for case, values in value}
    for name in ("times", "times_kept", "many"):
        for times in content[name].values():
            times.update({label: [CpuTime(*pair) for pair in pairs] for label, pairs in times.items()})
    return Results(**content)

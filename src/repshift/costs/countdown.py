"""How far a run has come and how long it will take still, from what its jobs were expected to take and took."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_TRUST: Final = 3.0
"""Jobs of a rule, as expected, that weigh as much as what the run measures of the rule."""

_TRUST_ALL: Final = 30.0
"""Seconds of all rules that weigh as much as what the run measures of all."""


@dataclass(frozen=True)
class Expectation:
    """What a job was expected to take before the run: its rule, what to call it, seconds, cores."""

    rule: str
    label: str
    seconds: float
    cores: int = 1


class Countdown:
    """A run in progress.

    Parameters
    ----------
    expected
        Jobs of the run by Snakemake's number.
    cores
        That are held at the same time at most; None where that is not known: then as many as were seen.
    now
        When the run began [s], as all times.
    """

    def __init__(self, expected: Mapping[int, Expectation], *, cores: int | None, now: float) -> None:
        self.expected = expected
        self.cores = cores or 1
        self._grows = cores is None
        self.began = now
        self.busy = self._all_measured = self._all_planned = 0.0
        self.running: dict[int, tuple[float, tuple[int, ...]]] = {}
        self.finished: set[int] = set()
        self._measured: dict[str, float] = defaultdict(float)
        self._planned: dict[str, float] = defaultdict(float)
        of_rules: dict[str, list[float]] = defaultdict(list)
        for job in expected.values():
            of_rules[job.rule].append(job.seconds)
        self._prior = {rule: _TRUST * sum(seconds) / len(seconds) for rule, seconds in of_rules.items()}

    def start(self, numbers: Iterable[int], *, now: float) -> None:
        """Note that jobs start; several at once are a group, and share the time that it takes."""
        group = tuple(number for number in numbers if number in self.expected and number not in self.finished)
        for number in group:
            self.running[number] = (now, group)
        if self._grows:
            self.cores = max(self.cores, sum(self.expected[number].cores for number in self.running))

    def stop(self, number: int) -> None:
        """Note that a job has failed, or waits again."""
        self.running.pop(number, None)

    def finish(self, number: int, *, now: float) -> None:
        """Note that a job is done."""
        if number not in self.expected or number in self.finished:
            return
        began, group = self.running.pop(number, (now, (number,)))
        job = self.expected[number]
        whole = sum(self.expected[one].seconds for one in group)
        seconds = (now - began) * (job.seconds / whole if whole else 1 / len(group))
        self.finished.add(number)
        self.busy += seconds * job.cores
        self._measured[job.rule] += seconds
        self._planned[job.rule] += job.seconds
        self._all_measured += seconds
        self._all_planned += job.seconds

    def share(self, *, now: float) -> float:
        """Return the share of the work that is done, from 0 to 1."""
        whole = sum(self._seconds(number) * job.cores for number, job in self.expected.items())
        return 1 - self._left(now) / whole if whole else 1.0

    def seconds(self, *, now: float) -> float:
        """Return the seconds that the run will take still: the work left over the cores that were busy so far."""
        elapsed = now - self.began
        held = sum((now - began) * self.expected[n].cores / len(group) for n, (began, group) in self.running.items())
        busy = (self.busy + held + _TRUST_ALL * self.cores) / (elapsed + _TRUST_ALL)
        longest = max((self._rest(number, now) for number in self.running), default=0.0)
        return max(self._left(now) / max(busy, 1.0), longest)

    def _left(self, now: float) -> float:
        """Return the core seconds left."""
        waiting = (n for n in self.expected if n not in self.finished and n not in self.running)
        left = sum(self._seconds(number) * self.expected[number].cores for number in waiting)
        return left + sum(self._rest(number, now) * self.expected[number].cores for number in self.running)

    def _rest(self, number: int, now: float) -> float:
        """Return the seconds that a running job takes still: at least a tenth, where it takes longer than expected."""
        began, group = self.running[number]
        seconds = self._seconds(number)
        return max(seconds - (now - began) / len(group), seconds / 10)

    def _seconds(self, number: int) -> float:
        job = self.expected[number]
        return job.seconds * self._pace(job.rule)

    def _pace(self, rule: str) -> float:
        """Return how many times longer than expected jobs of a rule take: as its jobs did, and those of all rules."""
        overall = (self._all_measured + _TRUST_ALL) / (self._all_planned + _TRUST_ALL)
        prior = self._prior[rule]
        planned = self._planned[rule] + prior
        return (self._measured[rule] + prior * overall) / planned if planned else 1.0


def in_words(seconds: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> in_words(42), in_words(200), in_words(7500)
    ('40 s', '3 min', '2 h 5 min')
    """
    if seconds < 55:
        return f"{max(round(seconds / 10) * 10, 10)} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{max(minutes, 1)} min"


def bytes_in_words(size: float) -> str:
    """Return an amount of data in words.

    Examples
    --------
    >>> bytes_in_words(2e6), bytes_in_words(3.14e9)
    ('2 MB', '3.1 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"

"""Targets of time, memory and error, against what was measured."""

import statistics
from dataclasses import dataclass
from typing import Literal

from benchmarks import labels
from benchmarks.accuracy import Truth
from benchmarks.results import Clock, Label, Results, Times

_BATCH = 16
_MANY = 8
Limit = tuple[Literal["<=", ">=", "<"], float]
_MEMORY: Limit = ("<=", 1.1)
_ERROR: Limit = ("<", 2e-6)
TRUTHS: dict[Truth, str] = {
    "network": "the network in double precision",
    "activations": "the recorded activations in double precision",
}


@dataclass(frozen=True)
class Target:
    """A target, or a number to be read beside one.

    Attributes
    ----------
    name, limit
        Its words, and its limit as text; a dash without a limit.
    measured
        The value measured, of errors the worst of all cases.
    met
        None without a limit.
    user, kept
        Of times, the value in user time alone, and where the allocator keeps memory; neither is judged.
    """

    name: str
    limit: str
    measured: str
    met: bool | None
    user: str = "-"
    kept: str = "-"


def judge_all(results: Results) -> list[Target]:
    """Return every target for each width; of errors, the worst of all cases."""
    targets = []
    for (hidden, batch_size), times in results.times.items():
        if batch_size == _BATCH:
            targets += _one_network(f"h {hidden}, batches of {_BATCH}", times, results.times_kept.get((hidden, _BATCH)))
    for (hidden, number), times in results.many.items():
        targets += _many_networks(hidden, number, times)
    for (hidden, batch_size), megabytes in results.megabytes.items():
        name = f"h {hidden}, batches of {batch_size}: extra memory of the call, its check included, over bare"
        ratio = megabytes[labels.CALL_FIRST] / megabytes[labels.BARE]
        targets.append(Target(name, _write(_MEMORY), f"{ratio:.2f}", _is_met(ratio, _MEMORY)))
    places = dict.fromkeys((offset, truth) for *_, offset, truth in results.errors)
    return targets + [_error(results, offset, truth) for offset, truth in places]


def _one_network(place: str, times: Times, kept: Times | None) -> list[Target]:
    def at_most(name: str, limit: float, *quotient: Label) -> Target:
        return _judge(f"{place}: {name}", ("<=", limit), times, kept, quotient)

    def at_least(name: str, limit: float, *quotient: Label) -> Target:
        return _judge(f"{place}: {name}", (">=", limit), times, kept, quotient)

    two = "pytorch-cka in its two-network use (two objects, its two passes) over the call (its one pass)"
    return [
        at_most("the call, network known, over bare", 0.60, labels.CALL, labels.BARE),
        at_most("the call, with its check, over bare", 0.75, labels.CALL_FIRST, labels.BARE),
        at_most("fast over bare", 0.60, labels.FAST, labels.BARE),
        at_least("pytorch-cka, one object, over the call", 2.0, labels.PYTORCH_CKA, labels.CALL),
        at_least(two, 3.5, labels.PYTORCH_CKA_TWO, labels.CALL),
        at_most("cached fast over bare", 1.0, labels.CACHED_FAST, labels.BARE),
    ]


def _many_networks(hidden: int, number: int, times: Times) -> list[Target]:
    place = f"h {hidden}: every pair of {number} networks, pytorch-cka"
    pairs = labels.PYTORCH_CKA_PAIRS
    if number == 2:
        words = "(a pass for each, two for the two) over fast (a pass for each), the same work on both sides"
        return [_judge(f"{place} {words}", None, times, None, (pairs, labels.FAST))]
    if number == _MANY:
        return [
            _judge(f"{place} over {label.removeprefix('repshift, ')}", (">=", 10), times, None, (pairs, label))
            for label in (labels.FAST, labels.FAST_LOADED)
        ]
    return []


def _judge(name: str, limit: Limit | None, times: Times, kept: Times | None, quotient: tuple[Label, ...]) -> Target:
    """Judge total CPU time with glibc's defaults; without a limit, nothing."""
    measured = _quotient(times, "total", *quotient)
    known = kept is not None and all(label in kept for label in quotient)
    return Target(
        name=name,
        limit=_write(limit),
        measured=f"{measured:.2f}",
        met=_is_met(measured, limit),
        user=f"{_quotient(times, 'user', *quotient):.2f}",
        kept=f"{_quotient(kept, 'total', *quotient):.2f}" if kept and known else "-",
    )


def _quotient(times: Times, clock: Clock, top: Label, bottom: Label) -> float:
    """Return the median over rounds of top over bottom, both of the same round."""
    rounds = zip(times[top], times[bottom], strict=True)
    return statistics.median(getattr(one, clock) / getattr(two, clock) for one, two in rounds)


def _is_met(measured: float, limit: Limit | None) -> bool | None:
    if limit is None:
        return None
    relation, value = limit
    return {"<=": measured <= value, ">=": measured >= value, "<": measured < value}[relation]


def _write(limit: Limit | None) -> str:
    return "-" if limit is None else f"{limit[0]} {limit[1]:g}"


def _error(results: Results, offset: float, truth: Truth) -> Target:
    worst = max(_ours(results, offset, truth))
    name = f"largest error of repshift at offset {offset:.0f}, against {TRUTHS[truth]}"
    return Target(name, _write(_ERROR), f"{worst:.1e}", _is_met(worst, _ERROR))


def _ours(results: Results, offset: float, truth: Truth) -> list[float]:
    """Return the errors of our routes; what was raised counts as infinite."""
    found = [
        error
        for (*_, at, against), of_case in results.errors.items()
        if (at, against) == (offset, truth)
        for label, error in of_case.items()
        if label in labels.OURS
    ]
    return [float("inf") if isinstance(error, str) or error != error else error for error in found]


def target_table(targets: list[Target]) -> list[list[str]]:
    """Return the table of targets, its head first."""
    words = {True: "yes", False: "**no**", None: "-"}
    rows = [[each.name, each.limit, each.measured, words[each.met], each.user, each.kept] for each in targets]
    return [["target", "limit", "measured", "met", "in user time alone", "memory kept"], *rows]

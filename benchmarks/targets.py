"""What issue 4 asks for, held against what was measured."""

from dataclasses import dataclass

from benchmarks import labels
from benchmarks.report import Results, median_ratio

_BATCH = 16
_MANY = 8
_ERROR = 2e-6


@dataclass(frozen=True)
class Target:
    """A target: its words, its limit as text, the worst value measured, and whether it is met."""

    name: str
    limit: str
    measured: str
    met: bool


def judge_all(results: Results) -> list[Target]:
    """Return every target for each width; of errors and memory, the worst of all cases."""
    targets = []
    for (hidden, batch_size), seconds in results.seconds.items():
        if batch_size == _BATCH:
            targets += _times(hidden, seconds)
    for hidden, many in results.many.items():
        for label in (labels.FAST, labels.FAST_LOADED):
            name = f"h {hidden}: every pair of {_MANY} networks, pytorch-cka over {label.removeprefix('repshift, ')}"
            ratio = median_ratio(many[labels.PYTORCH_CKA_PAIRS, _MANY], many[label, _MANY])
            targets.append(_at_least(name, 10, ratio))
    for (hidden, batch_size), megabytes in results.megabytes.items():
        name = f"h {hidden}, batches of {batch_size}: extra memory of fast over the forward pass's"
        targets.append(_at_most(name, 1.1, megabytes[labels.FAST] / megabytes[labels.BARE]))
    for offset in dict.fromkeys(offset for *_, offset in results.errors):
        worst = max(_ours(results, offset))
        name = f"largest error of repshift at offset {offset:.0f}"
        targets.append(Target(name, f"< {_ERROR:.0e}", f"{worst:.1e}", worst < _ERROR))
    return targets


def _times(hidden: int, seconds: dict[str, list[float]]) -> list[Target]:
    bare, fast = seconds[labels.BARE], seconds[labels.FAST]
    one, two = seconds[labels.PYTORCH_CKA], seconds[labels.PYTORCH_CKA_TWO]
    place = f"h {hidden}, batches of {_BATCH}: "
    cached = median_ratio(seconds[labels.CACHED_FAST], bare) - 1
    return [
        _at_most(f"{place}fast, public operations alone, over the forward pass", 0.80, median_ratio(fast, bare)),
        _at_most(f"{place}fast over the forward pass", 0.70, median_ratio(fast, bare)),
        _at_least(f"{place}pytorch-cka, one object, over fast", 1.5, median_ratio(one, fast)),
        _at_least(f"{place}pytorch-cka, two objects, over fast", 2.8, median_ratio(two, fast)),
        _at_most(f"{place}cached route beyond the forward pass", 0.5, cached),
    ]


def _ours(results: Results, offset: float) -> list[float]:
    """Return the errors of our routes at one offset; what was raised counts as infinite."""
    found = [
        error
        for (*_, at), of_case in results.errors.items()
        if at == offset
        for label, error in of_case.items()
        if label in labels.OURS
    ]
    return [float("inf") if isinstance(error, str) or error != error else error for error in found]


def _at_most(name: str, limit: float, measured: float) -> Target:
    return Target(name, f"<= {limit:.2f}", f"{measured:.2f}", measured <= limit)


def _at_least(name: str, limit: float, measured: float) -> Target:
    return Target(name, f">= {limit:.1f}", f"{measured:.2f}", measured >= limit)


def target_table(targets: list[Target]) -> list[list[str]]:
    """Return the table of targets, its head first."""
    rows = [[each.name, each.limit, each.measured, "yes" if each.met else "**no**"] for each in targets]
    return [["target", "limit", "measured", "met"], *rows]

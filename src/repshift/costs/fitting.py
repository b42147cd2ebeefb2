"""Constants of the costs, from jobs that were measured."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from repshift.costs.bills import Bill
from repshift.costs.jobs import Job, Sizes
from repshift.costs.kinds import terms_of
from repshift.costs.prices import Quantity, heaviest

_WEAK = 1e-2
"""Weight of what is expected of a factor, beside a measured part."""

EXPECTED: Final[dict[Quantity, float]] = {"seconds": 0.0, "megabytes": 4e-6, "bytes": 1.0}
"""A factor that the runs leave open: no time; 4 bytes a number in memory, all of which are float32; 1 byte a byte."""

QUANTITIES: tuple[Quantity, ...] = ("seconds", "megabytes", "bytes")

Starts = dict[str, dict[str, float]]
"""Seconds and megabytes of the start of a process, by what it loads."""


@dataclass(frozen=True)
class Sample:
    """What the parts of one kind of a job took together, the start of its process left out.

    What is missing was not measured: CPU seconds, largest memory [MB] beside that of the start, bytes of files.
    """

    kind: str
    parts: tuple[Sizes, ...]
    found: dict[Quantity, float]
    threads: int = 1


def fit_starts(bills: Iterable[Bill]) -> Starts:
    """Return the mean start of a process, by what it loads."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for bill in bills:
        if bill.job and bill.calls:
            loaded = heaviest(kind for kind, _ in bill.job.parts)
            found[loaded].append((bill.calls[0].seconds, bill.calls[0].megabytes))
    means = {loaded: np.mean(starts, axis=0) for loaded, starts in sorted(found.items())}
    return {loaded: {"seconds": _rounded(one[0]), "megabytes": _rounded(one[1])} for loaded, one in means.items()}


def samples_of(bill: Bill, starts: Starts) -> Iterator[Sample]:
    """Return what each kind of part of a job took; nothing of several parts that only Snakemake measured."""
    job = bill.job
    if job is None or not job.parts:
        return
    start = starts.get(heaviest(kind for kind, _ in job.parts), {})
    kinds = {kind for kind, _ in job.parts}
    if len(kinds) == 1:
        (kind,) = kinds
        seconds = bill.whole.seconds - (bill.calls[0].seconds if bill.calls else start.get("seconds", 0.0))
        found = {"seconds": seconds, "megabytes": bill.whole.megabytes - start.get("megabytes", 0.0)}
        yield _sample(job, kind, found | {"bytes": sum(bill.kept.values())})
        return
    risen = bill.risen()
    for kind, calls in bill.by_kind().items():
        if kind in kinds:
            found = {"seconds": sum(call.seconds for call in calls), "bytes": bill.kept_of(kind)}
            found |= {"megabytes": risen[kind] - bill.calls[0].megabytes} if kind in risen else {}
            yield _sample(job, kind, found)


def _sample(job: Job, kind: str, found: dict[str, float]) -> Sample:
    quantities = {name: found[name] for name in QUANTITIES if name in found}
    return Sample(kind, tuple(sizes for name, sizes in job.parts if name == kind), quantities, job.threads)


def fit_constants(samples: Iterable[Sample]) -> dict[str, dict[str, list[float]]]:
    """Return the constants of every kind of part that was measured.

    Returns
    -------
    By kind and quantity, the constant and one factor a term, none negative.

    Notes
    -----
    Least squares of relative errors, so that a part of a second counts as much as one of an hour. A kind has the same
    weight at each set of sizes, however many parts there are of it. Gram matrices made straight from the forward pass
    do not count: what they add is priced as that of activations.
    """
    measured: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if not (sample.kind == "grams" and sample.parts[0].get("recorded")):
            measured[sample.kind].append(sample)
    return {kind: {name: _fit(measured[kind], name) for name in QUANTITIES} for kind in sorted(measured)}


def _fit(samples: list[Sample], name: Quantity) -> list[float]:
    """Return the constants of one quantity of a kind; zeros where nothing was measured of it."""
    groups: dict[tuple[float, ...], list[float]] = defaultdict(list)
    for sample in samples:
        row, value = _row(sample, name), sample.found.get(name, 0.0)
        if value > 0:
            groups[row].append(value)
    if not groups:
        return [0.0] * len(_row(samples[0], name))
    rows = np.array(list(groups))
    values = np.array([np.mean(found) for found in groups.values()])
    factors = _non_negative(rows / values[:, None], expected=EXPECTED[name])
    return [_rounded(number) for number in factors]


def _row(sample: Sample, name: Quantity) -> tuple[float, ...]:
    """Return the number of parts and the sum of their terms; of memory, those of the largest."""
    terms = [terms_of(sample.kind, sizes, threads=sample.threads) for sizes in sample.parts]
    if name == "megabytes":
        return (1.0, *max(one.megabytes for one in terms))
    columns = zip(*(getattr(one, name) for one in terms), strict=True)
    return (float(len(terms)), *map(sum, columns))


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")


def _non_negative(relative: npt.NDArray[np.float64], *, expected: float) -> npt.NDArray[np.float64]:
    """Return the factors, none negative, whose sum of columns is nearest to one in every row.

    Where the rows leave them open, the factors of the terms are those `expected`.
    """
    scale = np.where(relative.max(0) > 0, relative.max(0), 1.0)
    weak = _WEAK * np.eye(len(scale))[1:]
    rows = np.concatenate([relative / scale, weak])
    factors, _ = nnls(rows, np.concatenate([np.ones(len(relative)), weak @ (expected * scale)]))
    return np.asarray(factors / scale)

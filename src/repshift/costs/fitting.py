"""Constants of the costs, from jobs that were measured."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from repshift.costs.jobs import Job
from repshift.costs.prices import POOLED, Quantity
from repshift.costs.terms import terms_of

_WEAK = 1e-2
"""Weight of what is expected of a factor, beside a measured job."""

EXPECTED: Final[dict[Quantity, float]] = {"seconds": 0.0, "megabytes": 4e-6, "bytes": 1.0}
"""A factor that the runs leave open: no time; 4 bytes a number in memory, all of which are float32; 1 byte a byte."""

QUANTITIES: tuple[Quantity, ...] = ("seconds", "megabytes", "bytes")


def fit_constants(jobs: Iterable[tuple[Job, dict[Quantity, float]]]) -> dict[str, dict[str, list[float]]]:
    """Return the constants of every rule that was measured.

    Parameters
    ----------
    jobs
        Each job with what was measured of it: CPU seconds, largest memory [MB], bytes of its files. What is missing
        does not count.

    Returns
    -------
    By rule and quantity, the constant and one factor a term, none negative.

    Notes
    -----
    Least squares of relative errors, so that a job of a second counts as much as one of an hour. A rule has the same
    weight at each set of sizes, however many jobs there are of it. Gram matrices made straight from the forward pass do
    not count: what they add is priced as that of activations.
    """
    measured: dict[str, list[tuple[Job, dict[Quantity, float]]]] = defaultdict(list)
    for job, found in jobs:
        if not (job.rule == "grams" and job.sizes.get("recorded")):
            measured[POOLED.get(job.rule, job.rule)].append((job, found))
    return {rule: {name: _fit(measured[rule], name) for name in QUANTITIES} for rule in sorted(measured)}


def _fit(measured: list[tuple[Job, dict[Quantity, float]]], name: Quantity) -> list[float]:
    """Return the constants of one quantity of a rule; zeros where nothing was measured of it."""
    groups: dict[tuple[float, ...], list[float]] = defaultdict(list)
    for job, found in measured:
        terms = terms_of(job)
        value = found.get(name, 0.0) - (terms.held if name == "megabytes" else 0.0)
        if value > 0:
            groups[(1.0, *getattr(terms, name))].append(value)
    if not groups:
        return [0.0] * (1 + len(getattr(terms_of(measured[0][0]), name)))
    rows = np.array(list(groups))
    values = np.array([np.mean(found) for found in groups.values()])
    factors = _non_negative(rows / values[:, None], expected=EXPECTED[name])
    return [float(f"{number:.4g}") for number in factors]


def _non_negative(relative: npt.NDArray[np.float64], *, expected: float) -> npt.NDArray[np.float64]:
    """Return the factors, none negative, whose sum of columns is nearest to one in every row.

    Where the rows leave them open, the factors of the terms are those `expected`.
    """
    scale = np.where(relative.max(0) > 0, relative.max(0), 1.0)
    weak = _WEAK * np.eye(len(scale))[1:]
    rows = np.concatenate([relative / scale, weak])
    factors, _ = nnls(rows, np.concatenate([np.ones(len(relative)), weak @ (expected * scale)]))
    return np.asarray(factors / scale)

"""Scores that rise along an axis, and how often the interval of the early warning holds the truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.stress_curves import correlated
from repshift.statistics.critical import level_of
from repshift.statistics.early_warning import early_warning, score_crossings, score_limit, score_strength

Values = npt.NDArray[np.float64]

CASES: Final = ("early", "late", "uneven")

_STRENGTHS: Final = np.array([0, 0.01, 0.03, 0.1, 0.3, 1, 3])
_UNITS: Final = 8
_ERROR: Final = 0.06
"""Mean squared error at strength 0, over the variance of the truth."""

_DIVISIONS: Final = 20
_MANY: Final = 4000
"""Samples whose median curve and limit stand for the truth."""


@dataclass(frozen=True)
class Axis:
    """How far strength 1 moves the units of a representation, alike and map by map, and what it adds to the error."""

    alike: float
    apart: float
    error: float


_AXES: Final = {"early": Axis(3, 0.5, 0.3), "late": Axis(1, 0.2, 2), "uneven": Axis(0.3, 2, 0.5)}


@dataclass(frozen=True)
class Sample:
    """Means over the maps of each simulation, (7, simulations, units), and its sums of squares of errors and truths."""

    units: Values
    squares: Values
    spreads: Values

    def curves(self, halves: npt.NDArray[np.bool_]) -> Values:
        """Return the squared distance of the means of half of the simulations, perturbed, from the others', (7, n)."""
        found = [self.units[:, half].mean(axis=1) - self.units[0, ~half].mean(axis=0) for half in halves]
        return np.asarray(np.square(np.stack(found, axis=1)).sum(axis=2))

    def error_critical(self, half: npt.NDArray[np.bool_]) -> float:
        """Return the strength at which R^2 of some simulations has fallen by 0.1."""
        return level_of(_STRENGTHS, lost(self.squares[:, half], self.spreads[half]), 0.1)


def coverage(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, *, case: str) -> dict[str, float]:
    """Return how often the intervals of a score's critical strength and of the early warning held the truth."""
    axis, n = _AXES[case], int(labels.max()) + 1
    score, error = true_strengths(rng, labels, axis)
    held, found = [], []
    for _ in range(draws):
        sample, halves = draw(rng, labels, axis), np.stack([rng.permutation(n) < n // 2 for _ in range(_DIVISIONS)])
        curves = sample.curves(halves)
        limit = score_limit(curves[0])
        strength = score_strength(_STRENGTHS, curves, limit)
        warning = early_warning(
            score_crossings(_STRENGTHS, curves, limit),
            [sample.error_critical(half) for half in halves],
            score=strength.value,
            error=sample.error_critical(np.ones(n, dtype=bool)),
        )
        held.append([strength.low <= score <= strength.high, warning.low <= score / error <= warning.high])
        found.append([warning.value * error / score, warning.high / warning.low])
    shares, (ratio, width) = np.mean(held, axis=0), np.median(found, axis=0)
    return {"score": shares[0], "ratio": shares[1], "median over truth": ratio, "upper over lower end": width}


def true_strengths(rng: np.random.Generator, labels: npt.NDArray[np.int64], axis: Axis) -> tuple[float, float]:
    """Return the strength at which the median score passes the limit of many samples, and that of the error."""
    first = np.arange(int(labels.max()) + 1) < (int(labels.max()) + 1) // 2
    samples = [draw(rng, labels, axis) for _ in range(_MANY)]
    curves = np.concatenate([one.curves(first[None]) for one in samples], axis=1)
    squares, spreads = (sum(getattr(one, part) for one in samples) for part in ("squares", "spreads"))
    score = level_of(_STRENGTHS, np.median(curves, axis=1), score_limit(curves[0]))
    return score, level_of(_STRENGTHS, lost(np.asarray(squares), np.asarray(spreads)), 0.1)


def lost(squares: Values, spreads: Values) -> Values:
    """Return by how much R^2 falls along the axis, (7,)."""
    return np.asarray((squares - squares[0]).sum(axis=1) / spreads.sum())


def draw(rng: np.random.Generator, labels: npt.NDArray[np.int64], axis: Axis) -> Sample:
    """Return units and errors of maps that correlate within a simulation."""
    n, each = int(labels.max()) + 1, len(labels) // (int(labels.max()) + 1)
    units, moves = (correlated(rng, labels, _UNITS, heavy=False).T for _ in range(2))
    error, more = (correlated(rng, labels, 1, heavy=False)[0] for _ in range(2))
    along = _STRENGTHS[:, None, None] * (axis.alike / np.sqrt(_UNITS) + axis.apart * moves)
    errors = np.sqrt(_ERROR) * error + _STRENGTHS[:, None] * axis.error * more
    truth = rng.uniform(-np.sqrt(3), np.sqrt(3), n)
    squares = np.square(errors).reshape(-1, n, each).sum(axis=2)
    return Sample(
        (units + along).reshape(-1, n, each, _UNITS).mean(axis=2), squares, each * (truth - truth.mean()) ** 2
    )

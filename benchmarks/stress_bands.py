"""How often the bands and critical strengths of stress hold the truth: ``python -m benchmarks.coverage stress``."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks import early_warnings
from benchmarks.stress_curves import (
    AXES,
    BASE,
    SHIFT,
    class_probabilities,
    correlated,
    predictions,
    true_accuracies,
    true_squares,
)
from repshift.statistics.bands import Bands
from repshift.statistics.class_stress_scores import CLASS_STRESS_SCORES, class_stress_scores
from repshift.statistics.critical import Estimate, branches, critical_strength
from repshift.statistics.stress_scores import STRESS_SCORES, stress_scores

Values = npt.NDArray[np.float64]

_RESAMPLES: Final = 1000
_R2: Final = (0.94, 0.5)
_ACCURACY: Final = (0.95, 0.7)
_WIDTH: Final = 2 * np.sqrt(3)
"""Of the prior, over the standard deviation of the truth."""

_MANY: Final = 60_000
"""Maps of as many simulations, whose numbers stand for the truth where there is no formula."""

_TIMES: Final = 10
"""How often so many are drawn."""

_ROUNDING: Final = 1e-9


def coverage(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield, number by number, how often its bands held the truth at all levels, and critical strengths theirs."""
    for (name, measured), stream in zip(CASES.items(), rng.spawn(len(CASES)), strict=True):
        if case in name:
            found = measured(stream, labels, draws)
            yield f"{name:18} " + "  ".join(f"{number} {share:.3f}" for number, share in found.items())


def of_predictions(
    rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, *, r2: float, heavy: bool
) -> dict[str, float]:
    """Return how often the bands of the numbers of one parameter held the truth at all 56 levels, and strengths."""
    squares, size = true_squares(r2), float(np.sqrt(1 - r2))
    truth = {
        "r2": 1 - squares,
        "r2_change": squares[BASE] - squares,
        "rmse": np.sqrt(squares) / _WIDTH,
        "bias": np.ravel(SHIFT) / size,
        "coverage": true_coverage(rng, r2=r2, heavy=heavy),
        "sigma": np.full(len(BASE), size / _WIDTH),
    }
    critical = critical_strengths(Bands(*[truth["r2_change"]] * 3))
    held: dict[str, list[bool]] = {score.name: [] for score in STRESS_SCORES}
    strengths = []
    for _ in range(draws):
        values, means = predictions(rng, labels, r2=r2, heavy=heavy)
        found = stress_scores(
            values[:, None],
            means[..., None],
            (size * np.exp(0.3 * correlated(rng, labels, len(BASE), heavy=False)))[..., None],
            widths=[_WIDTH],
            rmse=[size],
            simulations=labels,
            base=BASE,
            n_resamples=_RESAMPLES,
            seed=int(rng.integers(1 << 31)),
        )
        bands = {name: Bands(*(part[:, 0] for part in vars(one).values())) for name, one in found.items()}
        for name, one in bands.items():
            held[name].append(bool(holds(one, truth[name]).all()))
        ends = critical_strengths(bands["r2_change"])
        strengths.append([end.low <= one.value <= end.high for end, one in zip(ends, critical, strict=True)])
    shares = np.mean(strengths, axis=0)
    rates = {name: float(np.mean(hits)) for name, hits in held.items()}
    return {**rates, "critical strengths": float(shares.mean()), "worst axis": float(shares.min())}


def of_classes(
    rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, *, before: float
) -> dict[str, float]:
    """Return how often the bands of the numbers of classes held the truth at all 56 levels.

    That of a change of accuracy holds what is less than half a map away, for no map may have changed its name.
    """
    truth = true_class_scores(rng, before)
    held: dict[str, list[bool]] = {score.name: [] for score in CLASS_STRESS_SCORES}
    for _ in range(draws):
        probability = class_probabilities(rng, labels, before=before)
        found = _class_scores(probability, labels, n_resamples=_RESAMPLES, seed=int(rng.integers(1 << 31)))
        for name, one in found.items():
            reach = 0.5 / len(labels) if name == "accuracy_change" else 0.0
            held[name].append(bool(holds(one, truth[name], reach=reach).all()))
    return {name: float(np.mean(hits)) for name, hits in held.items()}


def holds(bands: Bands, truth: Values, *, reach: float = 0.0) -> npt.NDArray[np.bool_]:
    """Return whether the band of each level holds the truth, (levels,), up to `reach` and to rounding."""
    beyond = reach + _ROUNDING * np.abs(truth)
    return np.asarray((bands.low - beyond <= truth) & (truth <= bands.high + beyond))


def critical_strengths(bands: Bands) -> list[Estimate]:
    """Return the critical strength of each branch of the axes."""
    found = []
    for at, axis in enumerate(AXES.values()):
        for branch in branches(axis.strengths):
            curves = (part[7 * at + branch.positions] for part in (bands.value, bands.low, bands.high))
            found.append(critical_strength(branch.strengths, *curves))
    return found


def true_coverage(rng: np.random.Generator, *, r2: float, heavy: bool) -> Values:
    """Return the share of maps whose error is below the predicted standard deviation at each level, (56,)."""
    labels, shares = np.arange(_MANY), []
    for _ in range(_TIMES):
        values, means = predictions(rng, labels, r2=r2, heavy=heavy)
        sigma = np.sqrt(1 - r2) * np.exp(0.3 * rng.standard_normal(means.shape))
        shares.append((np.abs(means - values) < sigma).mean(axis=1))
    return np.asarray(np.mean(shares, axis=0))


def true_class_scores(rng: np.random.Generator, before: float) -> dict[str, Values]:
    """Return the numbers of classes at each level, each (56,); the accuracy by its formula."""
    labels = np.arange(_MANY)
    samples = [
        _class_scores(class_probabilities(rng, labels, before=before), labels % 10, n_resamples=2, seed=0)
        for _ in range(2)
    ]
    accuracy = true_accuracies(before)
    exact = {"accuracy": accuracy, "accuracy_change": accuracy - accuracy[BASE]}
    return {name: np.mean([one[name].value for one in samples], axis=0) for name in samples[0]} | exact


def _class_scores(
    probability: Values, labels: npt.NDArray[np.int64], *, n_resamples: int, seed: int
) -> dict[str, Bands]:
    """Return the numbers of classes; the true class of all maps is the first."""
    truth = np.zeros(len(labels), dtype=np.int64)
    return class_stress_scores(truth, probability, simulations=labels, base=BASE, n_resamples=n_resamples, seed=seed)


CASES: Final[dict[str, Callable[..., dict[str, float]]]] = {
    **{
        f"R^2 {r2} {'heavy' if heavy else 'Gaussian'}": partial(of_predictions, r2=r2, heavy=heavy)
        for r2, heavy in product(_R2, (False, True))
    },
    **{f"accuracy {before}": partial(of_classes, before=before) for before in _ACCURACY},
    **{f"warning {case}": partial(early_warnings.coverage, case=case) for case in early_warnings.CASES},
}
"""By the name of a case, what draws it: of a generator, labels of simulations and how often."""

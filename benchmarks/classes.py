"""How often the intervals of scores of classes hold the truth: ``python -m benchmarks.coverage classes``."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from repshift.statistics.class_scores import CLASS_SCORES, class_score_intervals, class_scores

Drawn = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]

SHARPENED: Final = (1.0, 1.3, 2.0)
"""What logits are multiplied by: with 1, and one map a simulation, probabilities are perfectly calibrated."""

_N_CLASSES: Final = 3
_RESAMPLES: Final = 500
_MANY: Final = 400_000
"""Simulations whose scores stand for the truth."""


def coverage(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield, for each sharpening, how often the interval of each score held it."""
    each = int((labels == labels[0]).sum())
    yield f"{'':14}" + " ".join(f"{name:>18}" for name in CLASS_SCORES)
    for factor in SHARPENED:
        if case not in f"sharpened {factor}":
            continue
        many = draw(rng, np.repeat(np.arange(_MANY // each), each), factor)
        truth, hits = np.array(list(asdict(class_scores(*many)).values())), []
        for _ in range(draws):
            how = {"simulations": labels, "n_resamples": _RESAMPLES, "seed": int(rng.integers(1 << 31))}
            ends = class_score_intervals(*draw(rng, labels, factor), **how)
            hits.append((ends.low <= truth) & (truth <= ends.high))
        yield f"sharpened {factor:3} " + " ".join(f"{share:18.3f}" for share in np.mean(hits, 0))


def draw(rng: np.random.Generator, labels: npt.NDArray[np.int64], factor: float) -> Drawn:
    """Return true classes and probabilities of maps; those of a simulation share their class and most of their logits.

    The class is drawn from the softmax of the logits of its simulation. Several maps of it each add noise to them.
    """
    logits = 1.5 * rng.normal(size=(int(labels.max()) + 1, _N_CLASSES))
    of_simulation = (softmax(logits, axis=1).cumsum(axis=1) > rng.random((len(logits), 1))).argmax(axis=1)
    noise = rng.normal(size=(len(labels), _N_CLASSES)) if len(labels) > len(logits) else 0.0
    return of_simulation[labels], softmax(factor * (logits[labels] + noise), axis=1)

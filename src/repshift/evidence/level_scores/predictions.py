"""What the outputs of a network say of themselves, perturbed beside unperturbed."""

from typing import Final

import numpy as np

from repshift.evidence.level_scores.score import Halves, LevelPair, LevelScore, Values
from repshift.statistics.class_outputs import confidence_fall, entropy_rise
from repshift.statistics.outputs import deviation_ratio


def sigma(level: LevelPair, halves: Halves) -> Values:
    """Return the logarithm of the ratio of the mean predicted standard deviations, (divisions, outputs)."""
    return np.stack([deviation_ratio(*pair) for pair in _pairs(level, halves, "std")])


def entropy(level: LevelPair, halves: Halves) -> Values:
    """Return the rise of the mean entropy of the probabilities [nats], (divisions,)."""
    return np.array([entropy_rise(*pair) for pair in _pairs(level, halves, "probability")])


def confidence(level: LevelPair, halves: Halves) -> Values:
    """Return the fall of the mean largest probability, (divisions,)."""
    return np.array([confidence_fall(*pair) for pair in _pairs(level, halves, "probability")])


def _pairs(level: LevelPair, halves: Halves, name: str) -> list[tuple[Values, Values]]:
    """Return an output of both sides of each division, (n, outputs) each."""
    shown, own = (side.outputs[name] for side in (level.shown, level.own))
    return [(shown[rows], own[others]) for rows, others in zip(halves.shown, halves.own, strict=True)]


SIGMA: Final = LevelScore(
    "sigma_ratio", r"predicted $\sigma$", "outputs", sigma, frozenset({"std"}), is_of_outputs=True
)
ENTROPY: Final = LevelScore("entropy_rise", "rise of entropy", "outputs", entropy, frozenset({"probability"}))
CONFIDENCE: Final = LevelScore(
    "confidence_fall", "fall of confidence", "outputs", confidence, frozenset({"probability"})
)

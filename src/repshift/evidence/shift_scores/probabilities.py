"""What the probabilities of a classifier say of themselves: the arithmetic is that of `repshift.statistics`.

Differences, out less in distribution but of the confidence, each a number of the one label that holds the class.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from repshift.evidence.shift_scores.score import Need, Pair, ShiftScore, Values
from repshift.statistics.class_outputs import confidence_fall, disagreement_rise, entropy_rise, scatter_rise

if TYPE_CHECKING:
    import xarray as xr


def entropy(pair: Pair) -> Values:
    """Return `entropy_rise`."""
    return np.array([entropy_rise(*map(_probability, pair.outputs))])


def confidence(pair: Pair) -> Values:
    """Return `confidence_fall`."""
    return np.array([confidence_fall(*map(_probability, pair.outputs))])


def disagreement(pair: Pair) -> Values:
    """Return `disagreement_rise` of all trials."""
    sides = [[side, *others] for side, others in zip(pair.outputs, pair.trials, strict=True)]
    return np.array([disagreement_rise(*([_probability(trial) for trial in side] for side in sides))])


def scatter(pair: Pair) -> Values:
    """Return `scatter_rise` under symmetries."""
    return np.array([scatter_rise(*(side["scatter"].to_numpy() for side in pair.symmetries or ()))])


def _probability(dataset: "xr.Dataset") -> Values:
    return np.asarray(dataset["probability"].to_numpy(), dtype=np.float64)


def _score(name: str, label: str, function: Callable[[Pair], Values], need: Need) -> ShiftScore:
    return ShiftScore(name, label, "outputs", function, needs=frozenset([need]), is_of_parameters=True)


ENTROPY: Final = _score("entropy_rise", "rise of entropy", entropy, "probability")
CONFIDENCE: Final = _score("confidence_fall", "fall of confidence", confidence, "probability")
DISAGREEMENT: Final = _score(
    "class_disagreement_rise", "rise of disagreement on the class", disagreement, "probability_trials"
)
SCATTER: Final = _score(
    "probability_scatter_rise", "rise of scatter under symmetries", scatter, "probability_symmetries"
)

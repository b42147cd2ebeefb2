"""How the probabilities of a classifier change out of distribution: its log loss, and what can be seen without labels.

Everything is a difference, so that it has a value where a side is zero: a network that is sure of every map has an
entropy of 0, one that is exactly invariant no scatter.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from repshift.statistics.class_scores import map_log_loss
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
"""(n_maps, n_classes): probabilities, or their scatter."""


def log_loss_difference(
    truth_out: npt.NDArray[np.int64], out: Values, *, truth_in: npt.NDArray[np.int64], inside: Values
) -> float:
    """Return the log loss out of distribution less that in distribution [nats]: the failure.

    The counterpart of the logarithm of a ratio of errors: by it the geometric mean of the probability of the true class
    falls, as ``exp(-difference)``. A ratio of log losses would have no value where the network makes no mistake at
    home.
    """
    return float(map_log_loss(truth_out, out).mean() - map_log_loss(truth_in, inside).mean())


def entropy_rise(out: Values, inside: Values) -> float:
    """Return the mean entropy of the probabilities out of distribution, less that in distribution [nats]."""
    return _entropy(out) - _entropy(inside)


def confidence_fall(out: Values, inside: Values) -> float:
    """Return the mean largest probability in distribution less that out of distribution.

    References
    ----------
    Guillory et al. 2021, "Predicting with Confidence on Unseen Distributions", arXiv 2107.03315: difference of
    confidences.
    """
    return float(inside.max(axis=1).mean() - out.max(axis=1).mean())


def disagreement_rise(out: Sequence[Values], inside: Sequence[Values]) -> float:
    """Return how much more often two trials name different classes: the share of maps, out less in distribution.

    Parameters
    ----------
    out, inside
        Probabilities of two trials or more, networks that differ in their seed alone, on the same maps.

    Raises
    ------
    InputError
        If there are fewer than two trials.

    References
    ----------
    Jiang et al. 2022, "Assessing Generalization of SGD via Disagreement", arXiv 2106.13799.
    """
    return _disagreement(out) - _disagreement(inside)


def scatter_rise(out: Values, inside: Values) -> float:
    """Return the root mean square scatter of the probabilities of a map, out less in distribution.

    `out` and `inside` are standard deviations over what leaves a map the same; squares are summed over the classes.
    """
    return float(np.sqrt(np.square(out).sum(axis=1).mean()) - np.sqrt(np.square(inside).sum(axis=1).mean()))


def _entropy(probability: Values) -> float:
    """Return the mean of - sum p ln p; a probability of 0 adds nothing."""
    logarithm = np.log(probability, out=np.zeros_like(probability), where=probability > 0)
    return float(-(probability * logarithm).sum(axis=1).mean())


def _disagreement(trials: Sequence[Values]) -> float:
    """Return the mean over pairs of trials of the share of maps whose class they name differently."""
    if len(trials) < 2:
        raise InputError(f"{len(trials)} trial: disagreement needs two or more.")
    named = [trial.argmax(axis=1) for trial in trials]
    return float(np.mean([(one != other).mean() for one, other in combinations(named, 2)]))

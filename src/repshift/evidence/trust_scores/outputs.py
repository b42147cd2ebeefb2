"""Trust by what the network itself says of its errors, and by how far its outputs scatter.

Networks that differ in their seed alone stand for a Bayesian network here, of which they sample the weights: an
ensemble (Lakshminarayanan et al. 2017, arXiv 1612.01474). Scatter under dropout does so too (Gal & Ghahramani 2016,
arXiv 1506.02142), where a network was trained with it.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from repshift.evidence.trust_scores.score import TrustMaps, TrustNeed, TrustReference, TrustScore, Values


def predicted_std(maps: TrustMaps, _reference: TrustReference) -> Values:
    """Return the predicted standard deviations, (n_maps, n_parameters)."""
    return maps.outputs["std"]


def doubt(maps: TrustMaps, _reference: TrustReference) -> Values:
    """Return 1 less the largest probability, (n_maps, 1)."""
    return np.asarray(1 - maps.outputs["probability"].max(1, keepdims=True))


def entropy(maps: TrustMaps, _reference: TrustReference) -> Values:
    """Return the entropy of the probabilities [nats], (n_maps, 1); a probability of 0 adds nothing."""
    probability = maps.outputs["probability"]
    logarithm = np.log(probability, out=np.zeros_like(probability), where=probability > 0)
    return np.asarray(-(probability * logarithm).sum(1, keepdims=True))


def _scatter(of: TrustNeed) -> Callable[[TrustMaps, TrustReference], Values]:
    """Return what takes a scatter of the outputs, (n_maps, n_parameters)."""

    def scatter(maps: TrustMaps, _reference: TrustReference) -> Values:
        return maps.scatters[of]

    return scatter


def _of_outputs(name: str, label: str, meaning: str, need: TrustNeed, function: Callable[..., Values]) -> TrustScore:
    return TrustScore(name, label, meaning, frozenset({need}), function, is_of_outputs=True)


OUTPUTS: Final = (
    _of_outputs(
        "predicted_std",
        "predicted standard deviation",
        "standard deviation that the network predicts",
        "std",
        predicted_std,
    ),
    _of_outputs("doubt", "1 - largest probability", "1 less the largest probability", "probability", doubt),
    _of_outputs("entropy", "entropy", "entropy of the probabilities, in nats", "probability", entropy),
    _of_outputs(
        "symmetry_scatter",
        "scatter under symmetries",
        "standard deviation of the output over turns and flips of the map",
        "symmetries",
        _scatter("symmetries"),
    ),
    _of_outputs(
        "trial_disagreement",
        "disagreement of trials",
        "standard deviation of the output over trials that differ in their seed, which stand for a Bayesian network",
        "trials",
        _scatter("trials"),
    ),
    _of_outputs(
        "dropout_scatter",
        "scatter under dropout",
        "standard deviation of the output over passes with dropout drawn",
        "dropout",
        _scatter("dropout"),
    ),
)

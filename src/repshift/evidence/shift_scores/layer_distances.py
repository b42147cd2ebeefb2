"""How far the domains are from each other in each layer, as `repshift.similarity.discrepancy` has it."""

from typing import Final

from repshift.evidence.shift_scores.score import LayerScore, Pair, Values
from repshift.similarity.discrepancy import (
    linear_mmd,
    mahalanobis_ratio,
    nearest_neighbour_ratio,
    principal_scores,
    rbf_mmd,
)
from repshift.similarity.stacks import Grams
from repshift.statistics.classification import domain_aucs


def mahalanobis(grams: Grams, pair: Pair) -> Values:
    """Return `mahalanobis_ratio` of the pair's maps."""
    return mahalanobis_ratio(grams, pair.maps, n_components=pair.n_components, n_folds=pair.n_folds)


def auc(grams: Grams, pair: Pair) -> Values:
    """Return how well a classifier tells the domains apart by their leading principal components, `domain_aucs`."""
    labels = {"out_of_distribution": pair.maps.outside, "simulations": pair.maps.simulations}
    scores = principal_scores(grams, n_components=pair.n_components)
    return domain_aucs(scores, **labels, n_folds=pair.n_folds, seed=pair.seed)


MMD_LINEAR: Final = LayerScore("mmd_linear", "linear MMD", lambda grams, pair: linear_mmd(grams, pair.maps))
MMD_RBF: Final = LayerScore("mmd_rbf", "RBF MMD", lambda grams, pair: rbf_mmd(grams, pair.maps))
MAHALANOBIS: Final = LayerScore("mahalanobis", "Mahalanobis", mahalanobis)
NEAREST: Final = LayerScore(
    "nearest", "nearest neighbour", lambda grams, pair: nearest_neighbour_ratio(grams, pair.maps)
)
AUC: Final = LayerScore("auc", "domain classifier", auc)

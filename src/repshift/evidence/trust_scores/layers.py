"""Trust by the distance of a map's representation from those of the model's own domain."""

from typing import Final

from repshift.evidence.trust_scores.score import TrustMaps, TrustReference, TrustScore, Values
from repshift.statistics.reference_distances import mahalanobis_distances, neighbour_distances
from repshift.vocabulary import InputError


def mahalanobis(maps: TrustMaps, reference: TrustReference) -> Values:
    """Return the Mahalanobis distance of each map's features from the reference, (n_maps,)."""
    layer = str(reference.layer)
    try:
        return mahalanobis_distances(maps.features[layer], reference.maps.features[layer])
    except InputError as error:
        raise InputError(f"Layer '{layer}': {error}") from error


def nearest_neighbours(maps: TrustMaps, reference: TrustReference) -> Values:
    """Return the mean distance of each map's features from the nearest of the reference, (n_maps,)."""
    layer = str(reference.layer)
    known = reference.maps.features[layer]
    return neighbour_distances(maps.features[layer], known, n_neighbours=reference.neighbours)


LAYERS: Final = (
    TrustScore(
        "mahalanobis",
        "Mahalanobis distance",
        "Mahalanobis distance of the layer's features from those of the reference",
        frozenset({"layers"}),
        mahalanobis,
        is_of_layers=True,
        has_reference=True,
    ),
    TrustScore(
        "nearest_neighbours",
        "nearest neighbours",
        "mean distance of the layer's features from the nearest maps of the reference",
        frozenset({"layers"}),
        nearest_neighbours,
        is_of_layers=True,
        has_reference=True,
    ),
)

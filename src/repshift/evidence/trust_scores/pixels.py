"""Trust by the pixels alone, which no network is needed for: what other scores have to beat."""

from typing import Final

import numpy as np

from repshift.evidence.trust_scores.score import TrustMaps, TrustReference, TrustScore, Values
from repshift.statistics.reference_distances import mahalanobis_distances


def pixel_std(maps: TrustMaps, _reference: TrustReference) -> Values:
    """Return the standard deviation of the pixels of each map, the root of the mean square over channels, (n_maps,)."""
    n_channels = maps.pixels.shape[1] // 2
    return np.asarray(np.sqrt(np.square(maps.pixels[:, n_channels:]).mean(1)))


def pixel_distance(maps: TrustMaps, reference: TrustReference) -> Values:
    """Return the Mahalanobis distance of the mean and the standard deviation of the pixels, (n_maps,)."""
    return mahalanobis_distances(maps.pixels, reference.maps.pixels)


BASELINE: Final = "pixel_std"
"""Score that all others are compared with."""

PIXELS: Final = (
    TrustScore(
        BASELINE,
        "pixel standard deviation",
        "standard deviation of the pixels of the map as the network reads it",
        frozenset(),
        pixel_std,
    ),
    TrustScore(
        "pixel_distance",
        "pixel moments",
        "Mahalanobis distance of the mean and standard deviation of the pixels from those of the reference",
        frozenset(),
        pixel_distance,
        has_reference=True,
    ),
)

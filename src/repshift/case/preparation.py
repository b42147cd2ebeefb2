"""How the maps of a case are prepared for its network, and what files say of it."""

from repshift.networks.preprocessing import Moments
from repshift.storage.measurement import Measurement
from repshift.storage.models import Description
from repshift.vocabulary import Domain


def moments_of(description: Description, measured: Measurement, domain: Domain) -> Moments:
    """Return the constants that standardise the domain's maps: the model's, or their own."""
    return description.moments if domain.standardisation == "training" else measured.moments


def preparation(description: Description, measured: Measurement, domain: Domain) -> dict[str, str | float]:
    """Return what a file made of the maps says of their preparation, and of how many maps the constants are."""
    moments = moments_of(description, measured, domain)
    if domain.standardisation == "training":
        estimate = description.provenance.get("moments_estimate")
        read = estimate["n_maps"] if estimate else "none" if description.provenance.get("moments_given") else "all"
    else:
        read = measured.estimate.n_maps if measured.estimate else "all"
    return {
        "smoothing": measured.preprocessing.smoothing,
        "monopole": measured.preprocessing.monopole,
        "logarithm": "taken" if measured.preprocessing.logarithm else "left out",
        "moments_mean": moments.mean,
        "moments_std": moments.std,
        "moments_maps": str(read),
    }

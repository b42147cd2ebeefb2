"""How the maps of a case are prepared for its network, and what files say of it."""

from collections.abc import Sequence
from typing import Any

from repshift.networks.channels import Moments, Preprocessing
from repshift.storage.measurement import Measurement
from repshift.storage.models import Description
from repshift.storage.simulations import Simulations
from repshift.vocabulary import Domain

Prepared = dict[str, Any]
"""What a file says of the preparation of maps: a value, or as text one for each channel, with commas between them."""


def moments_of(description: Description, simulations: Simulations, domain: Domain) -> tuple[Moments, ...]:
    """Return the constants that standardise each channel of the domain's maps: the model's, or their own."""
    return description.moments if domain.standardisation == "training" else simulations.moments


def preparation(description: Description, simulations: Simulations, domain: Domain) -> Prepared:
    """Return what a file made from the maps says of their preparation, and of how many maps the constants are."""
    moments = moments_of(description, simulations, domain)
    measured = simulations.measured
    found = _joined([_of_channel(one.preprocessing) for one in measured])
    found |= _joined([{"moments_mean": one.mean, "moments_std": one.std} for one in moments])
    if len(measured) > 1:
        found["channels"] = ", ".join(one.field for one in measured)
    return found | {"moments_maps": _maps_read(description, measured[0], domain)}


def _of_channel(preprocessing: Preprocessing) -> Prepared:
    """Return how a channel is prepared; what older files do not know only where it is done."""
    low, high = preprocessing.bounds
    more = {
        "arcsinh": preprocessing.arcsinh,
        "clip": None if preprocessing.clip is None else f"{low:g},{high:g}",
        "scale": None if preprocessing.scale == 1 else preprocessing.scale,
        "function": preprocessing.function or None,
    }
    logarithm = "taken" if preprocessing.logarithm else "left out"
    always = {"smoothing": preprocessing.smoothing, "monopole": preprocessing.monopole, "logarithm": logarithm}
    return always | {name: value for name, value in more.items() if value is not None}


def _joined(channels: Sequence[Prepared]) -> Prepared:
    """Return the values of one channel, or those of several, each name once."""
    if len(channels) == 1:
        return channels[0]
    names = dict.fromkeys(name for one in channels for name in one)
    return {name: ", ".join(str(one.get(name, "none")) for one in channels) for name in names}


def _maps_read(description: Description, measured: Measurement, domain: Domain) -> str:
    """Return of how many maps the constants are."""
    if domain.standardisation == "training":
        estimate = description.provenance.get("moments_estimate")
        estimate = estimate[0] if isinstance(estimate, list) else estimate  # of each channel, by one number of maps
        read = estimate["n_maps"] if estimate else "none" if description.provenance.get("moments_given") else "all"
    else:
        read = measured.estimate.n_maps if measured.estimate else "all"
    return str(read)

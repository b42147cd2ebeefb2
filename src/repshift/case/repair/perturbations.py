"""Maps of the model's own suite under perturbations, for networks that train on them."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from repshift.adaptation import Sample
from repshift.case.domain_maps import DomainMaps, Places
from repshift.case.stress.entries import sky_of
from repshift.perturbation.axes import axis_of, perturbed
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Perturbations:
    """What perturbs maps.

    Attributes
    ----------
    strengths
        By the name of the axis; each map is perturbed along one of them, drawn at random.
    is_periodic, pixel, pixel_units
        As `repshift.case.stress.entries.sky_of` has them.
    """

    strengths: Mapping[str, float] = field(default_factory=dict)
    is_periodic: bool = False
    pixel: float | None = None
    pixel_units: str = ""


def perturbed_sample(domain: DomainMaps, places: Places, n_maps: int, how: Perturbations, *, seed: int) -> Sample:
    """Return the maps of `DomainMaps.sample` perturbed, in their order.

    Raises
    ------
    InputError
        If there is no axis, or one does not fit the maps.
    """
    if not how.strengths:
        raise InputError("Training on perturbed maps needs axes to perturb them along. Give --perturbations.")
    plain = domain.sample(places, n_maps)
    shown = domain.shown
    positions = domain.positions[places, :n_maps].ravel()
    given: dict[str, Any] = {"is_periodic": how.is_periodic, "pixel": how.pixel, "pixel_units": how.pixel_units}
    sky = sky_of(shown, **given)
    rng = np.random.default_rng([seed, zlib.crc32(b"perturbations")])
    axes = rng.integers(len(how.strengths), size=len(positions))
    raw = shown.simulations.raw(positions).astype(np.float64)
    for number, (name, strength) in enumerate(how.strengths.items()):
        chosen = axes == number
        entropy = [(seed, int(position)) for position in positions[chosen]]
        raw[chosen], _ = perturbed(axis_of(name), raw[chosen], strength, sky=sky, entropy=entropy)
    maps = torch.from_numpy(shown.simulations.prepared(raw, positions, shown.moments))
    return Sample(maps.to(plain.maps.device), plain.simulations)

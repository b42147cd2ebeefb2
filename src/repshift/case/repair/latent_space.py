"""Maps of a model's own domain and of a target as its layers place them, before and after repairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from repshift.adaptation.barrier import repaired
from repshift.case.domain_maps import DomainMaps
from repshift.case.repair.open_ladder import OpenLadder
from repshift.case.repair.run_outcomes import material_of
from repshift.case.repair.run_plans import plans_without_training, rungs_without_training
from repshift.evidence.repair.latent_space import LatentSettings, latent_space, latent_variables
from repshift.evidence.repair.quantities import AS_IT_IS
from repshift.recording.fast import accelerate
from repshift.recording.representations import record_representations
from repshift.statistics.tuning_splits import TuningSplit
from repshift.storage.functions import Constructor
from repshift.storage.models import read_model
from repshift.vocabulary import InputError, about

DEFAULT_RUNG: Final = "batch_norm"
"""Repair that is drawn where none is said and the network has batch norms."""


@dataclass(frozen=True)
class LatentPicture:
    """What is placed.

    Attributes
    ----------
    rungs
        Repairs without training, made from the simulations that tune in the first split; none: `DEFAULT_RUNG`, or where
        the network has no batch norms the first that it allows.
    models
        Name and weights of repaired models beside them.
    layers
        By name; none: the last.
    n_maps
        Of each domain at most, one of each simulation that tunes no repair.
    how
        The embeddings.
    own
        The code of the model and of its repairs, where that is the user's own.
    """

    rungs: Sequence[str] = ()
    models: Sequence[tuple[str, Path]] = ()
    layers: Sequence[str] = ()
    n_maps: int = 50
    how: LatentSettings = field(default_factory=LatentSettings)
    own: Constructor | None = None


def latent_space_of(ladder: OpenLadder, pictured: LatentPicture) -> xr.Dataset:
    """Return maps in two dimensions, by layers of the network as it is and of repaired ones.

    Parameters
    ----------
    ladder
        The model and its domains, with one number of simulations that tune; its first split is used.
    pictured
        What is placed.

    Raises
    ------
    InputError
        If a layer does not exist, a repaired model is of another model, or as repairs and embeddings do.
    """
    layers = _layers(ladder, pictured.layers)
    networks = {AS_IT_IS: ("as it is", ladder.network), **_made(ladder, pictured.rungs)}
    networks |= {name: (name, _read(ladder, name, weights, pictured.own)) for name, weights in pictured.models}
    sides = [(ladder.home, ladder.home_splits[0]), (ladder.target, ladder.splits[0])]
    places = [split.judged[: pictured.n_maps] for _, split in sides]
    maps = torch.cat([side.maps[chosen, 0] for (side, _), chosen in zip(sides, places, strict=True)])
    recorded = [_recorded(network, maps, layers, ladder) for _, network in networks.values()]
    about_maps = _map_coordinates(sides, places)
    domains = about_maps["map_domain"][1]
    found = latent_space({layer: [one[layer] for one in recorded] for layer in layers}, domains, pictured.how)
    labels = [label for label, _ in networks.values()]
    coords = {"network": list(networks), "network_label": ("network", labels), **about_maps}
    coords |= {"layer": layers, "method": list(pictured.how.methods)}
    dataset = xr.Dataset(latent_variables(found) | _labels(ladder, sides, places), coords)
    return dataset.assign_attrs(_attributes(ladder, pictured, len(domains)))


def _layers(ladder: OpenLadder, asked: Sequence[str]) -> list[str]:
    """Return the layers asked for, in the order of the network; none: the last."""
    held = list(ladder.description.layers)
    unknown = [name for name in asked if name not in held]
    if unknown:
        raise InputError(f"The network has no layer '{unknown[0]}'. Its layers are {', '.join(held)}.")
    return [name for name in held if name in asked] or [ladder.last_layer]


def _made(ladder: OpenLadder, rungs: Sequence[str]) -> dict[str, tuple[str, nn.Module]]:
    """Return label and network of each rung."""
    repairs = rungs_without_training(ladder, rungs)
    if not rungs:
        repairs = [one for one in repairs if one.name == DEFAULT_RUNG] or repairs[:1]
    plans = [one for one in plans_without_training(ladder, repairs) if one.run.split == 0]
    return {
        one.run.rung: (one.run.label, repaired(ladder.network, one.repair, material_of(ladder, one), one.options))
        for one in plans
    }


def _read(ladder: OpenLadder, name: str, weights: Path, own: Constructor | None) -> nn.Module:
    """Read a repaired model, and refuse one of another model."""
    network, description = read_model(weights, own=own)
    if description.repair is None or description.repair.of != ladder.shown.model:
        of = "no repair" if description.repair is None else f"a repair of '{description.repair.of}'"
        raise InputError(f"Model '{name}' is {of}. Give repairs of '{ladder.shown.model}'.")
    return network.to(ladder.device)


def _recorded(network: nn.Module, maps: Tensor, layers: Sequence[str], ladder: OpenLadder) -> dict[str, Any]:
    """Return layers (n_maps, units) of a network, by the fast path."""
    fast = accelerate(network, maps[[0, -1]], layers=layers, device=ladder.device)
    how: dict[str, Any] = {"batch_size": ladder.settings.batch_size, "device": ladder.device}
    return record_representations(fast.network, maps, layers=fast.layers, **how)


def _map_coordinates(sides: Sequence[tuple[DomainMaps, TuningSplit]], places: Sequence[Any]) -> dict[str, Any]:
    """Return coordinates of maps: what they are of."""
    found: dict[str, list[Any]] = {}
    for (side, _), chosen in zip(sides, places, strict=True):
        held = side.shown.coordinates(side.positions[chosen, 0])
        for name in ("map", "simulation", "suite", "domain"):
            found.setdefault(name, []).extend(held[name][1])
    home = {"map_home": found["map"][: len(places[0])]}
    return {name if name == "map" else f"map_{name}": ("map", values) for name, values in found.items()} | home


def _labels(
    ladder: OpenLadder, sides: Sequence[tuple[DomainMaps, TuningSplit]], places: Sequence[Any]
) -> dict[str, Any]:
    """Return the labels of maps, NaN or empty where a domain has none; nothing where none has any."""
    if all(side.truth is None for side, _ in sides):
        return {}
    outputs = ladder.outputs
    parts = [
        np.full((len(chosen), len(outputs.names)), np.nan) if side.truth is None else side.truth[chosen]
        for (side, _), chosen in zip(sides, places, strict=True)
    ]
    truth = np.concatenate(parts)
    if outputs.label is None:
        names = ("parameter", list(outputs.names), about("parameter"))
        return {"truth": (("map", "parameter"), truth, about("true value", outputs.units)), "parameter": names}
    classes = np.array(["", *outputs.names], dtype=object)
    known = np.where(np.isfinite(truth).all(1), np.nan_to_num(truth).argmax(1) + 1, 0)
    return {"true_class": ("map", classes[known], about("true class"))}


def _attributes(ladder: OpenLadder, pictured: LatentPicture, n_maps: int) -> dict[str, Any]:
    """Return what the file says of the case, its maps, and what shaped the numbers."""
    shown, home, settings = ladder.shown, ladder.home.shown, ladder.settings
    said = {**shown.case.attributes(), **shown.domain.attributes(), **shown.preparation}
    said |= {"weights_sha256": ladder.description.sha256, "maps_sha256": shown.simulations.sha256}
    said |= {"own_domain": home.domain.name, "own_maps_sha256": home.simulations.sha256}
    said |= {"n_tuned": settings.n_tuned, "tuned_maps_each": settings.tuned_maps_each, "seed": settings.seed}
    said |= {"layer_aligned": settings.layer or "the last", "mixing": settings.mixing}
    said |= {"neighbours": pictured.how.neighbours_of(n_maps), "perplexity": pictured.how.perplexity_of(n_maps)}
    return said if ladder.device.type == "cpu" else said | {"device": ladder.device.type}

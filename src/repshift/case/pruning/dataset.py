"""The Dataset of a case whose layers are replaced, as the action replace writes it."""

import json
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import xarray as xr

from repshift.case.forward import OpenCase
from repshift.case.pruning.replacements import (
    Changes,
    Likeness,
    Replacements,
    changes_of,
    fitted,
    judged_outputs,
    likeness_of,
)
from repshift.case.pruning.settings import PruningSettings
from repshift.case.pruning.subject import PrunedMaps, Truth, pruned_maps, truth_of_maps
from repshift.case.repair.domain_maps import KnownLabels
from repshift.evidence.pruning.numbers import pruning_numbers
from repshift.evidence.pruning.quantities import RELATIONS, pruning_variables
from repshift.recording.devices import full_precision
from repshift.recording.passes import evaluating

logger = logging.getLogger(__name__)


def replaced_layers(
    shown: OpenCase,
    settings: PruningSettings,
    *,
    home: OpenCase | None,
    labels: KnownLabels | None,
    device: torch.device,
    advance: Callable[[], None] = lambda: None,
) -> xr.Dataset:
    """Replace the layers of a network, and judge it on a domain.

    Parameters
    ----------
    shown
        The model shown the domain.
    settings
        How.
    home
        The model shown its own domain, where linear maps are fitted and blocks are found; None: it is `shown`.
    labels
        Where those of the domain are.
    device
        Where torch computes.
    advance
        Called after each pass over the maps: one, and one for each split.

    Returns
    -------
    As `repshift.stages.pruning.replace` describes it.

    Raises
    ------
    InputError
        If the domain has no labels, too few simulations, or no layer of the network can be replaced.
    """
    maps = pruned_maps(shown, settings, labels=labels, device=device)
    fit = maps if home is None else pruned_maps(home, settings, labels=None, device=device)
    truth = truth_of_maps(maps, settings)
    network = shown.network.to(device)
    with evaluating(network, None), full_precision():
        likeness = likeness_of(maps, network, settings, device)
        at_home = likeness if home is None else likeness_of(fit, network, settings, device)
        changes = changes_of(network, fit.inputs[:2], at_home, settings)
        found = fitted(fit, changes, network, settings)
        unchanged, changed = judged_outputs(maps, found, network, settings, advance=advance)
    for name, why in changes.chains.left_out.items():
        logger.warning("layer '%s' cannot be replaced: it %s", name, why)
    variables = _variables(maps, truth, found, likeness, settings, (unchanged, changed))
    coords = coordinates_of(found, truth.names, settings)
    return xr.Dataset(variables, coords=coords).assign_attrs(attributes_of(maps, truth, changes, settings, fit))


def _variables(
    maps: PrunedMaps,
    truth: Truth,
    found: Replacements,
    likeness: Likeness,
    settings: PruningSettings,
    outputs: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
) -> dict[str, Any]:
    """Return the variables of what networks make of the maps: unchanged, and with each change."""
    unchanged, changed = outputs
    as_it_is = truth.predictions(maps.shown, unchanged, maps.positions)
    predictions = predictions_of(maps, truth, changed)
    layers = numbers_of_changes(found, likeness, settings)
    numbers = pruning_numbers(
        truth.judgement,
        np.broadcast_to(as_it_is, (len(maps.judged), *as_it_is.shape)),
        predictions,
        layers={name: layers[name] for name in RELATIONS},
        compared=np.array([len(one.layers) == 1 and not found.is_linear(one) for one in found.changes.changes]),
        n_resamples=settings.resamples,
        seed=settings.seed,
    )
    return pruning_variables(layers | {"score_unchanged": numbers.pop("reference")} | numbers)


def predictions_of(maps: PrunedMaps, truth: Truth, outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return what is scored of outputs (..., n_maps, n_outputs), (..., n_maps, scored); NaN where these are."""
    rows = outputs.reshape(-1, *outputs.shape[-2:])
    found = np.full((*rows.shape[:2], len(truth.columns)), np.nan)
    for into, values in zip(found, rows, strict=True):
        known = np.isfinite(values).all(1)
        if known.any():
            into[known] = truth.predictions(maps.shown, values[known], maps.positions[known])
    return found.reshape(*outputs.shape[:-1], len(truth.columns))


def numbers_of_changes(found: Replacements, likeness: Likeness, settings: PruningSettings) -> dict[str, Any]:
    """Return what is known of each change but for the scores."""
    changes, order = found.changes.changes, list(found.changes.chains.layers)
    refusals = [[found.refusals[one.name, way] for way in settings.ways] for one in changes]
    return {
        "refusal": np.array(refusals, dtype=object),
        "cka_with_neighbour": np.array([likeness.between(one) for one in changes]),
        "depth": np.array([order.index(one.layers[0]) + 1.0 for one in changes]),
        "parameters_saved": np.array([[found.saved(one, way) for way in settings.ways] for one in changes]),
        "unexplained": np.array([found.unexplained(one) for one in changes]),
    }


def coordinates_of(
    replacements: Replacements, parameters: tuple[str, ...], settings: PruningSettings
) -> dict[str, Any]:
    """Return the coordinates of a file of replaced layers."""
    changes = replacements.changes
    found = changes.changes
    return {
        "change": [one.name for one in found],
        "n_layers": ("change", np.array([len(one.layers) for one in found])),
        "first": ("change", np.array([one.layers[0] for one in found], dtype=object)),
        "last": ("change", np.array([one.layers[-1] for one in found], dtype=object)),
        "block": ("change", np.array([changes.block_of(one) for one in found], dtype=object)),
        "is_linear": ("change", np.array([replacements.is_linear(one) for one in found], dtype=np.int8)),
        "way": list(settings.ways),
        "parameter": list(parameters),
        "relation": list(RELATIONS),
    }


def attributes_of(
    maps: PrunedMaps, truth: Truth, changes: Changes, settings: PruningSettings, home: PrunedMaps
) -> dict[str, Any]:
    """Return what names the case and its settings, and the checksums of what was read."""
    shown = maps.shown
    network = shown.network
    return {
        **shown.case.attributes(),
        **shown.domain.attributes(),
        **shown.preparation,
        "score": truth.judgement.score.name,
        "score_label": truth.judgement.score.label,
        "own_domain": home.shown.domain.name,
        "parameters": sum(one.numel() for one in network.parameters()),
        "layers": ", ".join(changes.chains.layers),
        "alike": settings.alike,
        "blocks": ", ".join(f"{first} to {last}" for first, last in changes.blocks),
        "left_out": json.dumps(dict(changes.chains.left_out)),
        "splits": settings.splits,
        "n_tuned": len(home.splits[0].tuned) * home.maps_each,
        "n_judged": len(maps.splits[0].judged) * maps.maps_each,
        "maps_each": maps.maps_each,
        "seed": settings.seed,
        "resamples": settings.resamples,
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.sha256,
        "own_maps_sha256": home.shown.simulations.sha256,
    }

"""The Dataset of a case whose layers are replaced, as the action replace writes it."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from repshift.case.domain_maps import KnownLabels
from repshift.case.forward import OpenCase
from repshift.case.pruning.changes import Likeness, changes_of, likeness_of
from repshift.case.pruning.replacements import Replacements, fitted, judged_outputs
from repshift.case.pruning.settings import PruningSettings
from repshift.case.pruning.subject import PrunedMaps, Truth, pruned_maps, truth_of_maps
from repshift.evidence.pruning.numbers import pruning_numbers
from repshift.evidence.pruning.quantities import RELATIONS, pruning_variables
from repshift.recording.devices import full_precision
from repshift.recording.passes import evaluating

logger = logging.getLogger(__name__)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PruningCase:
    """A case whose changes are found, and whose linear maps are fitted.

    Attributes
    ----------
    maps, home
        Of the domain that is judged, and of the model's own, where linear maps are fitted.
    truth
        What is true of the former.
    likeness
        How alike layers are there.
    found
        What stands for each change.
    """

    maps: PrunedMaps
    home: PrunedMaps
    truth: Truth
    likeness: Likeness
    found: Replacements


def prepared_case(
    shown: OpenCase,
    settings: PruningSettings,
    *,
    home: OpenCase | None,
    labels: KnownLabels | None,
    home_labels: KnownLabels | None = None,
    device: torch.device,
) -> PruningCase:
    """Find what of a network can be replaced, and fit the linear maps; arguments and errors as `replaced_layers`."""
    maps = pruned_maps(shown, settings, labels=labels, device=device)
    own = maps if home is None else pruned_maps(home, settings, labels=home_labels, device=device)
    truth, network = truth_of_maps(maps, settings), shown.network.to(device)
    with evaluating(network, None), full_precision():
        likeness = likeness_of(maps, network, settings, device)
        at_home = likeness if home is None else likeness_of(own, network, settings, device)
        changes = changes_of(network, own, at_home, settings)
        found = fitted(own, changes, network, settings)
    for name, why in changes.chains.left_out.items():
        logger.warning("layer '%s' cannot be replaced: it %s", name, why)
    return PruningCase(maps, own, truth, likeness, found)


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
    case = prepared_case(shown, settings, home=home, labels=labels, device=device)
    with evaluating(shown.network, None), full_precision():
        unchanged, changed = judged_outputs(case.maps, case.found, shown.network, settings, advance=advance)
    numbers = numbers_of(case, settings, unchanged[None], changed)
    variables = numbers_of_changes(case, settings) | {"score_unchanged": numbers.pop("reference")} | numbers
    return pruning_dataset(case, settings, variables)


def pruning_dataset(case: PruningCase, settings: PruningSettings, variables: Mapping[str, Any]) -> xr.Dataset:
    """Return the Dataset of values by the names of `repshift.evidence.pruning.quantities.PRUNING_QUANTITIES`."""
    found = xr.Dataset(pruning_variables(variables), coords=_coordinates(case, settings))
    return found.assign_attrs(_attributes(case, settings))


def numbers_of(
    case: PruningCase, settings: PruningSettings, reference: Values, changed: Values, *, repeats: int = 1
) -> dict[str, Any]:
    """Return scores, what changes lose of them, and what that goes with.

    Parameters
    ----------
    case, settings
        The case, and how it is judged.
    reference
        (runs, n_maps, n_outputs): outputs of the network that changes are measured against; one run stands for all.
    changed
        (changes, ways, runs, n_maps, n_outputs): with each change.
    repeats
        Runs of each split, one after the other.

    Returns
    -------
    As `repshift.evidence.pruning.numbers.pruning_numbers`.
    """
    judgement = replace(case.truth.judgement, judged=np.repeat(case.truth.judgement.judged, repeats, axis=0))
    layers = numbers_of_changes(case, settings)
    of_reference = predictions_of(case.maps, case.truth, reference)
    return pruning_numbers(
        judgement,
        np.broadcast_to(of_reference, (len(judgement.judged), *of_reference.shape[1:])),
        predictions_of(case.maps, case.truth, changed),
        layers={name: layers[name] for name in RELATIONS},
        compared=np.array(
            [len(one.layers) == 1 and not case.found.is_linear(one) for one in case.found.changes.changes]
        ),
        n_resamples=settings.resamples,
        seed=settings.seed,
    )


def predictions_of(maps: PrunedMaps, truth: Truth, outputs: Values) -> Values:
    """Return what is scored of outputs (..., n_maps, n_outputs), (..., n_maps, scored); NaN where these are."""
    rows = outputs.reshape(-1, *outputs.shape[-2:])
    found = np.full((*rows.shape[:2], len(truth.columns)), np.nan)
    for into, values in zip(found, rows, strict=True):
        known = np.isfinite(values).all(1)
        if known.any():
            into[known] = truth.predictions(maps.shown, values[known], maps.positions[known])
    return found.reshape(*outputs.shape[:-1], len(truth.columns))


def numbers_of_changes(case: PruningCase, settings: PruningSettings) -> dict[str, Any]:
    """Return what is known of each change except the scores."""
    found, order = case.found, list(case.found.changes.chains.layers)
    changes = found.changes.changes
    refusals = [[found.refusals[one.name, way] for way in settings.ways] for one in changes]
    return {
        "refusal": np.array(refusals, dtype=object),
        "cka_with_neighbour": np.array([case.likeness.between(one) for one in changes]),
        "depth": np.array([order.index(one.layers[0]) + 1.0 for one in changes]),
        "parameters_saved": np.array([[found.saved(one, way) for way in settings.ways] for one in changes]),
        "unexplained": np.array([found.unexplained(one) for one in changes]),
    }


def _coordinates(case: PruningCase, settings: PruningSettings) -> dict[str, Any]:
    changes = case.found.changes.changes
    return {
        "change": [one.name for one in changes],
        "n_layers": ("change", np.array([len(one.layers) for one in changes])),
        "first": ("change", np.array([one.layers[0] for one in changes], dtype=object)),
        "last": ("change", np.array([one.layers[-1] for one in changes], dtype=object)),
        "block": ("change", np.array([case.found.changes.block_of(one) for one in changes], dtype=object)),
        "is_linear": ("change", np.array([case.found.is_linear(one) for one in changes], dtype=np.int8)),
        "way": list(settings.ways),
        "parameter": list(case.truth.names),
        "relation": list(RELATIONS),
    }


def _attributes(case: PruningCase, settings: PruningSettings) -> dict[str, Any]:
    """Return what names the case and its settings, and the checksums of what was read."""
    maps, home, shown, changes = case.maps, case.home, case.maps.shown, case.found.changes
    return {
        **shown.case.attributes(),
        **shown.domain.attributes(),
        **shown.preparation,
        "score": case.truth.judgement.score.name,
        "score_label": case.truth.judgement.score.label,
        "own_domain": home.shown.domain.name,
        "parameters": sum(one.numel() for one in shown.network.parameters()),
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

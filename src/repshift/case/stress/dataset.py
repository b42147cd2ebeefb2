"""The Dataset of a case along its axes, as the stage stress writes it."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.forward import OpenCase
from repshift.case.maps import CHANNEL, quantity_of
from repshift.case.outputs import Outputs, outputs_of
from repshift.case.stress.plan import Choice, Plan
from repshift.case.stress.run import run_levels, said
from repshift.case.stress.true_values import predictions_of, true_values
from repshift.evidence.stress.levels import Levels
from repshift.evidence.stress.quantities import STRESS_NUMBERS
from repshift.evidence.stress.variables import HomeScores, flat_scores, stress_numbers
from repshift.evidence.stress.warning import ScoreCurves
from repshift.recording.curves import Curves
from repshift.storage.datasets import open_dataset
from repshift.storage.files import sha256
from repshift.storage.models import CMD_NETWORK
from repshift.vocabulary import FEWEST_SIMULATIONS, InputError, about

logger = logging.getLogger(__name__)

_PLACE: Final = "map_position"
"""Coordinate of the position of a map in its file: ``position`` is where another suite lies along an axis."""

_FOLLOWED: Final = frozenset({"one_at_a_time", "parameter"})
"""Kinds of axes whose truth is known at each strength, where the labels move."""

_LONG_NAMES: Final = {
    "mean": "predicted posterior mean",
    "std": "predicted posterior standard deviation",
    "probability": "predicted probability of the class",
}


def stress_of(
    shown: OpenCase,
    plan: Plan,
    *,
    home: tuple[OpenCase, Choice] | None,
    advance: Callable[[], None] = lambda: None,
) -> xr.Dataset:
    """Run a case along its axes, and judge it.

    Parameters
    ----------
    shown, plan, home, advance
        As in `repshift.case.stress.run.run_levels`.

    Returns
    -------
    As `repshift.stages.stress.curves` describes it.

    Raises
    ------
    InputError
        If maps cannot be perturbed or judged so; names the axis, the map, or what is missing.
    """
    description = shown.description
    says = description.outputs or description.constructor == CMD_NETWORK
    outputs = outputs_of(shown) if says else None
    curves, fused = run_levels(shown, plan, outputs, home=home, advance=advance)
    of_maps = _of_maps(shown, plan, curves, outputs)
    numbers = _of_numbers(shown, plan, curves, outputs, of_maps)
    return of_maps.merge(numbers).assign_attrs(_attributes(shown, plan, curves, outputs, home, fused))


def _of_maps(shown: OpenCase, plan: Plan, curves: Curves, outputs: Outputs | None) -> xr.Dataset:
    """Return what there is of each map at each level."""
    positions, units = plan.choice.positions, "1" if outputs is None else outputs.units
    levels = [said(shown, outputs, answers, positions) for answers in curves.answers]
    variables: dict[str, Any] = {
        name: (("level", "map", _dimension(outputs)), np.stack([one[name] for one in levels]), about(text, units))
        for name, text in _LONG_NAMES.items()
        if name in levels[0]
    }
    variables["floored"] = (("level", "map"), curves.floored, dict(STRESS_NUMBERS["floored"]))
    variables |= _examples(shown, plan)
    physical = [source.physical(strength) for source in plan.sources for strength in source.strengths]
    lengths = np.array([np.nan if one is None else one[0] for one in physical])
    of_length = about("strength in physical units", "see the attribute axes")
    of_map = shown.coordinates(positions)
    of_map[_PLACE] = of_map.pop("position")
    coords: dict[str, Any] = {**of_map, "physical": ("level", lengths, of_length)}
    if outputs is not None:
        coords[outputs.dimension] = list(outputs.names)
        truth = true_values(shown, plan, outputs)
        if truth is not None:
            variables["truth"] = (*truth, about("true value", units))
    return xr.Dataset(variables, coords=coords)


def _dimension(outputs: Outputs | None) -> str:
    return "parameter" if outputs is None else outputs.dimension


def _examples(shown: OpenCase, plan: Plan) -> dict[str, Any]:
    """Return a map at each level, as it is before it is prepared: the first that takes part."""
    pictures = []
    for source, strength in plan.pairs:
        first = plan.choice.positions[source.takes(plan.choice.positions)][:1]
        pictures.append(source.raw(first, strength)[0][0].astype(np.float32))
    maps, quantities = np.stack(pictures), [quantity_of(one) for one in shown.simulations.measured]
    units, names = (
        ", ".join(dict.fromkeys(getattr(one, word) for one in quantities)) for word in ("units", "long_name")
    )
    if maps.shape[1] == 1:
        return {"example": (("level", "y", "x"), maps[:, 0], about(names, units))}
    return {"example": (("level", CHANNEL, "y", "x"), maps, about(names, units))}


def _of_numbers(
    shown: OpenCase, plan: Plan, curves: Curves, outputs: Outputs | None, of_maps: xr.Dataset
) -> xr.Dataset:
    """Return the numbers of the case."""
    levels = plan.levels
    names, values, null = flat_scores(curves.scores, curves.null, outputs=() if outputs is None else outputs.names)
    simulations = plan.choice.positions // shown.maps_per_simulation
    recorded = simulations[plan.choice.recorded]
    n_simulations = len(np.unique(simulations))
    if outputs is not None and n_simulations < FEWEST_SIMULATIONS:
        logger.warning("%d simulations, fewer than %d: no number has ends", n_simulations, FEWEST_SIMULATIONS)
    halves = np.array([np.isin(simulations, recorded[rows]) for rows in curves.halves], dtype=bool)
    return stress_numbers(
        levels,
        predictions=None if outputs is None else predictions_of(shown, plan, outputs, of_maps),
        layers=curves.layers,
        drift=curves.drift,
        names=names,
        scores=ScoreCurves(values, null, halves.reshape(len(curves.halves), len(simulations))),
        home=None if plan.own_stress is None else _home_scores(plan.own_stress, shown),
        n_resamples=plan.resamples,
        seed=plan.seed,
    )


def _home_scores(path: Path, shown: OpenCase) -> HomeScores:
    """Read the scores along the axes of the model's own domain."""
    with open_dataset(path, attributes=("axes", "weights_sha256")) as found:
        if found.attrs["weights_sha256"] != shown.description.sha256 or found.attrs["in_distribution"] != "true":
            raise InputError(f"{path} is not of model '{shown.model}' on its own domain.")
        levels = Levels(tuple(map(str, found["axis"].to_numpy())), found["strength"].to_numpy())
        has = "score_value" in found
        values = found["score_value"].to_numpy() if has else np.empty((len(levels.axes), 0, 0))
        null = found["score_null"].to_numpy() if has else np.empty((0, 0))
        keys = tuple(map(str, found["score"].to_numpy()))
    return HomeScores(levels, ScoreCurves(values, null, np.empty((0, 0), dtype=bool)), keys)


def _attributes(
    shown: OpenCase,
    plan: Plan,
    curves: Curves,
    outputs: Outputs | None,
    home: tuple[OpenCase, Choice] | None,
    fused: int,
) -> dict[str, Any]:
    """Return what names the case, its axes and its settings."""
    read = [path for path in (plan.own_predictions, plan.own_stress) if path is not None]
    own = {} if home is None else {"own_domain": home[0].domain.name, "own_maps_sha256": home[0].simulations.sha256}
    return {
        **shown.case.attributes(),
        **shown.domain.attributes(),
        **shown.preparation,
        **(outputs.attributes if outputs is not None else {}),
        **own,
        "axes": json.dumps(_axes(plan, curves), sort_keys=False),
        "n_simulations": len(set((plan.choice.positions // shown.maps_per_simulation).tolist())),
        "recorded_maps": len(plan.choice.recorded),
        "seed": plan.seed,
        "resamples": plan.resamples,
        "halves": plan.halves,
        "rewritten_convolutions": fused,
        "device": plan.device,
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.sha256,
        "inputs_sha256": " ".join(map(sha256, read)),
    }


def _axes(plan: Plan, curves: Curves) -> dict[str, Any]:
    """Return what each axis is, by its key."""
    found, first = {}, 0
    for source in plan.sources:
        floored = curves.floored[first : first + len(source.strengths)]
        first += len(source.strengths)
        physical = source.physical(source.strengths[-1])
        found[source.name] = {
            "label": source.label,
            "units": source.units,
            "moves_labels": source.moves_labels and source.kind not in _FOLLOWED,
            "moves_truth": source.moves_labels and source.kind in _FOLLOWED,
            "kind": source.kind,
            "physical_units": "" if physical is None else physical[1],
            "floors": int(floored.sum()),
            "maps": int(source.takes(plan.choice.positions).sum()),
        }
    return found

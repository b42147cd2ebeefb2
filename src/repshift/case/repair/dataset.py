"""The file of a ladder: what its networks make of the maps that judge them, and the numbers of its entries."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.domain_maps import DomainMaps
from repshift.case.repair.open_ladder import OpenLadder
from repshift.case.repair.run_outcomes import RunOutcome, names_of, stacked
from repshift.case.repair.run_table import SIDES, run_coordinates
from repshift.evidence.repair import judgement, prior
from repshift.evidence.repair.quantities import repair_variables
from repshift.evidence.shift_scores import shift_score
from repshift.statistics.resampling import LEVEL

Values = npt.NDArray[np.float64]


def runs_dataset(ladder: OpenLadder, runs: Sequence[RunOutcome]) -> xr.Dataset:
    """Return what a ladder makes, run by run, without the numbers of entries."""
    domains = {"target": ladder.target, "home": ladder.home}
    domains |= {} if ladder.prior is None else {"prior": ladder.prior}
    coords: dict[str, Any] = {ladder.outputs.dimension: [ladder.outputs.names[place] for place in ladder.scored]}
    coords["parameter"] = list(ladder.scored_names)
    values: dict[str, Any] = {}
    for name, maps in domains.items():
        values |= _of_domain(ladder, runs, name, maps)
        coords |= _maps_of(ladder, SIDES[name], maps)
    names = names_of(runs)
    layers = list(ladder.description.layers)
    values["run_label_free"] = np.array([[one.label_free.get(name, np.nan) for name in names] for one in runs])
    unknown = np.full((len(layers), len(layers)), np.nan)
    values |= {
        f"run_cka_{SIDES[name]}": np.stack([one.cka.get(name, unknown) for one in runs]) for name in ("home", "target")
    }
    coords |= {"label_free_name": list(names), "layer": layers, "layer_other": layers}
    coords["label_free_label"] = ("label_free_name", [shift_score(one).words for one in names])
    coords |= run_coordinates([one.run for one in runs])
    return xr.Dataset(repair_variables(values, units=ladder.outputs.units), coords, _attributes(ladder))


def _of_domain(ladder: OpenLadder, runs: Sequence[RunOutcome], name: str, maps: DomainMaps) -> dict[str, Any]:
    """Return predictions and truth of the maps of a domain that may judge, and which split judges which."""
    each = ladder.settings.maps_each
    n_maps = maps.n_simulations * each
    kinds = list(runs[0].seen[name].outputs)
    found: dict[str, Any] = {f"{name}_{kind}": stacked(runs, name, kind, n_maps=n_maps) for kind in kinds}
    splits = {"target": ladder.splits, "home": ladder.home_splits, "prior": ladder.prior_splits}[name]
    judged = np.zeros((len(splits), maps.n_simulations), dtype=np.int8)
    for row, split in zip(judged, splits, strict=True):
        row[split.judged] = 1
    found[f"judged_{name}"] = judged.repeat(each, axis=1)
    if maps.truth is None:
        return found
    if ladder.outputs.label is not None:
        classes = np.array(ladder.outputs.names, dtype=object)[maps.truth.argmax(1)]
        return found | {f"class_{name}": classes.repeat(each)}
    return found | {f"truth_{name}": maps.truth[:, list(ladder.scored)].repeat(each, axis=0)}


def _maps_of(ladder: OpenLadder, side: str, maps: DomainMaps) -> dict[str, Any]:
    """Return the coordinates of the maps of a domain."""
    positions, _ = maps.chosen(ladder.settings.maps_each)
    found = maps.shown.coordinates(positions)
    return {f"{side}_{name}": (f"map_{side}", found[name][1]) for name in ("map", "simulation")}


def _attributes(ladder: OpenLadder) -> dict[str, Any]:
    """Return what the file says of the case, its maps, and what shaped the numbers."""
    shown, home, settings = ladder.shown, ladder.home.shown, ladder.settings
    said = {**shown.case.attributes(), **shown.domain.attributes(), **shown.preparation, **ladder.outputs.attributes}
    said |= {"weights_sha256": ladder.description.sha256, "maps_sha256": shown.simulations.sha256}
    said |= {"own_domain": home.domain.name, "own_maps_sha256": home.simulations.sha256}
    said |= {"score": ladder.score.name, "score_label": ladder.score.label}
    said |= {"prior_parameter": settings.prior_parameter or ""}
    said |= {"prior_domain": "" if ladder.prior is None else ladder.prior.shown.domain.name}
    said |= {"layer_aligned": settings.layer or "the last", "level": LEVEL}
    said |= {name: getattr(settings, name) for name in ("splits", "seed", "resamples", "maps_each", "tuned_maps_each")}
    said |= {"labels": str(ladder.target.truth is not None).lower()}
    said |= {"interval_covers": judgement.COVERS, "prior_interval_covers": prior.COVERS}
    return said if ladder.device.type == "cpu" else said | {"device": ladder.device.type}

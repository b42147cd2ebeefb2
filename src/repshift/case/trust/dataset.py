"""The Dataset of the trust in the maps of a case, as the stage trust writes it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from repshift.case.trust.judgement import Judgement, levels_attained
from repshift.evidence.attribution.quantities import variables_of
from repshift.evidence.trust.conformal_numbers import ConformalCase, conformal_numbers
from repshift.evidence.trust.map_values import MapValues
from repshift.evidence.trust.quantities import OF_PARAMETER, TRUST_QUANTITIES
from repshift.evidence.trust_scores.pixels import BASELINE
from repshift.statistics.calibration import BINS
from repshift.statistics.risk_coverage import SHARES
from repshift.vocabulary import SEEN


def trust_of(judgement: Judgement) -> xr.Dataset:
    """Return the trust in the maps of a case.

    Returns
    -------
    The variables of `repshift.evidence.trust.quantities.TRUST_QUANTITIES` that the case has what they need for.

    Raises
    ------
    InputError
        If the own domain has too few simulations for halves, or for the level.
    """
    case = judgement.conformal
    values = judgement.values(judgement.shown)
    found: dict[str, Any] = {"values": values.values, "values_by_parameter": values.by_parameter}
    found |= judgement.of_domains(values) | judgement.of_errors(values)
    found |= {} if case is None else conformal_numbers(case)
    variables = variables_of(TRUST_QUANTITIES, found)
    coords = _coordinates(judgement, values, case)
    dataset = xr.Dataset(variables, _held(coords, variables), _attributes(judgement, case))
    for variable in dataset.data_vars.values():
        if variable.attrs["units"] == OF_PARAMETER:
            variable.attrs["units"] = judgement.shown.outputs.units
    return dataset


def _coordinates(judgement: Judgement, values: MapValues, case: ConformalCase | None) -> dict[str, Any]:
    """Return what things are called along the dimensions."""
    scores, shown = values.scores.values(), judgement.shown
    labels = [score.label if layer is None else f"{score.label}, {layer}" for score, layer in scores]
    kinds = () if case is None else case.kinds
    return {
        "score": list(values.scores),
        "score_label": ("score", labels),
        "score_name": ("score", [score.name for score, _ in scores]),
        "score_layer": ("score", [layer or "" for _, layer in scores]),
        "score_of_outputs": ("score", [int(score.is_of_outputs) for score, _ in scores]),
        "parameter": list(shown.names),
        "share": list(SHARES),
        "level": list(judgement.levels),
        "level_attainable": ("level", levels_attained(case, judgement.levels)),
        "bin": (np.arange(BINS) + 0.5) / BINS,
        "kind": [kind.name for kind in kinds],
        "kind_label": ("kind", [kind.label for kind in kinds]),
        **shown.shown.coordinates(shown.positions),
    }


def _held(coords: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the coordinates of dimensions that variables have."""
    dimensions = {dimension for dims, _, _ in variables.values() for dimension in dims}
    return {
        name: values
        for name, values in coords.items()
        if (values[0] if isinstance(values, tuple) else name) in dimensions
    }


def _attributes(judgement: Judgement, case: ConformalCase | None) -> dict[str, Any]:
    """Return what the file says of the case, its maps and what shaped the numbers."""
    shown, home, settings = judgement.shown.shown, judgement.home.shown, judgement.settings
    said = {**shown.case.attributes(), **shown.domain.attributes(), **shown.preparation}
    said |= {"weights_sha256": shown.description.sha256, "maps_sha256": shown.simulations.sha256}
    said |= {"own_domain": home.domain.name, "own_suite": home.domain.suite}
    said |= {"own_maps_sha256": home.simulations.sha256, "baseline": BASELINE}
    said |= {SEEN: judgement.shown.n_seen, f"own_{SEEN}": judgement.home.n_seen}
    said |= {"layers": ", ".join(judgement.home.layers), "n_calibration": judgement.n_calibration}
    if case is not None:
        said["level_attainable"] = levels_attained(case, judgement.levels)[judgement.levels.index(settings.level)]
    drawn = ("level", "splits", "maps_each", "neighbours", "seed", "resamples")
    said |= {name: getattr(settings, name) for name in drawn}
    said |= {"symmetries": int(settings.symmetries), "dropout_passes": settings.dropout_passes or 0}
    return said

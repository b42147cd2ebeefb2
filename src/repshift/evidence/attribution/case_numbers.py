"""The numbers of an attributed case with their intervals."""

from typing import Any

import numpy as np
import xarray as xr

from repshift.evidence.attribution.attributions import AttributedMaps
from repshift.evidence.attribution.concentration import concentration
from repshift.evidence.attribution.domain_changes import changes_from
from repshift.evidence.attribution.map_sums import MapSums
from repshift.evidence.attribution.nulls import faithfulness, randomisation
from repshift.evidence.attribution.places import map_coordinates
from repshift.evidence.attribution.quantities import MAP_QUANTITIES, variables_of
from repshift.evidence.attribution.relations import relations
from repshift.statistics.map_resamples import map_resamples
from repshift.vocabulary import InputError


def attribution_numbers(
    found: AttributedMaps, *, n_resamples: int, seed: int, home: xr.Dataset | None = None
) -> xr.Dataset:
    """Return the whole Dataset of a case except the coordinates of its maps and its attributes.

    Parameters
    ----------
    found
        What was run.
    n_resamples, seed
        Of the bootstrap by simulation. With fewer than ten simulations no number has ends: they are NaN.
    home
        The same Dataset of the model's own domain, with the coordinate ``simulation`` of its maps, where the case is
        out of distribution.

    Returns
    -------
    Variables of `repshift.evidence.attribution.quantities.MAP_QUANTITIES`.

    Raises
    ------
    InputError
        If arrays disagree in shape or are not finite, or the home Dataset has other methods, outputs or scales.
    """
    found.require_whole()
    sums = MapSums(found)
    resamples = map_resamples(found.simulations, n_resamples=n_resamples, seed=seed)
    variables: dict[str, Any] = {**_of_maps(found), **sums.variables, **concentration(sums.variables, resamples)}
    variables |= relations(found, resamples)
    for null in (faithfulness, randomisation):
        variables |= null(found, n_resamples=n_resamples, seed=seed)
    if home is not None:
        _require_alike(found, sums, home)
        variables |= changes_from(home, sums.variables, resamples, n_resamples=n_resamples, seed=seed)
    return xr.Dataset(variables_of(MAP_QUANTITIES, variables), coords=map_coordinates(found, sums))


def _of_maps(found: AttributedMaps) -> dict[str, Any]:
    """Return what there is of each map."""
    held = {
        "attribution": found.attributions.astype(np.float32, copy=False),
        "input": found.inputs.astype(np.float32, copy=False),
        "value": found.values,
        "baseline_value": found.baseline_values,
        "completeness_error": found.errors,
    }
    return held if found.null is None else {**held, "null_attribution": found.null.astype(np.float32)}


def _require_alike(found: AttributedMaps, sums: MapSums, home: xr.Dataset) -> None:
    """Refuse a home Dataset of other methods, outputs or scales."""
    for dim, own in (("method", found.methods), ("output", found.outputs), ("scale", tuple(sums.scales.middle))):
        other = tuple(home[dim].to_numpy().tolist())
        if other != own:
            raise InputError(
                f"The {dim}s of the model's own domain are {', '.join(map(str, other))}, those of this one "
                f"{', '.join(map(str, own))}. Expected the same: attribute both domains with the same settings."
            )

"""The attribution of a shift, in parts with their intervals: by environment, scale, pixel value, channel and layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.attribution.attributions import AttributedShift
from repshift.evidence.attribution.concentration import map_shares
from repshift.evidence.attribution.layer_parts import layer_parts
from repshift.evidence.attribution.places import shift_coordinates
from repshift.evidence.attribution.quantities import SHIFT_QUANTITIES, variables_of
from repshift.evidence.attribution.relations import relative_errors
from repshift.statistics.environments import ENVIRONMENTS, environments, pixels_by_class, sums_by_class
from repshift.statistics.map_resamples import MapResamples, interval_of, map_resamples, means_with_bands
from repshift.statistics.resampling import Interval
from repshift.statistics.scales import Scales, products_by_scale, scales_of

Values = npt.NDArray[np.float64]
Given = npt.NDArray[np.floating]


def shift_numbers(found: AttributedShift, *, n_resamples: int, seed: int) -> xr.Dataset:
    """Return the whole Dataset of a shift except the coordinates of its maps and its attributes.

    Parameters
    ----------
    found
        What was run.
    n_resamples, seed
        Of the bootstrap by simulation. With fewer than ten simulations no number has ends: they are NaN.

    Returns
    -------
    Variables of `repshift.evidence.attribution.quantities.SHIFT_QUANTITIES`. The parts by environment, scale, pixel
    value or channel each add up, with ``remainder``, to ``shift``.

    Raises
    ------
    InputError
        If arrays disagree in shape or are not finite.
    """
    found.require_whole()
    scales = scales_of((found.inputs.shape[-2], found.inputs.shape[-1]), per_octave=1, with_mean=True)
    resamples = map_resamples(found.simulations, n_resamples=n_resamples, seed=seed)
    contributions, change = found.attributions, found.twin_values - found.values
    errors = contributions.sum(axis=(-3, -2, -1)) - change
    variables = _of_maps(found, contributions, errors)
    variables |= _of_outputs(errors, change, found.twin_values, resamples)
    variables |= _by_rank("environment", _density(found), contributions, found, resamples)
    variables |= _by_rank("pixel_value", found.inputs.mean(axis=1), contributions, found, resamples)
    variables |= _by_scale(found, scales, resamples)
    variables |= _parts({"channel_shift": contributions.sum(axis=(-2, -1)).swapaxes(-1, -2)}, resamples)
    variables |= layer_parts(found.layers, resamples)
    return xr.Dataset(variables_of(SHIFT_QUANTITIES, variables), coords=shift_coordinates(found, scales))


def _density(found: AttributedShift) -> Values:
    return np.asarray(found.inputs.mean(axis=1) if found.density is None else found.density)


def _of_maps(found: AttributedShift, contributions: Values, errors: Values) -> dict[str, Any]:
    """Return what there is of each map."""
    return {
        "attribution": contributions.astype(np.float32),
        "input": found.inputs.astype(np.float32),
        "twin_input": found.twins.astype(np.float32),
        "value": found.values,
        "twin_value": found.twin_values,
        "completeness_error": errors,
    }


def _of_outputs(errors: Values, change: Given, sizes: Given, resamples: MapResamples) -> dict[str, Any]:
    """Return the shift, what no pixel accounts for, and how complete the attribution is."""
    numbers = {
        "shift": resamples.means(change),
        "remainder": resamples.means(-errors),
        "completeness": relative_errors(errors, change, sizes, resamples),
    }
    return {name: (one[0], interval_of(one, n_simulations=resamples.n_simulations)) for name, one in numbers.items()}


def _by_rank(
    dim: str, density: Values, contributions: Values, found: AttributedShift, resamples: MapResamples
) -> dict[str, Any]:
    """Return the parts of the shift in pixels of a class by rank, and the class's share of difference and pixels."""
    classes, n = environments(density), len(ENVIRONMENTS)
    of_maps = sums_by_class(contributions.sum(axis=-3), classes, n_classes=n)
    differences = sums_by_class(np.abs(found.differences).sum(axis=1), classes, n_classes=n)
    return {
        f"{dim}_shift_of_map": of_maps,
        f"{dim}_pixel_share": map_shares(pixels_by_class(classes, n_classes=n)).mean(axis=-1),
        **_parts({f"{dim}_shift": of_maps}, resamples),
        **_shares(f"{dim}_difference_share", differences, resamples),
    }


def _by_scale(found: AttributedShift, scales: Scales, resamples: MapResamples) -> dict[str, Any]:
    """Return the parts of the shift by the difference of map and twin at each scale: mean gradient times that."""
    difference = found.differences
    each = [products_by_scale(one, difference, scales).sum(axis=-2) for one in found.gradients]
    of_maps = np.swapaxes(np.stack(each), -1, -2)
    squares = products_by_scale(difference, difference, scales).sum(axis=-2).T
    return {
        "scale_shift_of_map": of_maps,
        **_parts({"scale_shift": of_maps}, resamples),
        **_shares("scale_difference_share", squares, resamples),
    }


def _parts(of_maps: Mapping[str, Values], resamples: MapResamples) -> dict[str, Any]:
    """Return means over maps of parts (output, place, map), in bands that hold all places at once."""
    return {name: means_with_bands(values, resamples=resamples) for name, values in of_maps.items()}


def _shares(name: str, amounts: Values, resamples: MapResamples) -> dict[str, Any]:
    """Return mean shares of amounts (place, map), in bands that hold all places at once; none is negative."""
    value, ends = means_with_bands(map_shares(amounts), resamples=resamples)
    return {name: (value, Interval(np.maximum(ends.low, 0.0), ends.high))}

"""How much of a shift passes through each layer, by what and through how many feature channels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.evidence.attribution.attributions import LayerShift
from repshift.statistics.map_resamples import MapResamples, bands_of, interval_of, means_with_bands, ratio
from repshift.statistics.resampling import Interval, bias_covering_interval

Values = npt.NDArray[np.float64]


def layer_parts(layers: Mapping[str, LayerShift], resamples: MapResamples) -> dict[str, Any]:
    r"""Return the numbers of each layer, (output, layer): by name the number and its interval; nothing without layers.

    Notes
    -----
    With the contribution C of feature channel f in map i, its mean gradient G and mean change D, the shift through the
    layer, the part of it by the mean change of each channel over maps and positions, and the participation ratio are

    .. math:: \sum_f \langle C_{if} \rangle_i, \qquad \sum_f \langle G_{if} \rangle_i \langle D_{if} \rangle_i, \qquad
              \Bigl(\sum_f |\langle C_{if} \rangle_i|\Bigr)^2 \Big/ \sum_f \langle C_{if} \rangle_i^2 .
    """
    if not layers:
        return {}
    n = resamples.n_simulations
    channels = [resamples.means(np.moveaxis(one.contributions, 1, -1)) for one in layers.values()]
    shift = np.stack([one.contributions.sum(axis=-1) for one in layers.values()], axis=1)
    offset = np.stack([_offset(one, resamples) for one in layers.values()], axis=-1)
    units = np.stack([participation(one) for one in channels], axis=-1)
    return {
        "layer_shift": means_with_bands(shift, resamples=resamples),
        "layer_offset_shift": (offset[0], bands_of(offset, n_simulations=n)),
        "layer_units": (units[0], interval_of_units(units, n)),
    }


def participation(contributions: Values) -> Values:
    """Return the number of channels (..., feature) that share a sum, from 1 to all; NaN where none has a part."""
    sizes = np.abs(contributions)
    return ratio(np.square(sizes.sum(axis=-1)), np.square(sizes).sum(axis=-1))


def interval_of_units(units: Values, n_simulations: int) -> Interval:
    """Return the interval of a participation ratio, which noise raises: it covers that bias, and is 1 or more."""
    if len(units) == 1:
        return interval_of(units, n_simulations=n_simulations)
    found = bias_covering_interval(units[0], units[1:], n_simulations=n_simulations)
    return Interval(np.maximum(found.low, 1.0), found.high)


def _offset(layer: LayerShift, resamples: MapResamples) -> Values:
    """Return the part by the mean change of each channel, (1 + n_resamples, output)."""
    gradients, changes = resamples.means(np.moveaxis(layer.gradients, 1, -1)), resamples.means(layer.changes.T)
    return np.asarray(np.einsum("rof,rf->ro", gradients, changes))

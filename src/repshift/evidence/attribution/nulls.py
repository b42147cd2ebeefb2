"""Nulls of attributions: blocks hidden in random order, and maps under shuffled weights."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.evidence.attribution.attributions import AttributedMaps
from repshift.evidence.attribution.verdicts import verdicts
from repshift.statistics.map_resamples import MapResamples, Number, interval_of, map_resamples, means_with_bands
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.floating]
Mean = npt.NDArray[np.float64]
Resampled = Callable[[npt.NDArray[Any]], MapResamples]
"""Makes resamples of the simulations of some maps."""


def faithfulness(found: AttributedMaps, *, n_resamples: int, seed: int) -> dict[str, Any]:
    """Return curves of deletion and insertion, gains over random order and verdicts, as they were asked for."""
    if found.faithfulness is None:
        return {}
    resampled = partial(map_resamples, n_resamples=n_resamples, seed=seed)
    variables = _curves("deletion", found.faithfulness.deletion, found.simulations, resampled, sign=-1)
    if found.faithfulness.insertion:
        variables |= _curves("insertion", found.faithfulness.insertion, found.simulations, resampled, sign=1)
    return variables


def randomisation(found: AttributedMaps, *, n_resamples: int, seed: int) -> dict[str, Any]:
    """Return mean rank correlations with maps under shuffled weights, where they were asked for."""
    if found.randomisation is None:
        return {}
    resampled = partial(map_resamples, n_resamples=n_resamples, seed=seed)
    pairs = (("signed", found.randomisation.signed), ("absolute", found.randomisation.absolute))
    return {f"randomisation_{name}": _by_method(values, found.simulations, resampled) for name, values in pairs}


def _curves(
    name: str, curves: Mapping[str, Values], simulations: npt.NDArray[Any], resampled: Resampled, *, sign: int
) -> dict[str, Any]:
    """Return curves (fill, order, output, step), gains over the last order (fill, method, output) and verdicts."""
    values = np.stack([np.asarray(one, dtype=np.float64) for one in curves.values()])
    takes = np.isfinite(values).all(axis=(0, 1, 2, 4))
    found = curve_and_gain(sign * values[..., takes, :], resampled(simulations[takes]))
    ends = found["gain"][1]
    return {f"{name}_{key}": one for key, one in found.items()} | {f"{name}_verdict": verdicts(ends.low, ends.high)}


def curve_and_gain(values: Mean, resamples: MapResamples) -> dict[str, Number]:
    """Return how far outputs have risen on average at each step, and by how much more than in the last order.

    Parameters
    ----------
    values
        (fill, order, output, map, step): outputs, of deletion with the other sign.
    resamples
        Of the maps.

    Returns
    -------
    ``curve`` (fill, order, output, step), in bands that hold all steps at once, and ``gain`` (fill, order less the
    last, output).
    """
    moves, above = values - values[..., :1], (values[:, :-1] - values[:, -1:])[..., 1:].mean(axis=-1)
    gain = resamples.means(above)
    ends = interval_of(gain, n_simulations=resamples.n_simulations)
    return {"curve": means_with_bands(np.swapaxes(moves, -1, -2), resamples=resamples), "gain": (gain[0], ends)}


def _by_method(values: Values, simulations: npt.NDArray[Any], resampled: Resampled) -> Number:
    """Return means over maps of values (depth, method, output, map), each method's of the maps that took part in it."""
    each = [_means(of_method, simulations, resampled) for of_method in np.moveaxis(values, 1, 0)]
    value, low, high = (np.stack(part, axis=1) for part in zip(*each, strict=True))
    return value, Interval(low, high)


def _means(values: Values, simulations: npt.NDArray[Any], resampled: Resampled) -> tuple[Mean, Mean, Mean]:
    """Return means over maps (depth, output, map) and the ends of their intervals; NaN where no map took part."""
    takes = np.isfinite(values).all(axis=(0, 1))
    if not takes.any():
        nothing = np.full(values.shape[:-1], np.nan)
        return nothing, nothing, nothing
    resamples = resampled(simulations[takes])
    means = resamples.means(values[..., takes])
    ends = interval_of(means, n_simulations=resamples.n_simulations)
    return means[0], ends.low, ends.high

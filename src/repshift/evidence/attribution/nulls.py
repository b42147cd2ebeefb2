"""Nulls of attributions: blocks hidden at random and in order of the input, and maps under shuffled weights."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.evidence.attribution.attributions import AttributedMaps
from repshift.evidence.attribution.verdicts import verdicts, verdicts_over_input
from repshift.statistics.map_resamples import MapResamples, Number, interval_of, map_resamples, means_with_bands
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.floating]
Mean = npt.NDArray[np.float64]
Resampled = Callable[[npt.NDArray[Any]], MapResamples]
"""Makes resamples of the simulations of some maps."""


def faithfulness(found: AttributedMaps, *, n_resamples: int, seed: int) -> dict[str, Any]:
    """Return curves of deletion and insertion, gains over both nulls and verdicts, as they were asked for."""
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
    """Return curves (fill, order, output, step), gains (fill, method, output), that of the input, and verdicts."""
    values = np.stack([np.asarray(one, dtype=np.float64) for one in curves.values()])
    takes = np.isfinite(values).all(axis=(0, 1, 2, 4))
    resamples = resampled(simulations[takes])
    rises = sign * values[..., takes, :]
    gain = _gains(rises, resamples)
    found = {
        f"{name}_curve": _moves(rises, resamples),
        f"{name}_gain": _with_ends(gain[:, :, :-1], resamples),
        f"input_{name}_gain": _with_ends(gain[:, :, -1], resamples),
        f"{name}_gain_over_input": _with_ends(gains_over_input(gain), resamples),
    }
    random, of_input = (found[f"{name}_gain{over}"][1] for over in ("", "_over_input"))
    return found | {
        f"{name}_verdict": verdicts(random.low, random.high),
        f"{name}_verdict_over_input": verdicts_over_input(of_input.low, of_input.high),
    }


def gains_over_input(gains: Mean) -> Mean:
    """Return gains of methods less the *size* of the gain of the input.

    The sum of |input - baseline| over a block has no sign: it cannot know whether hiding the block raises or lowers
    the output. The sign of its gain is taken from its estimate, afterwards. This favours the input: a method has to
    know the sign beforehand.

    Parameters
    ----------
    gains
        (1 + n_resamples, fill, order, output): over random order, of the sample and its resamples; the input's last.

    Returns
    -------
    (1 + n_resamples, fill, method, output).
    """
    of_input = gains[:, :, -1:]
    return np.asarray(gains[:, :, :-1] - np.where(of_input[:1] < 0, -1.0, 1.0) * of_input)


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
    return {"curve": _moves(values, resamples), "gain": _with_ends(_gains(values, resamples), resamples)}


def _moves(values: Mean, resamples: MapResamples) -> Number:
    """Return how far outputs have risen on average at each step."""
    return means_with_bands(np.swapaxes(values - values[..., :1], -1, -2), resamples=resamples)


def _gains(values: Mean, resamples: MapResamples) -> Mean:
    """Return by how much more outputs rise than in the last order, of the sample and its resamples."""
    return resamples.means((values[:, :-1] - values[:, -1:])[..., 1:].mean(axis=-1))


def _with_ends(numbers: Mean, resamples: MapResamples) -> Number:
    return numbers[0], interval_of(numbers, n_simulations=resamples.n_simulations)


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

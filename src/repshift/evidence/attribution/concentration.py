"""Where attribution is: shares by environment, scale, distance and channel, over those of nulls."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.statistics.environments import FEWEST_PIXELS
from repshift.statistics.map_resamples import MapResamples, bands_of, ratio

Values = npt.NDArray[np.float64]

NO_POWER = 1e-12
"""Power of the maps at a scale, over that at all scales, that is rounding: there is nothing to compare with."""


def concentration(sums: Mapping[str, Values], resamples: MapResamples) -> dict[str, Any]:
    """Return the numbers, each with bands that hold it at all environments, scales, distances or channels at once.

    Parameters
    ----------
    sums
        (..., place, map), of `repshift.evidence.attribution.map_sums.MapSums`.
    resamples
        Of the maps.

    Returns
    -------
    By name the number and its interval. NaN where all maps together have fewer than `FEWEST_PIXELS` pixels, or no
    power.
    """
    numbers = shares_over_nulls(sums, resamples) | {
        "share": shares(resamples.sums(sums["sum_by_environment"])),
        "input_share": shares(resamples.sums(sums["input_by_environment"])),
        "distance_over_pixels": _by_distance(sums, resamples),
        "channel_share": shares(resamples.sums(sums["sum_by_channel"])),
    }
    few = few_pixels(sums["pixels_by_environment"])
    for name in ("share", "input_share"):
        numbers[name] = np.where(few, np.nan, numbers[name])
    n = resamples.n_simulations
    return {name: (one[0], bands_of(one, n_simulations=n, scale="log")) for name, one in numbers.items()}


def shares_over_nulls(sums: Mapping[str, Values], resamples: MapResamples) -> dict[str, Values]:
    """Return the numbers that are compared between domains, of the sample and its resamples, by name."""
    of_pixels, of_input = (
        shares(resamples.sums(sums[name])) for name in ("pixels_by_environment", "input_by_environment")
    )
    few = few_pixels(sums["pixels_by_environment"])
    found = {
        "share_over_pixels": ratio(shares(resamples.sums(sums["sum_by_environment"])), _beside(of_pixels)),
        "share_over_input": ratio(shares(resamples.sums(sums["contribution_by_environment"])), _beside(of_input)),
    }
    return {
        **{name: np.where(few, np.nan, one) for name, one in found.items()},
        "power_over_input": _by_scale(sums, resamples),
    }


def shares(sums: Values) -> Values:
    """Return what each place has of the sum over places (..., place); NaN where there is nothing."""
    return ratio(sums, sums.sum(axis=-1, keepdims=True))


def few_pixels(pixels: Values) -> npt.NDArray[np.bool_]:
    """Return which places (place, map) hold too few pixels in all maps together, (place,)."""
    return np.asarray(pixels.sum(axis=-1) < FEWEST_PIXELS)


def _by_scale(sums: Mapping[str, Values], resamples: MapResamples) -> Values:
    power, of_input = (resamples.sums(sums[name]) for name in ("power_by_scale", "input_power_by_scale"))
    nothing = of_input[0] <= NO_POWER * of_input[0].sum()
    modes = sums["modes_by_scale"]
    found = ratio(shares(power * modes), _beside(shares(of_input * modes)))
    return np.where(nothing, np.nan, found)


def _by_distance(sums: Mapping[str, Values], resamples: MapResamples) -> Values:
    """Return the share at each distance over that of pixels; of all attribution, also beyond the last distance."""
    whole = resamples.sums(sums["sum_by_environment"]).sum(axis=-1, keepdims=True)
    pixels = resamples.sums(sums["pixels_by_distance"])
    all_pixels = resamples.sums(sums["pixels_by_environment"]).sum(axis=-1, keepdims=True)
    found = ratio(ratio(resamples.sums(sums["sum_by_distance"]), whole), _beside(ratio(pixels, all_pixels)))
    return np.where(few_pixels(sums["pixels_by_distance"]), np.nan, found)


def _beside(shares_of_null: Values) -> Values:
    """Return shares (resamples, place) as those of every method and output."""
    return shares_of_null[:, None, None]

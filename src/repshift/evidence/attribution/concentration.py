r"""Where attribution is: shares by environment, scale, distance and channel, over those of nulls.

With the amount :math:`a_{ie}` of map i in place e, a share is the mean over maps of the share of each, so that no map
counts for more than another because its attribution is larger; a number over its null is a ratio of two such means:

.. math:: s_e = \Bigl\langle \frac{a_{ie}}{\sum_{e'} a_{ie'}} \Bigr\rangle_i, \qquad r_e = s_e / s_e^\mathrm{null}.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.environments import FEWEST_PIXELS
from repshift.statistics.map_resamples import MapResamples, Number, ratio_with_bands
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.float64]

FEWEST_MAPS: Final = 20
"""Maps, of more, below which a number is not given at a place that others do not have: resamples may go without it."""

NO_POWER: Final = 1e-12
"""Share of the power of the maps at a scale that is rounding: there is nothing to compare with."""


def concentration(sums: Mapping[str, Values], resamples: MapResamples) -> dict[str, Number]:
    """Return the numbers, each with bands that hold it at all environments, scales, distances or channels at once.

    Parameters
    ----------
    sums
        (..., place, map), of `repshift.evidence.attribution.map_sums.MapSums`.
    resamples
        Of the maps.

    Returns
    -------
    By name the number and its interval. NaN at places of fewer pixels than `FEWEST_PIXELS`, of few maps or of no power.
    """
    attribution, of_input = (map_shares(sums[name]) for name in ("sum_by_environment", "input_by_environment"))
    few = few_pixels(sums["pixels_by_environment"])
    pairs = shares_and_nulls(sums) | {
        "share": _without(few, attribution, _somewhere(attribution)),
        "input_share": _without(few, of_input, _somewhere(of_input)),
    }
    return {name: _never_negative(ratio_with_bands(*pair, resamples=resamples)) for name, pair in pairs.items()}


def shares_and_nulls(sums: Mapping[str, Values]) -> dict[str, tuple[Values, Values]]:
    """Return the numbers that are compared between domains: by name shares of maps, and their nulls (..., place, map).

    A number is the sum over maps of the first over that of the second. Shares are NaN at places that are left out.
    """
    names = ("sum_by_environment", "contribution_by_environment", "pixels_by_environment", "input_by_environment")
    share, contribution, of_pixels, of_input = (map_shares(sums[name]) for name in names)
    few, modes = few_pixels(sums["pixels_by_environment"]), sums["modes_by_scale"][:, None]
    power, of_map = (map_shares(sums[name] * modes) for name in ("power_by_scale", "input_power_by_scale"))
    of_channels = map_shares(sums["sum_by_channel"])
    return {
        "share_over_pixels": _without(few, share, of_pixels),
        "share_over_input": _without(few, contribution, of_input),
        "power_over_input": _without(of_map.mean(axis=-1) <= NO_POWER, power, of_map),
        "distance_over_pixels": _by_distance(sums),
        "channel_share": (of_channels, _somewhere(of_channels)),
    }


def map_shares(amounts: Values, whole: Values | None = None) -> Values:
    """Return what each place has of the amount of a map.

    Parameters
    ----------
    amounts
        (..., place, map), none negative.
    whole
        (..., map): amounts of maps, where there is more of it than in the places.

    Returns
    -------
    As `amounts`; 0 everywhere for a map with nothing anywhere.
    """
    whole = np.asarray(amounts.sum(axis=-2) if whole is None else whole)[..., None, :]
    return np.asarray(np.divide(amounts, whole, out=np.zeros(amounts.shape), where=whole > 0))


def few_pixels(pixels: Values) -> npt.NDArray[np.bool_]:
    """Return which places (place, map) hold too few pixels in all maps together, or are in too few maps, (place,)."""
    n_maps = (pixels > 0).sum(axis=-1)
    return np.asarray((pixels.sum(axis=-1) < FEWEST_PIXELS) | (n_maps < min(FEWEST_MAPS, pixels.shape[-1])))


def _by_distance(sums: Mapping[str, Values]) -> tuple[Values, Values]:
    """Return shares at each distance, and those of pixels; of all attribution, also beyond the last distance."""
    pairs = (("sum_by_distance", "sum_by_environment"), ("pixels_by_distance", "pixels_by_environment"))
    share, of_pixels = (map_shares(sums[name], sums[whole].sum(axis=-2)) for name, whole in pairs)
    return _without(few_pixels(sums["pixels_by_distance"]), share, of_pixels)


def _without(left_out: npt.NDArray[np.bool_], share: Values, null: Values) -> tuple[Values, Values]:
    """Return shares, NaN at places that are left out, and their null, 0 for maps with nothing anywhere."""
    return np.where(left_out[:, None], np.nan, share), null * _somewhere(share)


def _somewhere(share: Values) -> Values:
    """Return 1 for maps that have something somewhere, else 0, (..., 1, map)."""
    return np.asarray((share > 0).any(axis=-2, keepdims=True), dtype=np.float64)


def _never_negative(number: Number) -> Number:
    value, ends = number
    return value, Interval(np.maximum(ends.low, 0.0), ends.high)

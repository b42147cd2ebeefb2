"""The distances of `repshift.statistics.pixels` from sums over the pixels of each map: for many choices of maps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.pixels import wavenumbers

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PixelDistance:
    """A distance of the pixels of two sides, 0 where there is none.

    Attributes
    ----------
    name, label
        Its key and its words.
    sums
        Which of the `pixel_sums` it is made from.
    function
        Of means over the maps of either side, (..., channels, numbers): (...).
    """

    name: str
    label: str
    sums: str
    function: Callable[[Values, Values], Values]


def pixel_sums(maps: npt.NDArray[np.floating]) -> dict[str, Values]:
    """Return of each map (n_maps, channels, y, x) what distances of pixels are made from.

    Returns
    -------
    ``moments`` (n_maps, channels, 2): means of the pixels and of their squares; ``power`` (n_maps, channels, waves):
    mean power at the wavenumbers 1 to size / 2 of the shorter side.
    """
    values = np.asarray(maps, dtype=np.float64)
    moments = np.stack([values.mean((-2, -1)), np.square(values).mean((-2, -1))], axis=-1)
    return {"moments": moments, "power": _power(values)}


def mean_distance(shown: Values, own: Values) -> Values:
    """Return the distance of the means over the standard deviation in distribution, the mean over channels."""
    return np.asarray((np.abs(shown[..., 0] - own[..., 0]) / np.sqrt(_variance(own))).mean(-1))


def std_distance(shown: Values, own: Values) -> Values:
    """Return the size of the logarithm of the ratio of the standard deviations, the mean over channels."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(np.log(_variance(shown) / _variance(own)) / 2).mean(-1))


def spectrum_distance(shown: Values, own: Values) -> Values:
    """Return the root mean square logarithm of the ratio of the power spectra, the mean over channels."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(np.square(np.log(shown / own)).mean(-1)).mean(-1))


PIXEL_DISTANCES: Final = (
    PixelDistance("mean", "pixels: mean", "moments", mean_distance),
    PixelDistance("std", "pixels: standard deviation", "moments", std_distance),
    PixelDistance("spectrum", "pixels: power spectrum", "power", spectrum_distance),
)


def _variance(moments: Values) -> Values:
    return np.asarray(moments[..., 1] - np.square(moments[..., 0]))


def _power(maps: Values) -> Values:
    """Return the mean power of each map at each wavenumber, (n_maps, channels, waves)."""
    size = maps.shape[-2], maps.shape[-1]
    power = np.square(np.abs(np.fft.fft2(maps))).reshape(*maps.shape[:2], -1)
    members = wavenumbers(size).reshape(-1, 1) == np.arange(1, min(size) // 2 + 1)
    return np.asarray(power @ (members / members.sum(0)))

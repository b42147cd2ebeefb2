"""How far the raw input of one domain lies from that of another: moments of the pixels, and the power spectrum."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from repshift.vocabulary import InputError

PIXEL_CONTROLS: Final = ("pixel_mean", "pixel_std", "pixel_skewness", "pixel_kurtosis", "pixel_spectrum")
"""All that `pixel_distances` says, of the moments and the spectrum of the raw input: what a layer has to go beyond."""


def pixel_distances(outside: npt.NDArray[np.floating], inside: npt.NDArray[np.floating]) -> dict[str, float]:
    """Return how far the pixels of two domains differ, each number 0 where they do not, never negative.

    Parameters
    ----------
    outside, inside
        (n_maps, size, size): maps as a network takes them, out of and in distribution.

    Returns
    -------
    ``pixel_mean``, the distance of the means over the standard deviation in distribution; ``pixel_std``, the logarithm
    of the ratio of the standard deviations; ``pixel_skewness`` and ``pixel_kurtosis``, their differences (all of all
    pixels); ``pixel_spectrum``, the root mean square over the wavenumbers 1 to size / 2 of the logarithm of the ratio
    of the power spectra. Dimensionless, without sign.

    Raises
    ------
    InputError
        If the maps of a domain are constant, or of another size than those of the other.
    """
    if outside.ndim != 3 or inside.ndim != 3 or outside.shape[1:] != inside.shape[1:]:
        raise InputError(
            f"Maps of two domains are (n_maps, size, size) of one size; found {outside.shape} and {inside.shape}."
        )
    maps = [np.asarray(values, dtype=np.float64) for values in (outside, inside)]
    for values in maps:
        if not np.ptp(values) > 0:
            raise InputError("All pixels of a domain are equal, so their distribution has no moments beyond the mean.")
    pixels = [values.ravel() for values in maps]
    means, deviations = ([float(function(one)) for one in pixels] for function in (np.mean, np.std))
    skewness, kurtosis = ([float(function(one)) for one in pixels] for function in (stats.skew, stats.kurtosis))
    power = [power_spectrum(values) for values in maps]
    return {
        "pixel_mean": abs(means[0] - means[1]) / deviations[1],
        "pixel_std": abs(float(np.log(deviations[0] / deviations[1]))),
        "pixel_skewness": abs(skewness[0] - skewness[1]),
        "pixel_kurtosis": abs(kurtosis[0] - kurtosis[1]),
        "pixel_spectrum": float(np.sqrt(np.square(np.log(power[0] / power[1])).mean())),
    }


def power_spectrum(maps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean power of periodic maps (n_maps, size, size) at the wavenumbers 1 to size / 2, (size // 2,).

    Wavenumbers count waves along a side, rounded to whole ones; the mean of each map is not in it.

    Raises
    ------
    InputError
        If a wavenumber has no power, so that two spectra have no ratio.
    """
    size = maps.shape[-1]
    power = np.square(np.abs(np.fft.fft2(maps))).mean(0)
    along = np.fft.fftfreq(size, 1 / size)
    waves = np.rint(np.hypot(along[:, None], along)).astype(int)
    total = np.bincount(waves.ravel(), power.ravel())[1 : size // 2 + 1]
    if not (total > 0).all():
        raise InputError("Maps without power at some wavenumber: their power spectrum has no logarithm.")
    return np.asarray(total / np.bincount(waves.ravel())[1 : size // 2 + 1])

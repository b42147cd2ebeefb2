"""How far the raw input of one domain lies from that of another: moments of the pixels, and the power spectrum."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class PixelDistances:
    """How far the pixels of two domains differ: dimensionless, without sign; of several channels the mean over them.

    Attributes
    ----------
    mean
        Distance of the means over the standard deviation in distribution.
    std
        Logarithm of the ratio of the standard deviations.
    skewness, kurtosis
        Their differences.
    spectrum
        Root mean square over the wavenumbers 1 to size / 2, of the shorter side, of the logarithm of the ratio of the
        power spectra.
    """

    mean: float
    std: float
    skewness: float
    kurtosis: float
    spectrum: float


def pixel_distances(outside: npt.NDArray[np.floating], inside: npt.NDArray[np.floating]) -> PixelDistances:
    """Return how far the pixels of two domains differ, each number 0 where they do not, never negative.

    Parameters
    ----------
    outside, inside
        (n_maps, n_channels, y, x): maps as a network takes them, out of and in distribution.

    Returns
    -------
    Moments are of all pixels of a channel.

    Raises
    ------
    InputError
        If the maps of a domain are constant, or of another size than those of the other.
    """
    if outside.ndim != 4 or inside.ndim != 4 or outside.shape[1:] != inside.shape[1:]:
        raise InputError(
            f"Maps of two domains are (n_maps, n_channels, y, x) of one size; found {outside.shape} and {inside.shape}."
        )
    each = [_of_channel(outside[:, channel], inside[:, channel]) for channel in range(outside.shape[1])]
    means = {one.name: float(np.mean([getattr(found, one.name) for found in each])) for one in fields(PixelDistances)}
    return PixelDistances(**means)


def _of_channel(outside: npt.NDArray[np.floating], inside: npt.NDArray[np.floating]) -> PixelDistances:
    """Return how far the pixels of a channel differ, (n_maps, y, x) each."""
    # here, for a figure reads no more than what numbers are called
    from scipy import stats

    maps = [np.asarray(values, dtype=np.float64) for values in (outside, inside)]
    for values in maps:
        if not np.ptp(values) > 0:
            raise InputError("All pixels of a domain are equal, so their distribution has no moments beyond the mean.")
    pixels = [values.ravel() for values in maps]
    means, deviations = ([float(function(one)) for one in pixels] for function in (np.mean, np.std))
    skewness, kurtosis = ([float(function(one)) for one in pixels] for function in (stats.skew, stats.kurtosis))
    power = [power_spectrum(values) for values in maps]
    return PixelDistances(
        mean=abs(means[0] - means[1]) / deviations[1],
        std=abs(float(np.log(deviations[0] / deviations[1]))),
        skewness=abs(skewness[0] - skewness[1]),
        kurtosis=abs(kurtosis[0] - kurtosis[1]),
        spectrum=float(np.sqrt(np.square(np.log(power[0] / power[1])).mean())),
    )


def power_spectrum(maps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean power of periodic maps (n_maps, y, x) at the wavenumbers 1 to size / 2, (size // 2,).

    Wavenumbers count waves along the shorter side, of `size` pixels, rounded to whole ones; the mean of each map is not
    in it.

    Raises
    ------
    InputError
        If a wavenumber has no power, so that two spectra have no ratio.
    """
    size = min(maps.shape[-2:])
    power = np.square(np.abs(np.fft.fft2(maps))).mean(0)
    waves = wavenumbers((maps.shape[-2], maps.shape[-1]))
    total = np.bincount(waves.ravel(), power.ravel())[1 : size // 2 + 1]
    if not (total > 0).all():
        raise InputError("Maps without power at some wavenumber: their power spectrum has no logarithm.")
    return np.asarray(total / np.bincount(waves.ravel())[1 : size // 2 + 1])


def wavenumbers(size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Return the wavenumber of each mode of `numpy.fft.fft2`, (y, x), in waves along the shorter side, rounded."""
    down, right = (np.fft.fftfreq(pixels, 1 / min(size)) for pixels in size)
    return np.asarray(np.rint(np.hypot(down[:, None], right)), dtype=np.int64)

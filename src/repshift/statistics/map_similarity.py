"""How alike two periodic maps are: in pixels at their best shift, in their power; and surrogates of random phases."""

import numpy as np
import numpy.typing as npt

from repshift.statistics.pixels import wavenumbers
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


def pixel_similarity(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    r"""Return the largest correlation of two maps (channels, y, x) over all periodic shifts of the one, in [-1, 1].

    All channels are shifted together. Each channel is taken about its mean.

    Raises
    ------
    InputError
        If the maps have different shapes, or one is the same everywhere.

    Notes
    -----
    .. math:: \max_{\mathbf s} \sum_{c, \mathbf p} x_c(\mathbf p + \mathbf s) \, y_c(\mathbf p) / (|x| \, |y|).

    It is never near 0: maps whose power lies at low wavenumbers have few independent pixels, and the largest of many
    correlations is taken. Compare it with that of `random_phases` of the same maps.
    """
    first, second = _centred(one, other)
    products = (np.fft.fft2(first) * np.fft.fft2(second).conj()).sum(0)
    return float(np.fft.ifft2(products).real.max() / np.sqrt(np.square(first).sum() * np.square(second).sum()))


def power_similarity(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Return the correlation of the root of the power at each mode of two maps (channels, y, x), in [-1, 1].

    Raises
    ------
    InputError
        If the maps have different shapes, or one is the same everywhere or has the same power at each mode.
    """
    sizes = [np.abs(np.fft.fft2(values)).reshape(len(values), -1)[:, 1:].ravel() for values in _centred(one, other)]
    sizes = [values - values.mean() for values in sizes]
    norm = float(np.sqrt(np.square(sizes[0]).sum() * np.square(sizes[1]).sum()))
    if not norm > 0:
        raise InputError("A map has the same power at every wavenumber, so its spectrum correlates with none.")
    return float((sizes[0] * sizes[1]).sum() / norm)


def random_phases(values: npt.NDArray[np.floating], *, rng: np.random.Generator) -> Values:
    """Return a map (channels, y, x) with the power of another at each mode; its channels share their random phases."""
    noise = np.fft.fft2(rng.standard_normal(values.shape[-2:]))
    turned = np.fft.fft2(np.asarray(values, dtype=np.float64)) * (noise / np.abs(noise))
    turned[:, 0, 0] = np.asarray(values, dtype=np.float64).sum((1, 2))
    return np.asarray(np.fft.ifft2(turned).real)


def share_of_small_scales(maps: npt.NDArray[np.floating]) -> Values:
    """Return the share of the power of each map (n_maps, channels, y, x) above half the Nyquist frequency, in [0, 1].

    The frequency is that of the distance of two modes, so the corners count; power is summed over channels, the mean of
    each map left out.

    Raises
    ------
    InputError
        If a map is the same everywhere.
    """
    power = np.square(np.abs(np.fft.fft2(np.asarray(maps, dtype=np.float64)))).sum(1)
    power[:, 0, 0] = 0
    total = power.sum((1, 2))
    if not (total > 0).all():
        raise InputError("A map is the same everywhere, so its power has no share of small scales.")
    height, width = maps.shape[-2:]
    high = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)) > 0.25
    return np.asarray(power[:, high].sum(1) / total)


def mean_power(maps: npt.NDArray[np.floating]) -> Values:
    """Return the mean power of maps (n_maps, channels, y, x) at wavenumbers 1 to size / 2, (size // 2,), a pixel each.

    Wavenumbers are those of `repshift.statistics.pixels.wavenumbers`; power is summed over channels. The sum over all
    modes is the variance of the pixels.
    """
    height, width = maps.shape[-2:]
    power = np.square(np.abs(np.fft.fft2(np.asarray(maps, dtype=np.float64)))).sum(1).mean(0) / (height * width) ** 2
    waves = wavenumbers((height, width)).ravel()
    last = min(height, width) // 2
    return np.asarray((np.bincount(waves, power.ravel()) / np.bincount(waves))[1 : last + 1])


def _centred(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> tuple[Values, Values]:
    if one.ndim != 3 or one.shape != other.shape:
        raise InputError(f"Two maps are (channels, y, x) of one shape; found {one.shape} and {other.shape}.")
    first, second = (np.asarray(values, dtype=np.float64) for values in (one, other))
    first, second = (values - values.mean((1, 2), keepdims=True) for values in (first, second))
    if not (first.any() and second.any()):
        raise InputError("A map is the same everywhere, so it correlates with none.")
    return first, second

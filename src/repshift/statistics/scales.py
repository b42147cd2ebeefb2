"""Scales: octaves of wavenumber, or parts of them, and what two-dimensional fields hold at each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.statistics.pixels import wavenumbers
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scales:
    """Ranges of wavenumber that hold every mode of maps of one size.

    Attributes
    ----------
    size
        Pixels of a map, (y, x).
    low, high
        (scales,): whole wavenumbers from `low` to `high`, both included, in waves along the shorter side. Where 0 is
        among them, it is alone: the mean of the map. The last holds the corners beyond half the side.
    """

    size: tuple[int, int]
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]

    @property
    def middle(self) -> Values:
        """Geometric mean of the ends of each range, (scales,), in waves along the shorter side."""
        return np.asarray(np.sqrt(self.low * self.high))

    @property
    def wavelength(self) -> Values:
        """Length of a wave at the middle of each range [pixels]; infinite for the mean of the map."""
        with np.errstate(divide="ignore"):
            return np.asarray(min(self.size) / self.middle)


def scales_of(size: tuple[int, int], *, per_octave: int, with_mean: bool = False) -> Scales:
    """Return octaves of wavenumber, or an octave's whole parts, of maps of a size (y, x).

    Bins are between the wavenumbers ``2^(k / per_octave)``, rounded, that differ; the last one ends at half of the
    shorter side and holds the corners beyond.

    Raises
    ------
    InputError
        If a side has fewer than 2 pixels.
    """
    half = min(size) // 2
    if half < 1:
        raise InputError(f"Maps of {size} pixels have no waves: expected 2 pixels or more along either side.")
    steps = np.arange(int(np.floor(np.log2(half) * per_octave)) + 1)
    low = np.unique(np.rint(2 ** (steps / per_octave)).astype(np.int64))
    low = low[: max(1, int((low < half).sum()))]  # half of the side is no scale alone
    high = np.append(low[1:] - 1, half)
    if with_mean:
        low, high = np.append(0, low), np.append(0, high)
    return Scales(size, low, high)


def power_by_scale(fields: npt.NDArray[np.floating], scales: Scales, *, periodic: bool) -> Values:
    """Return the mean power of fields over the modes of each scale.

    Parameters
    ----------
    fields
        (..., y, x) in any unit; those that are not periodic are tapered by Hann's window around their mean, for their
        edges would have power at all scales.
    scales
        Of their size.

    Returns
    -------
    (..., scales), in the square of that unit: of the unnormalised transform `numpy.fft.fft2`.
    """
    if not periodic:
        taper = [np.hanning(pixels + 2)[1:-1] for pixels in scales.size]
        fields = (fields - fields.mean(axis=(-2, -1), keepdims=True)) * np.outer(*taper)
    power = np.square(np.abs(np.fft.rfft2(fields)))
    return _sums(power, scales) / modes_by_scale(scales)


def products_by_scale(fields: npt.NDArray[np.floating], others: npt.NDArray[np.floating], scales: Scales) -> Values:
    r"""Return the sum over pixels of a field times the part of another at each scale.

    Parameters
    ----------
    fields, others
        (..., y, x), of shapes that broadcast.
    scales
        Of their size; where they hold the mean, the parts add up to the sum of the products.

    Returns
    -------
    (..., scales).

    Notes
    -----
    With the transforms F and G, the part of wavenumbers K is, by Parseval's theorem,

    .. math:: \frac{1}{n_\mathrm{pixels}} \sum_{k \in K} \mathrm{Re}(F_k^* G_k).
    """
    spectra = [np.fft.rfft2(np.asarray(side, dtype=np.float64)) for side in (fields, others)]
    return _sums((spectra[0].conj() * spectra[1]).real, scales) / np.prod(scales.size)


def modes_by_scale(scales: Scales) -> Values:
    """Return how many modes of `numpy.fft.fft2` each scale holds, (scales,)."""
    return _sums(np.ones((scales.size[0], scales.size[1] // 2 + 1)), scales)


def _sums(spectra: Values, scales: Scales) -> Values:
    """Return sums over the modes of each scale of spectra (..., y, x / 2 + 1), whose other half is their mirror."""
    waves = wavenumbers(scales.size)[:, : spectra.shape[-1]]
    mirrored = np.full(spectra.shape[-1], 2.0)
    mirrored[0] = 1.0
    if scales.size[1] % 2 == 0:
        mirrored[-1] = 1.0
    of_mode = np.searchsorted(scales.low, waves.ravel(), side="right") - 1
    members = (of_mode[:, None] == np.arange(len(scales.low))) * np.tile(mirrored, scales.size[0])[:, None]
    flat = spectra.reshape(*spectra.shape[:-2], -1)
    return np.asarray(flat @ members)

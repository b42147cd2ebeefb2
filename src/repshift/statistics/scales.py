"""Scales: octaves of wavenumber, or parts of them, and what two-dimensional fields hold at each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
        return np.sqrt(self.low * self.high)

    @property
    def wavelength(self) -> Values:
        """Length of a wave at the middle of each range [pixels]; infinite for the mean of the map."""
        with np.errstate(divide="ignore"):
            return np.asarray(min(self.size) / self.middle)


def scales_of(size: tuple[int, int], *, per_octave: int, with_mean: bool = False) -> Scales:
    """Return octaves of wavenumber, or an octave's whole parts, of maps of a size (y, x).

    Bins are between the wavenumbers ``2^(k / per_octave)``, rounded, that differ; the last one ends at half of the
    shorter side and holds the corners beyond.
    """
    half = min(size) // 2
    steps = np.arange(int(np.floor(np.log2(half) * per_octave)) + 1)
    low = np.unique(np.rint(2 ** (steps / per_octave)).astype(np.int64))
    low = low[low < half] if half > 1 else low
    high = np.append(low[1:] - 1, half)
    if with_mean:
        low, high = np.append(0, low), np.append(0, high)
    return Scales(size, low, high)

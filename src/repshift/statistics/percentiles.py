"""Percentiles of resampled numbers that come some at a time: only those in the tails are kept."""

from math import floor

import numpy as np
import numpy.typing as npt

_NUMBERS_SORTED = 64
"""Numbers whose resamples are sorted at a time."""


class RunningPercentiles:
    """Two percentiles of the resamples of many numbers, as ``np.quantile`` has them of all at once.

    Attributes
    ----------
    shares
        Of the lower and of the upper one, in (0, 1).
    """

    def __init__(self, n_resamples: int, shares: tuple[float, float]) -> None:
        self.shares = shares
        self._places = [(n_resamples - 1) * share for share in shares]
        self._n = n_resamples
        self._kept = min(n_resamples, floor(self._places[0]) + 2), n_resamples - floor(self._places[1])
        self._tails: list[npt.NDArray[np.float64]] = []

    def add(self, resamples: npt.NDArray[np.float64]) -> None:
        """Take some more, (resamples, numbers)."""
        if not self._tails:
            self._tails = [np.empty((resamples.shape[1], 0)) for _ in self.shares]
            self._undefined = np.zeros(resamples.shape[1], dtype=bool)
        self._undefined |= np.isnan(resamples).any(0)
        held, self._tails = self._tails, []
        for side, tail in enumerate(held):
            kept = min(self._kept[side], tail.shape[1] + len(resamples))
            found = np.empty((len(tail), kept))
            for start in range(0, len(tail), _NUMBERS_SORTED):
                some = slice(start, start + _NUMBERS_SORTED)
                joined = np.concatenate([tail[some], resamples[:, some].T], axis=1)
                found[some] = _extremes(joined, kept, smallest=side == 0)
            self._tails.append(found)

    @property
    def ends(self) -> npt.NDArray[np.float64]:
        """The two percentiles, (2, numbers), once all resamples have come."""
        low, high = (np.sort(tail, axis=1) for tail in self._tails)
        first = self._n - high.shape[1]
        found = np.stack([_between(low, self._places[0]), _between(high, self._places[1] - first)])
        return np.where(self._undefined, np.nan, found)


def _extremes(values: npt.NDArray[np.float64], kept: int, *, smallest: bool) -> npt.NDArray[np.float64]:
    """Return the smallest or the largest values of each row, in any order."""
    width = values.shape[1]
    if kept == width:
        return values
    if smallest:
        return np.partition(values, kept - 1, axis=1)[:, :kept]
    return np.partition(values, width - kept, axis=1)[:, width - kept :]


def _between(sorted_values: npt.NDArray[np.float64], place: float) -> npt.NDArray[np.float64]:
    """Return what lies at a place, a whole number or not, of each sorted row."""
    before = floor(place)
    after = min(before + 1, sorted_values.shape[1] - 1)
    share = place - before
    return np.asarray(sorted_values[:, before] * (1 - share) + sorted_values[:, after] * share)

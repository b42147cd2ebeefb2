"""Maps of one suite made to look like those of another: in the distribution of their pixels, in their power spectrum.

Both are one and the same change for all maps of a suite, never one for each map, which would take away what tells the
maps apart. A suite is read piece by piece, several times: pieces are arrays (n, y, x) of pixels, in the space in
which they are matched (log10 as a rule, in dex).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.perturbation.change import Change, Pieces, Shift, Values
from repshift.vocabulary import InputError, size_in_words

_BINS: Final = 1 << 16
"""Of the distribution, between its least and its largest pixel: 1e-4 dex where these are 7 dex apart."""


@dataclass(frozen=True)
class Distribution:
    """How the pixels of a suite are distributed.

    Attributes
    ----------
    edges
        (bins + 1,) equally wide bins from the least pixel to the largest, ascending.
    cumulative
        (bins + 1,) share of pixels below each edge, 0 at the first and 1 at the last.
    """

    edges: Values
    cumulative: Values


@dataclass(frozen=True)
class Spectrum:
    """Mean power spectrum of maps about their common mean.

    Attributes
    ----------
    size
        Pixels (y, x) of a map.
    mean
        Of all pixels.
    power
        (wave numbers,) at 0, 1, 2 ... waves a side, the shorter one (rounded): mean square of a mode's amplitude.
        At 0 it is the variance between the means of maps; power times modes sums over the others to that within maps.
    """

    size: tuple[int, int]
    mean: float
    power: Values


def distribution_of(pieces: Pieces) -> Distribution:
    """Return the distribution of all pixels, reading the maps twice.

    Raises
    ------
    InputError
        If all pixels are equal.
    """
    least, largest = np.inf, -np.inf
    for values in pieces():
        least, largest = min(least, float(values.min())), max(largest, float(values.max()))
    if not least < largest:
        raise InputError(f"All pixels are {least:g}, so they have no distribution to match.")
    counts = np.zeros(_BINS, dtype=np.int64)
    for values in pieces():
        counts += np.histogram(values, _BINS, range=(least, largest))[0]
    below = np.concatenate([[0], np.cumsum(counts)])
    return Distribution(np.linspace(least, largest, _BINS + 1), below / below[-1])


def matched(values: Values, *, of: Distribution, like: Distribution) -> Values:
    """Return pixels moved so that the distribution `of` becomes that of `like`, their order kept.

    Notes
    -----
    Quantile matching, ``F_like^-1(F_of(x))``: linear within a bin of `of`, from the largest pixel of `like` with the
    share below the bin to the least with the share up to its end. Equal pixels stay equal, so where many have one value
    they go on having one.
    """
    starts = np.interp(of.cumulative[:-1], like.cumulative, like.edges)
    ends = -np.interp(-of.cumulative[1:], -like.cumulative[::-1], -like.edges[::-1])
    last = len(starts) - 1
    index = np.minimum(np.searchsorted(of.edges, values, side="right") - 1, last)
    within = (values - of.edges[index]) / (of.edges[index + 1] - of.edges[index])
    return np.asarray(starts[index] + within * (ends - starts)[index])


def spectrum_of(pieces: Pieces) -> Spectrum:
    """Return the mean power spectrum of periodic maps, reading them once.

    Notes
    -----
    Pixels are taken from those of the first map's mean, so that little is lost where the mean of all is taken away in
    the end: it is in the modes of 0 waves alone.
    """
    first, n_maps, size = 0.0, 0, (0, 0)
    total, monopole = np.zeros((1, 1)), 0.0
    for values in pieces():
        if n_maps == 0:
            first, size = float(values[0].mean()), (values.shape[-2], values.shape[-1])
        modes = np.fft.rfft2(values - first) / math.prod(size)
        total = total + np.square(np.abs(modes)).sum(0)
        monopole += float(modes[:, 0, 0].real.sum())
        n_maps += len(values)
    total[0, 0] -= monopole**2 / n_maps
    waves, weights = _waves(size), _weights(size)
    sums = np.bincount(waves.ravel(), (total * weights).ravel())
    power = sums / (n_maps * np.bincount(waves.ravel(), weights.ravel()))
    return Spectrum(size, first + monopole / n_maps, np.maximum(power, 0.0))


def transfer(*, of: Spectrum, like: Spectrum) -> Values:
    """Return what takes the amplitudes of `of` to those of `like`, (wave numbers,): the root of the ratio of power.

    Raises
    ------
    InputError
        If maps are not of one size, or have no power where those that they are to be like have some.
    """
    if of.size != like.size:
        raise InputError(
            f"Maps of {size_in_words(of.size)} and of {size_in_words(like.size)} do not have the same waves. Match "
            "maps of one size."
        )
    missing = np.flatnonzero((of.power <= 0) & (like.power > 0))
    if len(missing):
        raise InputError(f"The maps have no power at {missing[0]} waves a side, so none can be made from it.")
    return np.sqrt(np.divide(like.power, of.power, out=np.zeros_like(of.power), where=of.power > 0))


def filtered(values: Values, *, mean: float, factors: Values, new_mean: float) -> Values:
    """Return periodic maps whose differences from `mean` are multiplied, wave by wave, by `factors` (wave numbers,)."""
    modes = np.fft.rfft2(values - mean) * factors[_waves((values.shape[-2], values.shape[-1]))]
    return np.fft.irfft2(modes, s=values.shape[-2:]) + new_mean


def with_distribution(pieces: Pieces, matching: str, *, like: Pieces) -> Iterator[Values]:
    """Yield pixels with the distribution and, where `matching` says so, the power spectrum of those of another suite.

    Errors as `distribution_of` and `transfer`.
    """
    of, wanted = distribution_of(pieces), distribution_of(like)

    def moved() -> Iterator[Values]:
        return (matched(values, of=of, like=wanted) for values in pieces())

    if matching == "one_point":
        yield from moved()
        return
    spectrum, other = spectrum_of(moved), spectrum_of(like)
    factors = transfer(of=spectrum, like=other)
    for values in moved():
        yield filtered(values, mean=spectrum.mean, factors=factors, new_mean=other.mean)


MATCHING: Final = Change(
    name="matching",
    description=(
        "one_point: the distribution of all pixels, their order kept. power_spectrum: that first, and then the mean "
        "power spectrum."
    ),
    shift=Shift("matched", "a matched suite", "D"),
    function=with_distribution,
    choices=("one_point", "power_spectrum"),
    condition="{strength} like {like}",
    needs=frozenset({"like"}),
)


def _waves(size: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Return the wave number of each mode of `numpy.fft.rfft2`, in waves a side, the shorter one, rounded."""
    side = min(size)
    rows, columns = np.fft.fftfreq(size[0], 1 / side), np.fft.rfftfreq(size[1], 1 / side)
    return np.asarray(np.rint(np.hypot(rows[:, None], columns)), dtype=np.int64)


def _weights(size: tuple[int, int]) -> Values:
    """Return how many modes of the whole plane each mode of `numpy.fft.rfft2` stands for: itself, and its mirror."""
    columns = np.arange(size[1] // 2 + 1)
    alone = (columns == 0) | (2 * columns == size[1])
    return np.broadcast_to(np.where(alone, 1.0, 2.0), (size[0], len(columns)))

"""What happens to maps and parameters on their way into a network and out of it.

References
----------
Villaescusa-Navarro et al. 2022, ApJS 259, 61 (arXiv 2109.10915), section 4: logarithm, standardisation, scaling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import FIELDS, PARAMETERS, InputError

_MINIMUM = np.array([parameter.minimum for parameter in PARAMETERS.values()])
_RANGE = np.array([parameter.maximum - parameter.minimum for parameter in PARAMETERS.values()])

Positions = Sequence[int] | npt.NDArray[np.int64]
"""Positions of maps in their file."""
Monopole = Literal["kept", "removed"]
"""What becomes of the mean of each map's logarithm."""


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of all pixels after the preprocessing, in dex; they standardise a map.

    Where no logarithm is taken they are in the unit of the field. Mean 0 and standard deviation 1 leave a map as it is.

    Raises
    ------
    InputError
        If one is not finite, or the standard deviation not above 0.
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and 0 < self.std < np.inf):
            raise InputError(
                f"The moments are mean {self.mean} and standard deviation {self.std}. Expected finite numbers, the "
                "standard deviation above 0."
            )


@dataclass(frozen=True)
class Preprocessing:
    """What happens to a map before it is standardised.

    Attributes
    ----------
    smoothing
        Standard deviation of the Gaussian that smooths the raw map, in pixels; 0: none.
    monopole
        Whether the mean of each map's logarithm is ``kept`` or ``removed``.
    logarithm
        Whether log10 is taken; without it, maps may hold zeros and negative values.

    Raises
    ------
    InputError
        If `smoothing` is negative or not finite, or `monopole` another word.
    """

    smoothing: float = 0.0
    monopole: Monopole = "kept"
    logarithm: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.smoothing < np.inf:
            raise InputError(f"The smoothing is {self.smoothing} pixels. Expected a finite width, 0 or more.")
        if self.monopole not in get_args(Monopole):
            raise InputError(f"The monopole is '{self.monopole}'. Expected one of {', '.join(get_args(Monopole))}.")


_ULPS = 4
"""Units in the last place of single precision that rounding may leave between equal pixels, smoothed or not."""

UNCHANGED = Preprocessing()
"""Neither smoothed nor without its monopole: the logarithm alone."""


def logarithm(
    maps: npt.NDArray[np.float32], field: str, *, positions: Positions | None = None
) -> npt.NDArray[np.float64]:
    """Take log10 of maps, of ``map + 1`` where the field holds zeros (``Mstar``).

    Parameters
    ----------
    maps
        (n_maps, size, size), in the unit of the field; every pixel finite and above zero.
    field
        Name of the field: one of CMD's, or another, whose maps hold no zeros.
    positions
        Positions of the maps in their file, for the message; None counts from 0.

    Returns
    -------
    (n_maps, size, size) float64, in dex.

    Raises
    ------
    InputError
        If a pixel is not finite, or not above zero once the field's offset is added; names the map.
    """
    shifted = _shifted(maps, field, positions)
    return np.log10(shifted, out=shifted)


def without_logarithm(values: npt.NDArray[np.float64], field: str) -> npt.NDArray[np.float64]:
    """Return the maps, in the unit of the field, whose `logarithm` is `values` (n_maps, size, size), in dex."""
    return np.asarray(10.0**values - (FIELDS[field].logarithm_offset if field in FIELDS else 0.0))


def preprocess(
    maps: npt.NDArray[np.float32],
    field: str,
    *,
    preprocessing: Preprocessing = UNCHANGED,
    positions: Positions | None = None,
) -> npt.NDArray[np.float64]:
    """Smooth maps, take the logarithm, subtract each map's mean: all that comes before the standardisation.

    Arguments, result and errors as in `logarithm`; `preprocessing` says which of the three happen. Without the
    logarithm every finite pixel will do.

    Notes
    -----
    The order is that of CMD's released training code, and so is the precision of the smoothing: a periodic Gaussian
    filter, cut at 4 standard deviations, of the float32 map, rounded to float32 after each axis. What has no logarithm
    is refused in the raw map, before the filter spreads it.
    """
    widened = _shifted if preprocessing.logarithm else _finite
    if preprocessing.smoothing > 0:
        from scipy.ndimage import gaussian_filter  # takes a fifth of a second, and few maps are smoothed

        widened(maps, field, positions)
        width = preprocessing.smoothing
        maps = gaussian_filter(maps.astype(np.float32, copy=False), (0.0, width, width), mode="wrap")
    values = widened(maps, field, positions)
    if preprocessing.logarithm:
        np.log10(values, out=values)
    if preprocessing.monopole == "removed":
        values -= values.mean(axis=(1, 2), keepdims=True)
    return values


def standardise(
    maps: npt.NDArray[np.float32],
    field: str,
    *,
    moments: Moments,
    preprocessing: Preprocessing = UNCHANGED,
    positions: Positions | None = None,
) -> npt.NDArray[np.float32]:
    """Preprocess, subtract the mean and divide by the standard deviation; arguments as in `preprocess`."""
    values = preprocess(maps, field, preprocessing=preprocessing, positions=positions)
    return ((values - moments.mean) / moments.std).astype(np.float32)


def log_moments(
    chunks: Iterable[npt.NDArray[np.float32]], field: str, *, preprocessing: Preprocessing = UNCHANGED
) -> Moments:
    """Return the moments of all pixels after the preprocessing, reading the maps once.

    Parameters
    ----------
    chunks
        Arrays (n, size, size), consecutive pieces of one file; one is held at a time.
    field
        Name of the field.
    preprocessing
        What happens to the maps first.

    Raises
    ------
    InputError
        If a pixel has no logarithm, or all pixels are equal apart from rounding.

    Notes
    -----
    Counts, means and sums of squared deviations of the chunks are merged by the update of Chan, Golub & LeVeque 1983
    (The American Statistician 37, 242, eq. 2.1), which does not cancel.
    """
    count, mean, deviation, first, floor = 0, 0.0, 0.0, 0, 0.0
    for chunk in chunks:
        positions = range(first, first + len(chunk))
        values = preprocess(chunk, field, preprocessing=preprocessing, positions=positions)
        step = float(values.mean()) - mean
        total = count + values.size
        deviation += float(values.var()) * values.size + step**2 * count * values.size / total
        mean += step * values.size / total
        count, first = total, first + len(chunk)
        floor = max(floor, rounding_of(chunk, preprocessing))
    require_spread(deviation, count, field, floor=floor)
    return Moments(mean=mean, std=float(np.sqrt(deviation / count)))


def rounding_of(maps: npt.NDArray[np.float32], preprocessing: Preprocessing) -> float:
    """Return what single precision may leave of a difference that is zero, after the preprocessing."""
    if preprocessing.logarithm:
        return _ULPS * float(np.finfo(np.float32).eps) / float(np.log(10))
    return _ULPS * float(np.finfo(np.float32).eps) * float(np.abs(maps).max(initial=0))


def require_spread(squares: float, n_pixels: int, field: str, *, floor: float) -> None:
    """Refuse pixels whose standard deviation is nothing but rounding, at most `floor`: they cannot be standardised.

    Raises
    ------
    InputError
        With the number of pixels.
    """
    std = np.sqrt(squares / n_pixels)
    if not std > floor:
        raise InputError(
            f"All {n_pixels} pixels of field '{field}' are equal, apart from rounding (their standard deviation is "
            f"{std:.1e}), so the maps cannot be standardised."
        )


def scale_parameters(parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale parameters (..., 6) from their physical ranges to [0, 1]."""
    return np.asarray((parameters - _MINIMUM) / _RANGE)


def physical_parameters(
    mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scale posterior means and standard deviations (n_maps, 6) from [0, 1] back to physical ranges."""
    return mean * _RANGE + _MINIMUM, std * _RANGE


def _shifted(maps: npt.NDArray[np.float32], field: str, positions: Positions | None) -> npt.NDArray[np.float64]:
    """Add the field's offset, and refuse what has no logarithm then."""
    shifted = np.asarray(maps, np.float64) + (FIELDS[field].logarithm_offset if field in FIELDS else 0.0)
    bad = ~(np.isfinite(shifted) & (shifted > 0))
    _require_none(bad, maps, field, positions, "The logarithm needs finite values above zero.")
    return shifted


def _finite(maps: npt.NDArray[np.float32], field: str, positions: Positions | None) -> npt.NDArray[np.float64]:
    """Widen maps, and refuse what is not finite."""
    _require_none(~np.isfinite(maps), maps, field, positions, "A network needs finite values.")
    return np.array(maps, np.float64)


def _require_none(
    bad: npt.NDArray[np.bool_], maps: npt.NDArray[np.float32], field: str, positions: Positions | None, needed: str
) -> None:
    """Refuse maps of which a pixel is `bad`; name the first."""
    if bad.any():
        index = np.argwhere(bad)[0]
        number = int(index[0] if positions is None else positions[index[0]])
        place = tuple(int(pixel) for pixel in index[1:])
        raise InputError(
            f"Map {number} of field '{field}' holds {maps[tuple(index)]} at pixel {place}: "
            f"{int(bad.sum())} such pixels. {needed}"
        )

"""What happens to maps and parameters on their way into a network and out of it.

References
----------
Villaescusa-Navarro et al. 2022, ApJS 259, 61 (arXiv 2109.10915), section 4: logarithm, standardisation, scaling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import PARAMETERS, InputError, require_field

_MINIMUM = np.array([parameter.minimum for parameter in PARAMETERS.values()])
_RANGE = np.array([parameter.maximum - parameter.minimum for parameter in PARAMETERS.values()])


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of all pixels after the logarithm, in dex; they standardise a map."""

    mean: float
    std: float


def logarithm(
    maps: npt.NDArray[np.float32], field: str, *, positions: Sequence[int] | npt.NDArray[np.int64] | None = None
) -> npt.NDArray[np.float64]:
    """Take log10 of maps, of ``map + 1`` where the field holds zeros (``Mstar``).

    Parameters
    ----------
    maps
        (n_maps, size, size), in the unit of the field; every pixel finite and above zero.
    field
        Name of the field.
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
    shifted = maps.astype(np.float64) + require_field(field).logarithm_offset
    bad = ~(np.isfinite(shifted) & (shifted > 0))
    if bad.any():
        index = np.argwhere(bad)[0]
        number = int(index[0] if positions is None else positions[index[0]])
        place = tuple(int(pixel) for pixel in index[1:])
        raise InputError(
            f"Map {number} of field '{field}' holds {maps[tuple(index)]} at pixel {place}: "
            f"{int(bad.sum())} such pixels. The logarithm needs finite values above zero."
        )
    return np.asarray(np.log10(shifted))


def standardise(
    maps: npt.NDArray[np.float32],
    field: str,
    *,
    moments: Moments,
    positions: Sequence[int] | npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.float32]:
    """Take the logarithm, subtract the mean and divide by the standard deviation; arguments as in `logarithm`."""
    return ((logarithm(maps, field, positions=positions) - moments.mean) / moments.std).astype(np.float32)


def log_moments(chunks: Iterable[npt.NDArray[np.float32]], field: str) -> Moments:
    """Return the moments of all pixels after the logarithm, reading the maps once.

    Parameters
    ----------
    chunks
        Arrays (n, size, size), consecutive pieces of one file; one is held at a time.
    field
        Name of the field.

    Raises
    ------
    InputError
        If a pixel has no logarithm, or if all pixels are equal.

    Notes
    -----
    Counts, means and sums of squared deviations of the chunks are merged by the update of Chan, Golub & LeVeque 1983
    (The American Statistician 37, 242, eq. 2.1), which does not cancel.
    """
    count, mean, deviation, first = 0, 0.0, 0.0, 0
    for chunk in chunks:
        values = logarithm(chunk, field, positions=range(first, first + len(chunk)))
        step = float(values.mean()) - mean
        total = count + values.size
        deviation += float(values.var()) * values.size + step**2 * count * values.size / total
        mean += step * values.size / total
        count, first = total, first + len(chunk)
    if not deviation > 0:
        raise InputError(f"All {count} pixels of field '{field}' are equal, so the maps cannot be standardised.")
    return Moments(mean=mean, std=float(np.sqrt(deviation / count)))


def scale_parameters(parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale parameters (..., 6) from their physical ranges to [0, 1]."""
    return np.asarray((parameters - _MINIMUM) / _RANGE)


def physical_parameters(
    mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scale posterior means and standard deviations (n_maps, 6) from [0, 1] back to physical ranges."""
    return mean * _RANGE + _MINIMUM, std * _RANGE

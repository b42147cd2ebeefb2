"""Mean and standard deviation of all pixels of a file of maps, read once."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from repshift.networks.channels import UNCHANGED, MapFunction, Moments, Preprocessing
from repshift.networks.preprocessing import before_stretch, stretch
from repshift.vocabulary import InputError

_ULPS = 4
"""Units in the last place of single precision that rounding may leave between equal pixels, smoothed or not."""


def log_moments(
    chunks: Iterable[npt.NDArray[np.float32]],
    field: str,
    *,
    preprocessing: Preprocessing = UNCHANGED,
    function: MapFunction | None = None,
) -> Moments:
    """Return the moments of all pixels after the preprocessing, reading the maps once.

    Parameters
    ----------
    chunks
        Arrays (n, y, x), consecutive pieces of one file; one is held at a time.
    field
        Name of the field.
    preprocessing
        What happens to the maps first.
    function
        The function that `preprocessing` names, if any.

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
        values = before_stretch(chunk, field, preprocessing=preprocessing, positions=positions, function=function)
        floor = max(floor, rounding_of(values, preprocessing))
        values = stretch(values, preprocessing)
        step = float(values.mean()) - mean
        total = count + values.size
        deviation += float(values.var()) * values.size + step**2 * count * values.size / total
        mean += step * values.size / total
        count, first = total, first + len(chunk)
    require_spread(deviation, count, field, floor=floor)
    return Moments(mean=mean, std=float(np.sqrt(deviation / count)))


def rounding_of(values: npt.NDArray[np.float64], preprocessing: Preprocessing) -> float:
    """Return what single precision may leave of a difference that is zero, after the stretch of `values`."""
    rounding = _ULPS * float(np.finfo(np.float32).eps)
    if preprocessing.logarithm:
        return rounding / float(np.log(10))
    if preprocessing.arcsinh is not None:
        return rounding  # the slope of arcsinh(x / a) in log(x) is at most 1
    return rounding * float(np.abs(values).max(initial=0))


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

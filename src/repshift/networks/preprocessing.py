"""What happens to maps and parameters on their way into a network and out of it.

References
----------
Villaescusa-Navarro et al. 2022, ApJS 259, 61 (arXiv 2109.10915), section 4: logarithm, standardisation, scaling.
Ghosh et al. 2022, ApJ 935, 138 (arXiv 2207.05107), section 4: arcsinh of galaxy images, as GaMPEN takes it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.networks.channels import UNCHANGED, MapFunction, Moments, Preprocessing
from repshift.vocabulary import FIELDS, PARAMETERS, InputError

_MINIMUM = np.array([parameter.minimum for parameter in PARAMETERS.values()])
_RANGE = np.array([parameter.maximum - parameter.minimum for parameter in PARAMETERS.values()])

TRIED: Final = 64
"""Maps at most that a function of the user's own is tried with."""

_SAME: Final = 1e-5
"""Part of the largest value by which equal maps may differ after such a function."""

Positions = Sequence[int] | npt.NDArray[np.int64]
"""Positions of maps in their file."""


def logarithm(
    maps: npt.NDArray[np.floating], field: str, *, positions: Positions | None = None
) -> npt.NDArray[np.float64]:
    """Take log10 of maps, of ``map + 1`` where the field holds zeros (``Mstar``).

    Parameters
    ----------
    maps
        (n_maps, y, x), in the unit of the field; every pixel finite and above zero.
    field
        Name of the field: one of CMD's, or another, whose maps hold no zeros.
    positions
        Positions of the maps in their file, for the message; None counts from 0.

    Returns
    -------
    (n_maps, y, x) float64, in dex.

    Raises
    ------
    InputError
        If a pixel is not finite, or not above zero once the field's offset is added; names the map.
    """
    shifted = _shifted(maps, field, positions)
    return np.log10(shifted, out=shifted)


def without_logarithm(values: npt.NDArray[np.float64], field: str) -> npt.NDArray[np.float64]:
    """Return the maps, in the unit of the field, whose `logarithm` is `values` (n_maps, y, x), in dex."""
    return np.asarray(10.0**values - (FIELDS[field].logarithm_offset if field in FIELDS else 0.0))


def preprocess(
    maps: npt.NDArray[np.floating],
    field: str,
    *,
    preprocessing: Preprocessing = UNCHANGED,
    positions: Positions | None = None,
    function: MapFunction | None = None,
) -> npt.NDArray[np.float64]:
    """Do all that comes before the standardisation of one channel, as `preprocessing` says.

    Arguments, result and errors as in `logarithm`. Without the logarithm every finite pixel will do. `function` is the
    one that `preprocessing` names.

    Notes
    -----
    Of smoothing, logarithm and monopole the order is that of CMD's released training code, and so is the precision of
    the smoothing: a periodic Gaussian filter, cut at 4 standard deviations, of the float32 map, rounded to float32
    after each axis. What has no logarithm is refused in the raw map, before the filter spreads it.
    """
    values = before_stretch(maps, field, preprocessing=preprocessing, positions=positions, function=function)
    return stretch(values, preprocessing)


def before_stretch(
    maps: npt.NDArray[np.floating],
    field: str,
    *,
    preprocessing: Preprocessing,
    positions: Positions | None = None,
    function: MapFunction | None = None,
) -> npt.NDArray[np.float64]:
    """Do what comes before the stretch: the function, smoothing, clipping, scaling, the field's offset of a logarithm.

    Arguments, result and errors as in `preprocess`.
    """
    if preprocessing.function:
        maps = _by_function(maps, preprocessing.function, function)
    if preprocessing.smoothing > 0:
        from scipy.ndimage import gaussian_filter  # takes a fifth of a second, and few maps are smoothed

        _stretchable(maps, field, preprocessing, positions)
        width = preprocessing.smoothing
        maps = gaussian_filter(maps.astype(np.float32, copy=False), (0.0, width, width), mode="wrap")
    return _stretchable(maps, field, preprocessing, positions)


def stretch(values: npt.NDArray[np.float64], preprocessing: Preprocessing) -> npt.NDArray[np.float64]:
    """Take the logarithm or the arcsinh of `values` (n_maps, y, x), in place, and remove the monopole where asked."""
    if preprocessing.logarithm:
        np.log10(values, out=values)
    if preprocessing.arcsinh is not None:
        np.arcsinh(values / preprocessing.arcsinh, out=values)
    if preprocessing.monopole == "removed":
        values -= values.mean(axis=(1, 2), keepdims=True)
    return values


def standardise(
    maps: npt.NDArray[np.floating],
    field: str,
    *,
    moments: Moments,
    preprocessing: Preprocessing = UNCHANGED,
    positions: Positions | None = None,
    function: MapFunction | None = None,
) -> npt.NDArray[np.float32]:
    """Preprocess, subtract the mean and divide by the standard deviation; arguments as in `preprocess`."""
    values = preprocess(maps, field, preprocessing=preprocessing, positions=positions, function=function)
    return ((values - moments.mean) / moments.std).astype(np.float32)


def scale_parameters(parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale parameters (..., 6) from their physical ranges to [0, 1]."""
    return np.asarray((parameters - _MINIMUM) / _RANGE)


def physical_parameters(
    mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scale posterior means and standard deviations (n_maps, 6) from [0, 1] back to physical ranges."""
    return mean * _RANGE + _MINIMUM, std * _RANGE


def require_map_by_map(maps: npt.NDArray[np.floating], name: str, function: MapFunction) -> None:
    """Refuse a function of the user's own that makes another map of a map called again, or among other maps.

    `maps` (n_maps, y, x) are a few to try it with. Results are of a map, whatever stands beside it in its file.

    Raises
    ------
    InputError
        If what it makes of a map differs by more than rounding.
    """
    tried = maps[:TRIED]
    together = _by_function(tried, name, function)
    for again, when in (
        (_by_function(tried, name, function), "when it is called again"),
        (np.concatenate([_by_function(one[None], name, function) for one in tried]), "when it is given alone"),
    ):
        rounding = _SAME * float(np.abs(together[np.isfinite(together)]).max(initial=0))
        if not np.allclose(again, together, rtol=0, atol=rounding, equal_nan=True):
            raise InputError(
                f"'{name}' makes another map of the same map {when}. Expected a function of each map alone, without "
                "chance or memory."
            )


def _by_function(maps: npt.NDArray[np.floating], name: str, function: MapFunction | None) -> npt.NDArray[np.float32]:
    """Apply the user's function, and refuse what it returns where that is no maps of the same size."""
    if function is None:
        raise InputError(
            f"Maps are prepared by '{name}', which is not given. Name it as it was when they were measured."
        )
    found = np.asarray(function(maps.astype(np.float64)))
    if found.shape != maps.shape or found.dtype.kind not in "fiu":
        raise InputError(
            f"'{name}' made {found.dtype} of shape {found.shape} of maps of shape {maps.shape}. Expected numbers, as "
            "many."
        )
    return found.astype(np.float32)


def _stretchable(
    maps: npt.NDArray[np.floating], field: str, preprocessing: Preprocessing, positions: Positions | None
) -> npt.NDArray[np.float64]:
    """Widen maps, clip and scale them, and refuse what is not finite or, where it is to be taken, has no logarithm."""
    values: npt.NDArray[np.floating] = maps
    if preprocessing.clip is not None or preprocessing.scale != 1:
        values = np.clip(_finite(maps, field, positions), *preprocessing.bounds) / preprocessing.scale
    return (_shifted if preprocessing.logarithm else _finite)(values, field, positions)


def _shifted(maps: npt.NDArray[np.floating], field: str, positions: Positions | None) -> npt.NDArray[np.float64]:
    """Add the field's offset, and refuse what has no logarithm then."""
    shifted = np.asarray(maps, np.float64) + (FIELDS[field].logarithm_offset if field in FIELDS else 0.0)
    bad = ~(np.isfinite(shifted) & (shifted > 0))
    needed = "The logarithm needs finite values above zero; preprocessing: {logarithm: false} leaves it out."
    _require_none(bad, maps, field, positions, needed)
    return shifted


def _finite(maps: npt.NDArray[np.floating], field: str, positions: Positions | None) -> npt.NDArray[np.float64]:
    """Widen maps, and refuse what is not finite."""
    _require_none(~np.isfinite(maps), maps, field, positions, "A network needs finite values.")
    return np.array(maps, np.float64)


def _require_none(
    bad: npt.NDArray[np.bool_], maps: npt.NDArray[np.floating], field: str, positions: Positions | None, needed: str
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

"""The smallest changes of the maps of a case as a dataset, with their quantiles over maps."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.attacks.norms import NORMS
from repshift.attacks.smallest import AttackSettings, Smallest
from repshift.case.forward import OpenCase
from repshift.case.maps import quantity_of
from repshift.case.outputs import outputs_of
from repshift.evidence.stress.quantities import SMALLEST_CHANGES, SMALLEST_COUNTS, quantile_words
from repshift.networks.channels import Moments
from repshift.statistics.quantiles import quantile_intervals
from repshift.statistics.resampling import LEVEL
from repshift.storage.measurement import Measurement
from repshift.vocabulary import about

Values = npt.NDArray[np.float64]
Variable = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, str]]

_SHARES: Final = {"p10": 0.1, "median": 0.5, "p90": 0.9}
_ENDS: Final = {"": "", "_low": ", lower end of its interval", "_high": ", upper end of its interval"}

_OF_NORM: Final = ("norm", "output", "map")

_LONG_NAMES: Final = {
    "moved": (_OF_NORM, "progress of the smallest change: movement over the threshold, or share of the way to a class"),
    "moved_half": (_OF_NORM, "the same of half of the smallest change"),
    "noise_moved": (_OF_NORM, SMALLEST_CHANGES["noise_moved"]),
    "pixel_moved": (("output", "map"), SMALLEST_CHANGES["pixel_moved"]),
    "pixel_change": (("output", "map"), "change of that pixel, in standard deviations of the training maps"),
}
"""Dimensions and words of what is dimensionless of each map."""


def smallest_dataset(
    case: OpenCase,
    inputs: npt.NDArray[np.float32],
    found: Mapping[str, Smallest],
    settings: AttackSettings,
    *,
    positions: npt.NDArray[np.int64],
    thresholds: Mapping[str, float],
    resamples: int,
    seed: int,
) -> xr.Dataset:
    """Return the smallest changes of a case with their quantiles over maps.

    Parameters
    ----------
    case
        The model and its domain.
    inputs
        (n_maps, channels, y, x): the maps as the network takes them.
    found
        Of each output.
    settings
        Of the search.
    positions
        (n_maps,): of the maps in their file.
    thresholds
        How far each output is to move, in its unit; NaN of classes.
    resamples, seed
        Of the intervals, and what draws them.

    Raises
    ------
    InputError
        If the maps are of fewer than ten simulations.
    """
    units = [raw_unit(*one) for one in zip(case.simulations.measured, case.moments, strict=True)]
    held = {name: np.stack([getattr(one, name) for one in found.values()]) for name in _FIELDS}
    size, of_channels = (np.moveaxis(held[name], 0, 1) for name in ("size", "of_channels"))
    raw = of_channels * np.array([one.size for one in units])
    words = ", ".join(dict.fromkeys(one.units for one in units))
    simulations = positions // case.maps_per_simulation
    share = size[list(NORMS).index("l2")] / _about_mean(inputs)
    how: dict[str, Any] = {"simulations": simulations, "n_resamples": resamples, "seed": seed}
    noise = np.moveaxis(held["noise_moved"], 0, 1)
    variables: dict[str, Variable] = {
        "size": (_OF_NORM, size, about(SMALLEST_CHANGES["size"])),
        "size_raw": ((*_OF_NORM, "channel"), raw, about(SMALLEST_CHANGES["size_raw"], words)),
        **{name: _of_maps(name, held[name]) for name in _LONG_NAMES},
        **_places(held["pixel_place"]),
        **_quantiles("size", size, ("norm", "output"), _SHARES, how),
        **_quantiles("size_raw", np.moveaxis(raw, 2, 3), _OF_CHANNEL, _MEDIAN, how, units=words),
        **_quantiles("l2_share", share, ("output",), _MEDIAN, how),
        **_quantiles("noise_moved", noise, ("norm", "output"), _MEDIAN, how),
        **_quantiles("pixel_moved", held["pixel_moved"], ("output",), _MEDIAN, how),
        "n_failed": (("norm", "output"), np.isinf(size).sum(-1), dict(SMALLEST_COUNTS["n_failed"])),
        "threshold": (("output",), np.array(list(thresholds.values())), _threshold(case)),
    }
    names = {"norm": list(NORMS), "output": list(found), "channel": [one.name for one in units]}
    return xr.Dataset(variables, {**names, **case.coordinates(positions)}, _attributes(case, settings, resamples, seed))


_OF_CHANNEL: Final = ("norm", "output", "channel")
_MEDIAN: Final = {"median": 0.5}
_FIELDS: Final = ("size", "of_channels", "pixel_place", *_LONG_NAMES)


def _of_maps(name: str, values: Values) -> Variable:
    """Return a variable of each map, (output, ...) as it was found."""
    dimensions, words = _LONG_NAMES[name]
    return dimensions, np.moveaxis(values, 0, 1) if len(dimensions) == 3 else values, about(words)


def _places(places: npt.NDArray[np.int64]) -> dict[str, Variable]:
    """Return where the best single pixel of each map is, of places (output, 3, map)."""
    words = {"channel": "number of the channel", "y": "row", "x": "column"}
    return {
        f"pixel_{name}": (("output", "map"), places[:, number], about(f"{word} of the best single pixel, from 0"))
        for number, (name, word) in enumerate(words.items())
    }


def _quantiles(
    name: str,
    values: Values,
    dimensions: tuple[str, ...],
    shares: Mapping[str, float],
    how: Mapping[str, Any],
    *,
    units: str = "1",
) -> dict[str, Variable]:
    """Return quantiles over maps of values (..., map), with the ends of their intervals."""
    found = quantile_intervals(values, list(shares.values()), **how)
    return {
        f"{name}_{share}{end}": (
            dimensions,
            found[number, place],
            about(f"{quantile_words(name, share)}{words}", units),
        )
        for number, share in enumerate(shares)
        for place, (end, words) in enumerate(_ENDS.items())
    }


@dataclass(frozen=True)
class RawUnit:
    """The unit of a channel of prepared maps.

    Attributes
    ----------
    name
        Of the channel: its field, of images with the band.
    size
        A change of a prepared pixel by 1 in `units`.
    units
        dex where the logarithm is taken, of the arcsinh "1", else the unit of the field.
    """

    name: str
    size: float
    units: str


def raw_unit(measured: Measurement, moments: Moments) -> RawUnit:
    """Return the unit of a channel; a smoothing or the monopole, which come before the moments, are left aside."""
    prepared = measured.preprocessing
    if prepared.logarithm:
        return RawUnit(measured.field, moments.std, "dex")
    if prepared.arcsinh is not None:
        return RawUnit(measured.field, moments.std, "1")
    return RawUnit(measured.field, moments.std * prepared.scale, quantity_of(measured).units)


def _about_mean(inputs: npt.NDArray[np.float32]) -> Values:
    """Return the root of the sum of the squared pixels of each map about the means of its channels, (n_maps,)."""
    values = inputs.astype(np.float64)
    return np.asarray(np.sqrt(np.square(values - values.mean((2, 3), keepdims=True)).sum((1, 2, 3))))


def _threshold(case: OpenCase) -> dict[str, str]:
    return {**SMALLEST_COUNTS["threshold"], "units": outputs_of(case).units}


def _attributes(case: OpenCase, settings: AttackSettings, resamples: int, seed: int) -> dict[str, Any]:
    """Return what a file says of the case, its maps and what shaped the numbers."""
    checksums = {"weights_sha256": case.description.sha256, "maps_sha256": case.simulations.sha256}
    drawn = {"resamples": resamples, "seed": seed, "level": LEVEL}
    said = {**case.case.attributes(), **case.domain.attributes(), **case.preparation}
    return {**said, **asdict(settings), **drawn, **checksums}

"""An axis at one strength, on maps: the same for a map in whatever batch it comes."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.perturbation.axes.axis import NONE, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values
from repshift.vocabulary import InputError

_LARGEST: Final = float(np.finfo(np.float32).max)
"""Of a pixel: files of maps and networks are of single precision."""


def perturbed(
    axis: Axis,
    maps: Values,
    strength: float,
    *,
    sky: Sky,
    entropy: Sequence[Sequence[int]],
    arguments: Mapping[str, Any] = NONE,
) -> tuple[Values, npt.NDArray[np.int64]]:
    """Return maps perturbed along an axis, and how many pixels of each were raised for the sake of a logarithm.

    Parameters
    ----------
    axis, strength
        Strength 0 returns `maps`.
    maps
        (n_maps, n_channels, y, x), float64, in the unit of the field; they stay as they are.
    sky
        What they are.
    entropy
        Of each map the numbers that seed its generator. Those of the axis's name are added.
    arguments
        Options of the axis.

    Returns
    -------
    maps
        (n_maps, n_channels, y, x).
    floored
        (n_maps,) pixels that were not above 0 in a channel whose logarithm is taken. They become the least pixel of the
        map before.

    Raises
    ------
    InputError
        If the axis needs more bands than there are, an option is wrong, the maps have pixels without a logarithm, or
        none with one after the axis, or the axis returns pixels that are not finite in single precision.
    """
    if strength == 0:
        return maps, np.zeros(len(maps), dtype=np.int64)
    axis.require_channels(maps.shape[1])
    _require_positive(axis, maps, sky)
    needed: dict[str, Any] = dict(axis.chosen(arguments))
    if "sky" in axis.needs:
        needed["sky"] = sky
    with np.errstate(all="ignore"):  # what is no finite number is refused below
        changed = _changed(axis, maps, strength, entropy, needed)
    if not np.abs(changed).max(initial=0) <= _LARGEST:
        raise InputError(
            f"Axis '{axis.name}' at strength {strength:g} makes pixels that are no finite numbers in single precision. "
            "Expected a smaller strength."
        )
    return _floored(axis, changed, maps, strength=strength, sky=sky)


def _changed(
    axis: Axis, maps: Values, strength: float, entropy: Sequence[Sequence[int]], needed: Mapping[str, Any]
) -> Values:
    """Return what the function of an axis makes of maps: all at once, or each with its own generator."""
    if "rng" not in axis.needs:
        return axis.function(maps, strength, **needed)
    changed = np.empty(maps.shape)
    for number, seeds in zip(range(len(maps)), entropy, strict=True):
        rng = np.random.default_rng([*seeds, zlib.crc32(axis.name.encode())])
        changed[number] = axis.function(maps[number : number + 1], strength, rng=rng, **needed)[0]
    return changed


def _require_positive(axis: Axis, maps: Values, sky: Sky) -> None:
    """Refuse maps of which no logarithm can be taken to begin with."""
    for channel in np.flatnonzero(sky.logarithms):
        if maps[:, channel].min() <= sky.floors[channel]:
            count = int((maps[:, channel] <= sky.floors[channel]).sum())
            raise InputError(
                f"Axis '{axis.name}' on channel {sky.names[channel]}, whose logarithm is taken: {count} pixels are not "
                f"above {sky.floors[channel]:g} before any perturbation. Expected none."
            )


def _floored(
    axis: Axis, changed: Values, before: Values, *, strength: float, sky: Sky
) -> tuple[Values, npt.NDArray[np.int64]]:
    """Return maps whose pixels have a logarithm where it is taken, and how many of each map were raised."""
    counts = np.zeros(len(changed), dtype=np.int64)
    for channel in np.flatnonzero(sky.logarithms):
        low = sky.floors[channel]
        if changed[:, channel].min(initial=np.inf) > low:
            continue
        below = changed[:, channel] <= low
        found = below.sum((1, 2))
        if gone := np.flatnonzero(found == below[0].size).tolist():
            raise InputError(
                f"Axis '{axis.name}' at strength {strength:g} leaves no pixel above {low:g} in {len(gone)} of "
                f"{len(changed)} maps of channel {sky.names[channel]}, whose logarithm is taken: all {below[0].size} "
                "would be raised to the least pixel before. Expected a smaller strength."
            )
        least = before[:, channel].min((1, 2))
        changed[:, channel] = np.where(below, least[:, None, None], changed[:, channel])
        counts += found
    return changed, counts

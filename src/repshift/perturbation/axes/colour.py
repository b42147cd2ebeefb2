"""Axes of images with bands: colour, a missing band."""

from typing import Final

import numpy as np

from repshift.perturbation.axes.axis import Argument, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values
from repshift.vocabulary import InputError


def with_colour(maps: Values, strength: float, *, sky: Sky, band: str) -> Values:
    """Return images of which one band is `strength` magnitudes fainter."""
    changed = maps.copy()
    changed[:, _channel(band, sky)] *= 10.0 ** (-0.4 * strength)
    return changed


def with_missing_band(maps: Values, strength: float, *, sky: Sky, band: str) -> Values:
    """Return images of which one band goes over to its training mean, by the share `strength`.

    Notes
    -----
    Linear in what the network reads: at 1 nothing of the band is left.
    """
    channel = _channel(band, sky)
    ends = sky.stretched(np.reshape(sky.fills, (1, -1, 1, 1)))
    values = sky.stretched(maps)
    values[:, channel] += strength * (ends[:, channel] - values[:, channel])
    return sky.unstretched(values)


def _channel(band: str, sky: Sky) -> int:
    """Return the number of a band; of the first where none is named."""
    if band and band not in sky.names:
        raise InputError(f"The maps have no band '{band}'. They have {', '.join(sky.names)}.")
    return sky.names.index(band) if band else 0


BAND: Final = Argument("", "name of the band; the first, if none is said")

COLOUR: Final = Axis(
    name="colour",
    label="colour",
    units="mag",
    description="Makes one band fainter.",
    function=with_colour,
    strengths=(-0.5, -0.2, -0.05, 0.0, 0.05, 0.2, 0.5),
    needs=frozenset({"sky", "bands"}),
    arguments={"band": BAND},
    minimum=-25.0,
    maximum=25.0,
)

MISSING_BAND: Final = Axis(
    name="missing_band",
    label="missing band",
    units="share",
    description="Replaces one band by its training mean, step by step.",
    function=with_missing_band,
    strengths=(0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0),
    needs=frozenset({"sky", "bands"}),
    arguments={"band": BAND},
    maximum=1.0,
)

"""Axes of photometry: gain, offset, contrast, amplitude, magnitude."""

from typing import Final

import numpy as np

from repshift.perturbation.axes.axis import MEAN, Argument, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values
from repshift.vocabulary import InputError

SMALL: Final = (-0.1, -0.03, -0.01, 0.0, 0.01, 0.03, 0.1)


def with_gain(maps: Values, strength: float) -> Values:
    """Return maps times 10 to the power of `strength`."""
    return np.asarray(maps * 10.0**strength)


def with_offset(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps with `strength` times the training mean added; without a logarithm with `strength` added."""
    steps = np.where(sky.logarithms, sky.fills, 1.0)
    return maps + strength * steps[:, None, None]


def with_contrast(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps whose differences from their mean, in what the network reads, are 1 + `strength` times as large."""
    return sky.unstretched(_amplified(sky.stretched(maps), strength))


def with_amplitude(maps: Values, strength: float) -> Values:
    """Return maps whose differences from their mean, in the unit of the field, are 1 + `strength` times as large."""
    return _amplified(maps, strength)


def _amplified(maps: Values, strength: float) -> Values:
    """Return maps whose differences from their mean are 1 + `strength` times as large."""
    return np.asarray(maps + strength * (maps - maps.mean((-2, -1), keepdims=True)))


def with_magnitude(maps: Values, strength: float, *, rng: np.random.Generator, background: float) -> Values:
    r"""Return images of what is `strength` magnitudes fainter under the same noise.

    Notes
    -----
    The flux above the background is multiplied by :math:`f = 10^{-0.4 s}`, and the noise of the background with it.
    White noise of variance :math:`(1 - f^2) \sigma^2` brings it back, with :math:`\sigma` as `noise_of` finds it.
    """
    factor = 10.0 ** (-0.4 * strength)
    missing = np.sqrt(1 - factor**2) * noise_of(maps)
    return np.asarray(background + factor * (maps - background) + missing * rng.standard_normal(maps.shape))


def noise_of(maps: Values) -> Values:
    """Return the standard deviation of the white noise of each map and channel, (n_maps, n_channels, 1, 1).

    Notes
    -----
    From the median size of second differences along both axes, which do not see what is linear over three pixels.

    Raises
    ------
    InputError
        If maps have fewer than three pixels along an axis.

    References
    ----------
    Immerkaer 1996, Computer Vision and Image Understanding 64, 300; the median in place of the mean.
    """
    if min(maps.shape[-2:]) < _FEWEST:
        raise InputError(f"Maps of {maps.shape[-2:]} pixels show no noise. Expected {_FEWEST} or more along each axis.")
    second = maps[..., :-2, :] - 2 * maps[..., 1:-1, :] + maps[..., 2:, :]
    second = second[..., :-2] - 2 * second[..., 1:-1] + second[..., 2:]
    return np.asarray(np.median(np.abs(second), axis=(-2, -1), keepdims=True) / (6 * _MEDIAN))


_FEWEST: Final = 3
"""Pixels along an axis that a second difference is of."""

_MEDIAN: Final = 0.6744897501960817
"""Median of the size of a standard normal number."""

GAIN: Final = Axis(
    name="gain",
    label="gain",
    units="dex",
    description="Multiplies every pixel.",
    function=with_gain,
    strengths=(-0.3, -0.1, -0.03, 0.0, 0.03, 0.1, 0.3),
    minimum=-10.0,
    maximum=10.0,
)

OFFSET: Final = Axis(
    name="offset",
    label="offset",
    units=MEAN,
    description="Is added to every pixel.",
    function=with_offset,
    strengths=SMALL,
    needs=frozenset({"sky"}),
    minimum=-np.inf,
)

CONTRAST: Final = Axis(
    name="contrast",
    label="contrast",
    units="1",
    description="Relative change of the differences from the map's mean, in log10 where the network takes it.",
    function=with_contrast,
    strengths=(-0.3, -0.15, -0.05, 0.0, 0.05, 0.15, 0.3),
    needs=frozenset({"sky"}),
    moves_labels=True,
    minimum=-1.0,
    maximum=10.0,
)

AMPLITUDE: Final = Axis(
    name="amplitude",
    label="amplitude",
    units="1",
    description="Relative change of the differences from the map's mean, in the unit of the field.",
    function=with_amplitude,
    strengths=SMALL,
    moves_labels=True,
    minimum=-1.0,
    maximum=10.0,
)

MAGNITUDE: Final = Axis(
    name="magnitude",
    label="magnitude",
    units="mag",
    description="Makes the flux fainter; the noise of the background stays.",
    function=with_magnitude,
    strengths=(0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0),
    needs=frozenset({"rng"}),
    arguments={"background": Argument(0.0, "value of a pixel without flux, in the unit of the field")},
    maximum=25.0,
)

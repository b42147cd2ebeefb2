"""Axes of noise: white, correlated over pixels, of counted photons."""

from typing import Final

import numpy as np

from repshift.perturbation.axes.axis import FIELD, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.change import Values
from repshift.perturbation.noise import noisy


def with_white_noise(maps: Values, strength: float, *, sky: Sky, rng: np.random.Generator) -> Values:
    """Return maps with Gaussian noise of standard deviation `strength` in what the network reads, drawn and scaled."""
    return sky.unstretched(noisy(sky.stretched(maps), std=strength, rng=rng))


NOISE: Final = Axis(
    name="noise",
    label="white noise",
    units=FIELD,
    description="Standard deviation of Gaussian noise of each pixel.",
    function=with_white_noise,
    strengths=(0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3),
    needs=frozenset({"rng", "sky"}),
)

"""Axes of noise: white, correlated over pixels."""

from typing import Final

import numpy as np

from repshift.perturbation.axes.axis import FIELD, Argument, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.beam import FWHM, gaussian_weights
from repshift.perturbation.change import Values
from repshift.perturbation.noise import noisy


def with_white_noise(maps: Values, strength: float, *, sky: Sky, rng: np.random.Generator) -> Values:
    """Return maps with Gaussian noise of standard deviation `strength` in what the network reads."""
    return sky.unstretched(noisy(sky.stretched(maps), std=strength, rng=rng))


def with_correlated_noise(
    maps: Values, strength: float, *, sky: Sky, rng: np.random.Generator, length: float
) -> Values:
    """Return maps with Gaussian noise smoothed to a full width at half maximum of `length`, pixels.

    Notes
    -----
    White noise is smoothed along each axis with weights whose squares sum to 1, so that the standard deviation of a
    pixel is `strength` whatever the length. It is drawn on a margin as wide as the weights, so that opposite edges are
    independent; in a periodic box they are not, and the noise goes on around it.
    """
    from scipy.ndimage import convolve1d

    weights = gaussian_weights(length / FWHM)
    margin = 0 if sky.is_periodic else len(weights) // 2
    drawn = rng.standard_normal((*maps.shape[:2], *(size + 2 * margin for size in maps.shape[2:])))
    for axis in (-1, -2):
        folded = np.bincount(np.arange(len(weights)) % drawn.shape[axis], weights)
        drawn = convolve1d(drawn, weights / np.sqrt(np.square(folded).sum()), axis=axis, mode="wrap")
    inner = drawn[..., margin : drawn.shape[-2] - margin, margin : drawn.shape[-1] - margin]
    return sky.unstretched(sky.stretched(maps) + strength * inner)


NOISE: Final = Axis(
    name="noise",
    label="white noise",
    units=FIELD,
    description="Standard deviation of Gaussian noise of each pixel.",
    function=with_white_noise,
    strengths=(0.0, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1),
    needs=frozenset({"rng", "sky"}),
)

CORRELATED_NOISE: Final = Axis(
    name="correlated_noise",
    label="correlated noise",
    units=FIELD,
    description="Standard deviation of Gaussian noise that neighbouring pixels share.",
    function=with_correlated_noise,
    strengths=(0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.8),
    needs=frozenset({"rng", "sky"}),
    arguments={
        "length": Argument(4.0, "full width at half maximum of what smooths the noise, pixels", minimum=0.1, maximum=64)
    },
)

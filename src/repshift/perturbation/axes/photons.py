"""The axis of an exposure: photons are counted, so that faint pixels are noisier than bright ones."""

from typing import Final

import numpy as np

from repshift.perturbation.axes.axis import Axis
from repshift.perturbation.change import Values

FEW: Final = 4.0
"""Expected photons below which quantiles of their number are counted one by one."""


def with_photons(maps: Values, strength: float, *, rng: np.random.Generator) -> Values:
    """Return maps as an exposure counts them, whose pixel of mean brightness has the relative noise `strength`.

    Notes
    -----
    A pixel of mean brightness is expected to have :math:`1 / s^2` photons, one of brightness x that much times x over
    the mean of its map and channel. Their number is a quantile of the Poisson distribution at a probability drawn once
    a pixel, so that the draws of all strengths are the same. Pixels that are not above 0 have no photons and stay.
    """
    per_photon = maps.mean((-2, -1), keepdims=True) * strength**2
    bright = (maps > 0) & (per_photon > 0)
    expected = np.divide(maps, per_photon, out=np.zeros_like(maps), where=bright)
    counts = poisson_quantiles(expected, rng.standard_normal(maps.shape))
    return np.where(bright, counts * per_photon, maps)


def poisson_quantiles(expected: Values, normal: Values) -> Values:
    r"""Return quantiles of Poisson distributions where those of the normal one are `normal`.

    Parameters
    ----------
    expected
        Expectations :math:`\lambda`, 0 or more.
    normal
        Standard normal quantiles z, of the same shape.

    Notes
    -----
    Up to `FEW` expected, exact: the least k with :math:`P(X \le k) \ge \Phi(z)`. Above, the expansion

    .. math:: k = \lfloor \lambda + \sqrt{\lambda} z + \frac{2 + z^2}{6} - \frac{z (2 + z^2)}{72 \sqrt{\lambda}}
              + \frac{z^2 (7 + 3 z^2) - 16}{810 \lambda} \rfloor,

    which for one quantile in 500 at most is off by one.

    References
    ----------
    Giles 2016, ACM Transactions on Mathematical Software 42, 7 (algorithm 955).
    """
    from scipy.special import ndtr

    many = np.maximum(expected, FEW)
    root, square = np.sqrt(many), normal * normal
    counts = many + root * normal + (2 + square) / 6 - normal * (2 + square) / (72 * root)
    counts = np.floor(counts + (square * (7 + 3 * square) - 16) / (810 * many))
    few = np.flatnonzero(expected <= FEW)
    means, shares = expected.ravel()[few], ndtr(normal.ravel()[few])
    found = np.zeros(len(few))
    term = np.exp(-means)
    cumulative = term.copy()
    left = np.flatnonzero(cumulative < shares)
    while len(left):
        found[left] += 1
        term[left] *= means[left] / found[left]
        cumulative[left] += term[left]
        left = left[(cumulative[left] < shares[left]) & (term[left] > 0)]
    counts.ravel()[few] = found
    return np.asarray(np.maximum(counts, 0.0))


POISSON: Final = Axis(
    name="poisson",
    label="photon noise",
    units="1",
    description="Relative noise that counted photons give a pixel of the map's mean brightness.",
    function=with_photons,
    strengths=(0.0, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1),
    needs=frozenset({"rng"}),
    maximum=10.0,
)

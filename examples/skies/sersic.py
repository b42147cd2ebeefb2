"""Sersic profiles by their Fourier transforms, and the light that they hold within a radius.

The profile of index n is I(R) proportional to exp(-b (R / R_e)^(1/n)), where b makes R_e the radius of half the light.
An exponential disk is n = 1, a de Vaucouleurs bulge n = 4. On an ellipse of axis ratio q, R_e is the major semi-axis.

References
----------
Sersic 1963, BAAA 6, 41. Graham & Driver 2005, PASA 22, 118 (arXiv astro-ph/0503176): equations 1, 2 and 4 to 6.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.special

from repshift.vocabulary import InputError
from skies.radial import RadialTable
from skies.stamp import Stamp, wave_numbers

Floats = npt.NDArray[np.float64]

INDICES: Final = (0.5, 6.0)
"""Indices whose table is right to 1e-5: that of a Gaussian, and one above of any galaxy here."""


@lru_cache(maxsize=8)
def half_light_constant(index: float) -> float:
    """Return b of the index: the half of the total light lies within R_e where gamma(2 n; b) is Gamma(2 n) / 2.

    Examples
    --------
    >>> round(half_light_constant(4.0), 3)
    7.669
    """
    low, high = INDICES
    if not low <= index <= high:
        raise InputError(f"The Sersic index is {index}, expected one from {low} to {high}.")
    return float(scipy.special.gammaincinv(2 * index, 0.5))


def enclosed_fraction(index: float, radius_ratio: float | Floats) -> Floats:
    """Return the share of the light within radius R_e times ``radius_ratio``, on an ellipse of the profile's shape."""
    argument = half_light_constant(index) * np.asarray(radius_ratio, dtype=float) ** (1 / index)
    return np.asarray(scipy.special.gammainc(2 * index, argument))


@lru_cache(maxsize=8)
def hankel_table(index: float) -> RadialTable:
    r"""Return the transform of a round profile of unit flux and R_e = 1, at wave numbers from 1e-5 to 1e6.

    .. math:: F(k) = 2 \pi \int_0^\infty I(R) J_0(k R) R dR,

    by the fast Hankel transform of Hamilton 2000 (MNRAS 312, 257; `scipy.fft.fht`).
    """
    number, step = 2**15, 2e-3
    radius = np.exp((np.arange(number) - number // 2) * step)
    constant = half_light_constant(index)
    total = 2 * np.pi * index * scipy.special.gamma(2 * index) * constant ** (-2 * index)
    profile = np.exp(-constant * radius ** (1 / index)) / total
    offset = scipy.fft.fhtoffset(step, mu=0.0)
    values = 2 * np.pi * scipy.fft.fht(radius * profile, step, mu=0.0, offset=offset)
    # The transform's wave numbers are exp(offset) / radius in reverse, which is exp(offset) times the same steps.
    logarithms = offset + (np.arange(number) - (number - 1) + number // 2) * step
    values /= np.exp(logarithms)
    kept = (logarithms > np.log(1e-5)) & (logarithms < np.log(1e6))
    return RadialTable(float(logarithms[kept][0]), step, np.ascontiguousarray(values[kept]))


def sersic_transform(
    stamp: Stamp, index: float, *, radius: float, axis_ratio: float = 1.0, angle: float = 0.0
) -> Floats:
    """Return the transform of a Sersic profile of unit flux at the centre of the stamp, on the grid of `wave_numbers`.

    Parameters
    ----------
    stamp
        The image and its grid.
    index
        Sersic index: 1 (exponential disk, in closed form) or another of `INDICES`, by a table.
    radius
        Half-light radius along the major axis, in arcsec, above 0.
    axis_ratio
        Minor over major axis, in (0, 1].
    angle
        Of the major axis from the x axis towards the y axis, in radians.

    Raises
    ------
    InputError
        Index, radius or axis ratio outside of these ranges.
    """
    if not radius > 0 or not 0 < axis_ratio <= 1:
        raise InputError(
            f"The radius is {radius} and the axis ratio {axis_ratio}: expected a radius above 0 and a ratio in (0, 1]."
        )
    along_y, along_x = wave_numbers(stamp)
    major = radius * (np.cos(angle) * along_x + np.sin(angle) * along_y)
    minor = radius * axis_ratio * (np.cos(angle) * along_y - np.sin(angle) * along_x)
    squared = major**2 + minor**2
    if index == 1:
        return np.asarray((1 + squared / half_light_constant(1.0) ** 2) ** -1.5)
    return hankel_table(index).at_square(squared)


def half_light_radius(fractions: Floats, indices: Floats, radii: Floats) -> float:
    """Return the radius of half the light of several round profiles around one centre.

    Parameters
    ----------
    fractions
        (n_profiles,) shares of the light, with sum 1.
    indices
        (n_profiles,) Sersic indices.
    radii
        (n_profiles,) half-light radii of the profiles, in arcsec: circularised, the major semi-axis times the root of
        the axis ratio, where they are ellipses.

    Returns
    -------
    Radius in arcsec, to 1e-9 of it: between the smallest and the largest of ``radii``.
    """
    low, high = float(np.min(radii)), float(np.max(radii))
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        parts = (f * enclosed_fraction(n, middle / r) for f, n, r in zip(fractions, indices, radii, strict=True))
        low, high = (middle, high) if sum(parts) < 0.5 else (low, middle)
    return (low + high) / 2

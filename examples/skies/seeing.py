"""Seeing: a point source spread over a Moffat profile, by its Fourier transform, and over the pixels.

References
----------
Moffat 1969, A&A 3, 455. Trujillo et al. 2001, MNRAS 328, 977 (arXiv astro-ph/0109067): its full width, and beta = 4.765
for turbulence.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.special

from repshift.vocabulary import InputError
from skies.radial import RadialTable
from skies.stamp import Stamp, pixel_transform, read_only, wave_numbers

Floats = npt.NDArray[np.float64]


def moffat_scale(full_width: float, beta: float) -> float:
    """Return alpha, in the unit of the full width at half maximum: the width is 2 alpha sqrt(2^(1/beta) - 1)."""
    if not full_width > 0 or not beta > 1:
        raise InputError(f"The seeing is {full_width} with beta {beta}: expected a width above 0 and a beta above 1.")
    return float(full_width / (2 * np.sqrt(2 ** (1 / beta) - 1)))


@lru_cache(maxsize=8)
def moffat_table(beta: float) -> RadialTable:
    r"""Return the transform of a Moffat profile of unit flux and alpha = 1, at wave numbers from 1e-6 to 100.

    .. math:: F(k) = \frac{2^{2 - \beta}}{\Gamma(\beta - 1)} k^{\beta - 1} K_{\beta - 1}(k)
    """
    logarithms, step = np.linspace(np.log(1e-6), np.log(100.0), 2**14, retstep=True)
    argument = np.exp(logarithms)
    values = 2 ** (2 - beta) / scipy.special.gamma(beta - 1) * argument ** (beta - 1)
    return RadialTable(float(logarithms[0]), float(step), values * scipy.special.kv(beta - 1, argument))


def moffat_transform(stamp: Stamp, full_width: float, *, beta: float) -> Floats:
    """Return the transform of a Moffat profile of unit flux, on the grid of `wave_numbers`.

    Parameters
    ----------
    stamp
        The image and its grid.
    full_width
        Full width at half maximum in arcsec, without the pixel.
    beta
        Power of the profile, (1 + (r / alpha)^2)^-beta, above 1.
    """
    scale = moffat_scale(full_width, beta)
    along_y, along_x = wave_numbers(stamp)
    return moffat_table(beta).at_square(scale**2 * (along_y**2 + along_x**2))


@lru_cache(maxsize=16)
def point_source_transform(stamp: Stamp, full_width: float, *, beta: float) -> Floats:
    """Return the transform of a point source as the pixels see it: seeing times pixel."""
    return read_only(moffat_transform(stamp, full_width, beta=beta) * pixel_transform(stamp))


@lru_cache(maxsize=64)
def noise_pixels(pixel_scale: float, full_width: float, *, beta: float) -> float:
    """Return the number of pixels whose noise a point source's flux has, fitted with its own profile: 1 / sum(p^2).

    ``p`` is the profile of unit flux in 96 x 96 pixels, with its centre on the corner of four.

    References
    ----------
    King 1983, PASP 95, 163: equation 7.
    """
    stamp = Stamp(size=96, pixel_scale=pixel_scale, oversampling=4)
    profile = stamp.image(point_source_transform(stamp, full_width, beta=beta))
    return float(1 / np.sum(profile**2))

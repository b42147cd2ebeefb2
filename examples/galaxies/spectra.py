"""Colours of bulge and disk at any redshift: the spectra of galaxies of known type, at wavelengths of the rest frame.

A bulge has the spectrum of an elliptical galaxy; a disk one between an Sbc spiral and an irregular galaxy, linear in
magnitudes. Below are AB magnitudes relative to 560 to 680 nm (the r band at redshift 0), means over 60 nm about each
wavelength, of the spectra of Coleman, Wu & Weedman 1980 (ApJS 43, 393), as https://github.com/gbrammer/eazy-photoz has
them. They stand for the age of the stars at all redshifts: nothing evolves here.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Floats = npt.NDArray[np.float64]

WAVELENGTHS: Final = np.array(
    [230, 260, 290, 320, 350, 380, 410, 440, 480, 520, 560, 600, 650, 700, 750, 800], dtype=np.float64
)
"""In nm, at rest: beyond its ends no colour is known, and none is made up."""

ELLIPTICAL: Final = np.array(
    [5.90, 5.02, 3.90, 3.12, 2.65, 2.20, 1.63, 1.09, 0.66, 0.47, 0.24, 0.07, -0.09, -0.22, -0.37, -0.43]
)
SPIRAL: Final = np.array(
    [3.14, 2.89, 2.60, 2.20, 1.73, 1.26, 0.90, 0.64, 0.43, 0.30, 0.16, 0.06, -0.08, -0.21, -0.33, -0.45]
)
IRREGULAR: Final = np.array(
    [1.33, 1.28, 1.22, 1.10, 0.86, 0.59, 0.42, 0.30, 0.08, 0.06, 0.11, 0.03, -0.05, -0.13, -0.21, -0.29]
)


def rest_wavelength(wavelength: float, redshift: float) -> float:
    """Return the wavelength in nm that the galaxy emitted, where its spectrum is known.

    Raises
    ------
    InputError
        It is beyond the ends of `WAVELENGTHS`; the sentence says up to which redshift it is not.
    """
    if not redshift > 0:
        raise InputError(f"The redshift is {redshift}, expected one above 0.")
    emitted = wavelength / (1 + redshift)
    first, last = WAVELENGTHS[0], WAVELENGTHS[-1]
    if not first <= emitted <= last:
        raise InputError(
            f"At redshift {redshift:g} a band at {wavelength:g} nm shows {emitted:.0f} nm of the galaxy, whose "
            f"spectrum is known from {first:.0f} to {last:.0f} nm: expected a redshift of at most "
            f"{wavelength / first - 1:.2f}."
        )
    return emitted


def bulge_colour(wavelength: float) -> float:
    """Return the magnitude of a bulge at a wavelength of the rest frame in nm, less that in r."""
    return float(np.interp(wavelength, WAVELENGTHS, ELLIPTICAL))


def disk_colour(wavelength: float, blueness: float) -> float:
    """Return the same of a disk: 0 of ``blueness`` is an Sbc spiral, 1 an irregular galaxy."""
    spectrum = (1 - blueness) * SPIRAL + blueness * IRREGULAR
    return float(np.interp(wavelength, WAVELENGTHS, spectrum))

"""Surveys: pixels, seeing, depth and photon noise by band, and the exposure of a noiseless image. Fluxes are in nJy.

Where the numbers come from, band by band in the order g, r, i:

SDSS, single epoch. Pixels 0.396 arcsec, exposure 54.1 s: Xin et al. 2018, AJ 156, 222 (arXiv 1805.02845), section 2.
Depth (5 sigma, point source) 23.13, 22.70, 22.20, seeing 1.32 arcsec (median in r), sky 21.84, 20.84, 20.16 mag per
square arcsec (medians): https://www.sdss4.org/dr17/imaging/other_info/. Seeing in g and i from it as wavelength^-0.2
(Xin et al. 2018, equation 7).

HSC, Wide layer of PDR3. Pixels 0.168 arcsec, exposures 600, 600, 1200 s, seeing 0.79, 0.75, 0.61 arcsec and depth (5
sigma, point source) 26.5, 26.5, 26.2: Aihara et al. 2022, PASJ 74, 247 (arXiv 2108.13045), table 1. Sky: Suprime-Cam's
exposure time calculator at the Subaru telescope.

HST. ACS WFC, filters F475W, F625W, F775W, pixels of 0.05 arcsec summed two by two, so that a stamp of 64 pixels holds
the galaxies here. Depth (5 sigma in a circle of 0.4 arcsec diameter) 27.6, 27.2, 27.0, and one orbit, 2060 s, a filter:
CLASH, Postman et al. 2012, ApJS 199, 25 (arXiv 1106.3328). Zero points: those of ACS in use since May 2009. Full width
0.095 arcsec: Koekemoer et al. 2007, ApJS 172, 196, section 5, measured in F814W and taken for all three bands; beta 2.5
stands for the wings of diffraction. HST's point spread is no Moffat profile, so this survey is only like HST.

DES, DR1. Seeing 1.12, 0.96, 0.88 arcsec, depth (10 sigma in a circle of 1.95 arcsec diameter) 24.33, 24.08, 23.44, sky
22.01, 21.15, 19.89: Abbott et al. 2018, ApJS 239, 18 (arXiv 1801.03181), table 1. Exposure 360 s: the finished survey
has ten exposures of 90 s, DR1 its first three of six years; four agree best with depth and sky. Pixels: https://noirlab.edu/science/programs/ctio/instruments/Dark-Energy-Camera.

Zero points of SDSS, HSC and DES (the AB magnitude of one electron a second) are synthetic ones of the published filter
curves, as https://github.com/LSSTDESC/surveycodex lists them; so are the wavelengths, in nm. Beta of the ground-based
surveys is that of turbulence: Trujillo et al. 2001, MNRAS 328, 977. Noise is not correlated between pixels here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import pi, sqrt
from types import MappingProxyType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError
from skies.seeing import noise_pixels, point_source_transform
from skies.stamp import Stamp

Floats = npt.NDArray[np.float64]

AB_NANOJANSKY: Final = 31.4
"""AB magnitude of 1 nJy: 2.5 log10(3631e9), which is 31.40 (Oke & Gunn 1983, ApJ 266, 713)."""

TURBULENCE: Final = 4.765


def flux(magnitude: float) -> float:
    """Return the flux of an AB magnitude in nJy."""
    return float(10 ** (0.4 * (AB_NANOJANSKY - magnitude)))


def magnitude(flux: float) -> float:
    """Return the AB magnitude of a flux in nJy, above 0."""
    return float(AB_NANOJANSKY - 2.5 * np.log10(flux))


@dataclass(frozen=True)
class Band:
    """One filter of a survey."""

    wavelength: float
    """Effective wavelength in nm."""
    seeing: float
    """Full width at half maximum of a point source in arcsec, without the pixel."""
    depth: float
    """AB magnitude of a point source at the survey's significance."""
    zero_point: float
    """AB magnitude of one electron a second."""
    exposure: float
    """Exposure time in s."""
    sky: float | None = None
    """Surface brightness of the sky in mag per square arcsec; the noise is that of ``depth``, this is a check of it."""

    @property
    def electrons(self) -> float:
        """Electrons that 1 nJy makes in the exposure."""
        return self.exposure * float(10 ** (0.4 * (self.zero_point - AB_NANOJANSKY)))


@dataclass(frozen=True)
class Survey:
    """A camera on a telescope under a sky: what becomes of a surface brightness.

    Examples
    --------
    >>> HSC.changed(seeing=2.0, depth=-1.0).bands["g"].seeing
    1.58
    """

    name: str
    pixel_scale: float
    """Side of a pixel in arcsec."""
    bands: Mapping[str, Band]
    beta: float = TURBULENCE
    significance: float = 5.0
    """Signal over noise of a point source of magnitude ``depth``."""
    aperture: float | None = None
    """Diameter in arcsec of the circle in which ``depth`` is measured; None: fitted with the point source's profile."""
    oversampling: int = 2

    def band(self, name: str) -> Band:
        """Return a band by its name."""
        if name not in self.bands:
            raise InputError(f"{self.name} has no band {name!r}, but {', '.join(self.bands)}.")
        return self.bands[name]

    def stamp(self, size: int = 64) -> Stamp:
        """Return the grid of a cut-out of ``size`` pixels."""
        return Stamp(size=size, pixel_scale=self.pixel_scale, oversampling=self.oversampling)

    def point_source(self, stamp: Stamp, band: str) -> Floats:
        """Return the transform of seeing and pixel in a band: times a profile's it is the image's."""
        return point_source_transform(stamp, self.band(band).seeing, beta=self.beta)

    def sky_sigma(self, band: str) -> float:
        """Return the standard deviation of an empty pixel in nJy, from the depth."""
        seen = self.band(band)
        if self.aperture is None:
            pixels = noise_pixels(self.pixel_scale, seen.seeing, beta=self.beta)
        else:
            pixels = pi * (self.aperture / (2 * self.pixel_scale)) ** 2
        return flux(seen.depth) / (self.significance * sqrt(pixels))

    def expose(self, images: Floats, rng: np.random.Generator, *, bands: Sequence[str] = ("g", "r", "i")) -> Floats:
        """Return images with the noise of the sky and of the source's photons.

        The noise is Gaussian with the variance of both: sky_sigma^2 + flux / electrons. One standard normal is drawn a
        pixel, band by band, whatever the image: two images with equal states of ``rng`` have the same noise, scaled.

        Parameters
        ----------
        images
            (n_bands, y, x) noiseless fluxes in nJy per pixel. Pixels below 0 have the noise of the sky.
        rng
            Source of random numbers; images.size of them are drawn.
        bands
            (n_bands,) names, in the order of the images.

        Raises
        ------
        InputError
            Another number of images than of bands.
        """
        if images.ndim != 3 or len(images) != len(bands):
            raise InputError(f"Images of shape {images.shape} are not of {len(bands)} bands: expected (bands, y, x).")
        sky = np.array([self.sky_sigma(band) for band in bands])[:, None, None]
        electrons = np.array([self.band(band).electrons for band in bands])[:, None, None]
        noise = rng.standard_normal(images.shape)
        return np.asarray(images + noise * np.sqrt(sky**2 + np.maximum(images, 0) / electrons))

    def changed(self, *, seeing: float = 1.0, depth: float = 0.0, pixel_scale: float | None = None) -> Self:
        """Return the survey with its seeing times ``seeing``, ``depth`` magnitudes deeper, or with other pixels.

        The depth of a point source is another where only the seeing changes: the noise of a pixel stays, as it would
        under the same sky; and that of a square arcsecond stays where the pixels change. Depth is of the noise of the
        sky alone: the photons of a source are those of the exposure, which stays.
        """
        scale = self.pixel_scale if pixel_scale is None else pixel_scale
        bands = {}
        for name, band in self.bands.items():
            wider = replace(band, seeing=round(band.seeing * seeing, 6))
            limit = band.depth + depth
            if self.aperture is None:
                limit -= 1.25 * float(np.log10(self._area(wider, scale) / self._area(band, self.pixel_scale)))
            bands[name] = replace(wider, depth=limit)
        return replace(self, pixel_scale=scale, bands=MappingProxyType(bands))

    def _area(self, band: Band, pixel_scale: float) -> float:
        """Return the area of sky in square arcsec whose noise a point source's fitted flux has."""
        return noise_pixels(pixel_scale, band.seeing, beta=self.beta) * pixel_scale**2


SDSS: Final = Survey(
    name="SDSS",
    pixel_scale=0.396,
    bands=MappingProxyType(
        {
            "g": Band(wavelength=474.9, seeing=1.39, depth=23.13, zero_point=25.73, exposure=54.1, sky=21.84),
            "r": Band(wavelength=620.6, seeing=1.32, depth=22.70, zero_point=25.62, exposure=54.1, sky=20.84),
            "i": Band(wavelength=752.6, seeing=1.27, depth=22.20, zero_point=25.28, exposure=54.1, sky=20.16),
        }
    ),
)

HSC: Final = Survey(
    name="HSC",
    pixel_scale=0.168,
    bands=MappingProxyType(
        {
            "g": Band(wavelength=484.4, seeing=0.79, depth=26.5, zero_point=28.90, exposure=600.0, sky=21.4),
            "r": Band(wavelength=625.9, seeing=0.75, depth=26.5, zero_point=28.86, exposure=600.0, sky=20.6),
            "i": Band(wavelength=773.0, seeing=0.61, depth=26.2, zero_point=28.61, exposure=1200.0, sky=19.7),
        }
    ),
)

HST: Final = Survey(
    name="HST",
    pixel_scale=0.1,
    bands=MappingProxyType(
        {
            "g": Band(wavelength=474.7, seeing=0.095, depth=27.6, zero_point=26.059, exposure=2060.0),
            "r": Band(wavelength=631.1, seeing=0.095, depth=27.2, zero_point=25.907, exposure=2060.0),
            "i": Band(wavelength=769.2, seeing=0.095, depth=27.0, zero_point=25.665, exposure=2060.0),
        }
    ),
    beta=2.5,
    aperture=0.4,
    oversampling=4,
)

DES: Final = Survey(
    name="DES",
    pixel_scale=0.263,
    bands=MappingProxyType(
        {
            "g": Band(wavelength=489.0, seeing=1.12, depth=24.33, zero_point=26.72, exposure=360.0, sky=22.01),
            "r": Band(wavelength=647.0, seeing=0.96, depth=24.08, zero_point=26.99, exposure=360.0, sky=21.15),
            "i": Band(wavelength=784.8, seeing=0.88, depth=23.44, zero_point=26.86, exposure=360.0, sky=19.89),
        }
    ),
    significance=10.0,
    aperture=1.95,
)

SURVEYS: Final = MappingProxyType({survey.name: survey for survey in (SDSS, HSC, HST, DES)})


def survey(name: str) -> Survey:
    """Return a survey by its name, as a configuration gives it."""
    if name not in SURVEYS:
        raise InputError(f"No survey is named {name!r}: choose one of {', '.join(SURVEYS)}.")
    return SURVEYS[name]

"""The generator of the example, `galaxy`, and its labels, `apparent`: a bulge and a disk in g, r and i.

A galaxy is its parameters, at rest; the redshift and the survey make of them what is seen. Per unit frequency a surface
brightness falls as (1 + z)^-3 at one wavelength at rest, which is the (1 + z)^-4 of all wavelengths together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from astropy.cosmology import Planck18
from skies.sersic import enclosed_fraction, half_light_radius, sersic_transform
from skies.stamp import Stamp, shift_transform
from skies.surveys import Survey, flux, magnitude, survey

from galaxies.spectra import bulge_colour, disk_colour, rest_wavelength
from repshift.vocabulary import InputError

Floats = npt.NDArray[np.float64]

BANDS: Final = ("g", "r", "i")
LABEL_BAND: Final = "i"
INDICES: Final = (4.0, 1.0)
"""Sersic indices of bulge and disk: de Vaucouleurs 1948 (AnAp 11, 247) and Freeman 1970 (ApJ 160, 811)."""

LARGEST_TWIST: Final = np.radians(15.0)
"""Between the major axes of bulge and disk, at most."""
LARGEST_SHIFT: Final = 0.1
"""Of the centre of the galaxy from that of the stamp along either axis, in arcsec, at most."""
LEAST_LIGHT: Final = 0.8
"""Share of the light in any band that a stamp has to hold."""


@dataclass(frozen=True)
class Appearance:
    """What is seen of a galaxy at its redshift, before telescope and camera; first the bulge, then the disk."""

    radii: Floats
    """(2,) half-light radii along the major axes, in arcsec."""
    axis_ratios: Floats
    """(2,) minor over major axis."""
    fluxes: Floats
    """(2, n_bands) in nJy."""

    def light_within(self, radius: float) -> Floats:
        """Return the share of the light of each band, (n_bands,), within ellipses of this major semi-axis in arcsec."""
        shares = np.array([enclosed_fraction(n, radius / r) for n, r in zip(INDICES, self.radii, strict=True)])
        return np.asarray(shares @ self.fluxes / self.fluxes.sum(axis=0))


@lru_cache(maxsize=16)
def scale_and_distance(redshift: float) -> tuple[float, float]:
    """Return kpc per arcsec and the distance modulus in mag, in the cosmology of Planck 2018 (A&A 641, A6)."""
    kiloparsecs = Planck18.kpc_proper_per_arcmin(redshift).value / 60
    return float(kiloparsecs), float(Planck18.distmod(redshift).value)


def appearance(parameters: Mapping[str, float | str], camera: Survey, redshift: float) -> Appearance:
    """Return what is seen of a galaxy of these parameters at a redshift, in the bands of a survey."""
    value = {name: float(parameter) for name, parameter in parameters.items()}
    emitted = [rest_wavelength(camera.band(band).wavelength, redshift) for band in BANDS]
    kiloparsecs, distance_modulus = scale_and_distance(redshift)
    disk_radius = value["disk_radius"] / kiloparsecs
    bulge = value["bulge_fraction"]
    total = flux(value["absolute_magnitude"] + distance_modulus) * (1 + redshift)
    colours = np.array(
        [
            [bulge_colour(wavelength) for wavelength in emitted],
            [disk_colour(wavelength, value["disk_blueness"]) for wavelength in emitted],
        ]
    )
    return Appearance(
        radii=np.array([disk_radius * value["radius_ratio"], disk_radius]),
        axis_ratios=np.array([value["bulge_axis_ratio"], value["disk_axis_ratio"]]),
        fluxes=total * np.array([[bulge], [1 - bulge]]) * 10 ** (-0.4 * colours),
    )


def camera_of(name: str, *, pixels: str | None = None) -> Survey:
    """Return a survey by its name, with the pixels of another where ``pixels`` names it."""
    camera = survey(name)
    return camera if pixels is None else camera.changed(pixel_scale=survey(pixels).pixel_scale)


def galaxy(
    parameters: Mapping[str, float | str],
    rng: np.random.Generator,
    *,
    survey: str,
    redshift: float,
    pixels: str | None = None,
    size: int = 64,
) -> Floats:
    """Return a cut-out of one galaxy, (band, y, x) in nJy per pixel.

    Parameters
    ----------
    parameters
        ``absolute_magnitude`` (AB, in r at rest), ``bulge_fraction`` (of the light in r at rest), ``disk_radius``
        (half-light, along the major axis, in kpc), ``radius_ratio`` (of the bulge's to the disk's),
        ``disk_axis_ratio``, ``bulge_axis_ratio`` and ``disk_blueness`` (from 0, a disk of Sbc colours, to 1, of an
        irregular galaxy).
    rng
        Draws, in this order whatever the parameters are: the angle of the disk, that between bulge and disk, the shift
        of the centre along x and along y, and a standard normal a pixel. So equal states of ``rng`` give one galaxy
        with one noise, at other parameters or in another survey.
    survey, redshift
        Who sees it, and how far away it is.
    pixels
        Name of the survey whose pixels stand for its own: with its seeing, and its noise of a square arcsec.
    size
        Pixels of a side.

    Raises
    ------
    InputError
        The stamp holds less than `LEAST_LIGHT` of the galaxy in a band, or the redshift is out of the range of the
        spectra.
    """
    camera = camera_of(survey, pixels=pixels)
    seen = appearance(parameters, camera, redshift)
    stamp = camera.stamp(size)
    least = float(seen.light_within(stamp.side / 2).min())
    if least < LEAST_LIGHT:
        raise InputError(
            f"The pixels of {survey} do not hold the galaxy: {1 - least:.0%} of its light is outside of "
            f"{stamp.side:.1f} arcsec at redshift {redshift:g}, expected at most {1 - LEAST_LIGHT:.0%}."
        )
    return camera.expose(noiseless(seen, camera, stamp, rng), rng, bands=BANDS)


def noiseless(seen: Appearance, camera: Survey, stamp: Stamp, rng: np.random.Generator) -> Floats:
    """Return the image in each band, (n_bands, y, x) in nJy per pixel; of ``rng``, four numbers are drawn."""
    angle, twist, x, y = rng.uniform([0, -1, -1, -1], [np.pi, 1, 1, 1])
    shift = shift_transform(stamp, LARGEST_SHIFT * x, LARGEST_SHIFT * y)
    bulge, disk = (
        sersic_transform(stamp, index, radius=radius, axis_ratio=ratio, angle=direction)
        for index, radius, ratio, direction in zip(
            INDICES, seen.radii, seen.axis_ratios, (angle + LARGEST_TWIST * twist, angle), strict=True
        )
    )
    return np.stack(
        [
            stamp.image((of_bulge * bulge + of_disk * disk) * camera.point_source(stamp, band) * shift)
            for band, of_bulge, of_disk in zip(BANDS, *seen.fluxes, strict=True)
        ]
    )


def apparent(
    parameters: Mapping[str, float | str],
    *,
    survey: str,
    redshift: float,
    pixels: str | None = None,
    size: int = 64,
) -> dict[str, float]:
    """Return the labels of a galaxy: what there is to measure in the i band, without seeing, pixels and noise.

    Returns
    -------
    ``bulge_to_total``, of the fluxes; ``log10_radius``, of the half-light radius of the whole in log10 arcsec, with the
    circularised radii of bulge and disk; ``magnitude``, AB. ``pixels`` and ``size`` change nothing.
    """
    seen = appearance(parameters, camera_of(survey, pixels=pixels), redshift)
    fluxes = seen.fluxes[:, BANDS.index(LABEL_BAND)]
    shares = fluxes / fluxes.sum()
    radius = half_light_radius(shares, np.array(INDICES), seen.radii * np.sqrt(seen.axis_ratios))
    return {
        "bulge_to_total": float(shares[0]),
        "log10_radius": float(np.log10(radius)),
        "magnitude": magnitude(float(fluxes.sum())),
    }

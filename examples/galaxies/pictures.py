"""Simulated galaxies as cut-outs of a press picture: the generator `cutout_of_picture`, and its labels `in_pixels`.

A galaxy of `galaxies.sky` is seen by a survey, in a frame larger than the cut-out; the frame is stretched, laid in
layers, rounded and compressed as the picture of the Hubble eXtreme Deep Field (`galaxies.development`); then it is cut
out, at a random place of the grid of JPEG's blocks, as galaxies lie in the picture. There are no neighbours and nothing
in the background, no arms and no clumps: that is part of what a network meets when it is shown the real ones.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
from skies.surveys import HSC, HST, Survey

from galaxies.development import GRID, STRETCHES, compressed, rounded
from galaxies.hubble import SIZE
from galaxies.sky import BANDS, LEAST_LIGHT, apparent, appearance, noiseless
from repshift.vocabulary import InputError

PIXELS: Final = 0.14
"""Side in arcsec of a pixel of the picture: an estimate. Its metadata document the mosaic alone, of 0.06 arcsec; at
0.14 it is 140 x 122 arcsec, about the field of view of WFC3/IR, 136 x 123, whose deepest field it shows."""
DEEPER: Final = 1.8
"""Magnitudes by which HST is deeper here than in `skies.surveys`. Matched: the brightest pixel values of galaxies."""
CAMERAS: Final = {"HST": replace(HST.changed(pixel_scale=PIXELS, depth=DEEPER), oversampling=3), "HSC": HSC}
"""By name. HSC keeps its pixels and its depth; its sky is stretched to the same pixel values. Finer oversampling of HST
changes a peak by less than a thousandth here, for the picture is blurred besides."""

FRAME: Final = SIZE + 2 * GRID + 1
"""Pixels of a side of the frame: odd, so that its centre is the centre of a pixel, as in `galaxies.hubble.cutout`."""


def camera_of(survey: str) -> Survey:
    """Return a survey of pictures by its name."""
    if survey not in CAMERAS:
        raise InputError(f"No survey of pictures is named {survey!r}: choose one of {', '.join(CAMERAS)}.")
    return CAMERAS[survey]


def cutout_of_picture(
    parameters: Mapping[str, float | str],
    rng: np.random.Generator,
    *,
    survey: str = "HST",
    redshift: float = 0.8,
    stretch: str = "layered",
    jpeg: bool = True,
) -> npt.NDArray[np.float32]:
    """Return a cut-out of the picture of one galaxy.

    Parameters
    ----------
    parameters
        Those of `galaxies.sky.galaxy`.
    rng
        Draws what `galaxies.sky.galaxy` draws, for the frame, and then the place of the cut-out on the grid of JPEG,
        whatever the parameters and the arguments are.
    survey, redshift
        Who sees it, and how far away it is.
    stretch
        One of `galaxies.development.STRETCHES`.
    jpeg
        False: 8 bits that are not compressed.

    Returns
    -------
    npt.NDArray[np.float32]
        (band, y, x), (3, 32, 32), bands red, green, blue, which are i, r, g; pixel values 0 to 255.

    Raises
    ------
    InputError
        The cut-out does not hold the galaxy, or there is no such survey or stretch.
    """
    if stretch not in STRETCHES:
        raise InputError(f"No stretch is named {stretch!r}: choose one of {', '.join(STRETCHES)}.")
    camera = camera_of(survey)
    seen = appearance(parameters, camera, redshift)
    side = SIZE * camera.pixel_scale
    least = float(seen.light_within(side / 2).min())
    if least < LEAST_LIGHT:
        raise InputError(
            f"The cut-out of {survey} does not hold the galaxy: {1 - least:.0%} of its light is outside of {side:.1f} "
            f"arcsec at redshift {redshift:g}, expected at most {1 - LEAST_LIGHT:.0%}."
        )
    fluxes = camera.expose(noiseless(seen, camera, camera.stamp(FRAME), rng), rng, bands=BANDS)
    noise = np.array([camera.sky_sigma(band) for band in BANDS])
    pixels = rounded(STRETCHES[stretch](fluxes[::-1], noise[::-1]))
    down, right = rng.integers(GRID, size=2)
    block = pixels[:, GRID - down : 2 * GRID + SIZE - down, GRID - right : 2 * GRID + SIZE - right]
    developed = compressed(block) if jpeg else block
    return developed[:, down : down + SIZE, right : right + SIZE].astype(np.float32)


def in_pixels(
    parameters: Mapping[str, float | str], *, survey: str = "HST", redshift: float = 0.8, **_: object
) -> dict[str, float]:
    """Return the labels of a picture: what there is to measure in the i band, with its radius in pixels.

    Returns
    -------
    ``bulge_to_total``, of the fluxes, and ``log10_pixels``, of the half-light radius in log10 pixels.
    """
    scale = camera_of(survey).pixel_scale
    labels = apparent(parameters, survey=survey, redshift=redshift)
    return {"bulge_to_total": labels["bulge_to_total"], "log10_pixels": labels["log10_radius"] - float(np.log10(scale))}

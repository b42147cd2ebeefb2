"""Cut-outs of red galaxies in g, r and i, with and without the arcs of a blue galaxy behind: one object at a time.

In the centre is a de Vaucouleurs galaxy. Of kind ``lens`` it is a singular isothermal ellipsoid of the same axis ratio
and angle as its light, and a disk galaxy behind it shows as arcs. Of kind ``galaxy`` nothing is behind it. Both have
blue companions (`lenses.companions`). A cut-out has the pixels, seeing and noise of a survey of `skies.surveys`.

The ranges of the parameters, in config.yaml, are those of the 945 lenses that Collett 2015 (ApJ 811, 20, arXiv
1507.02657) expects to be found in the coadded images of DES, in a tenth of the sky: the table lenses_DESa.txt of
github.com/tcollett/LensPop. Each is from the 5th to the 95th percentile there, unless a comment says otherwise. Drawn
one by one they lose their correlations: a large Einstein radius does not make a bright galaxy here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from skies.sersic import sersic_transform
from skies.stamp import Stamp, Transform
from skies.surveys import Survey, flux
from skies.surveys import survey as find_survey

from lenses.arcs import Source, arcs, require_source
from lenses.companions import N_COMPANIONS, N_NUMBERS, companion_transform, draw_companions
from lenses.impostors import draw_form, impostor
from lenses.sie import Ellipsoid
from repshift.vocabulary import InputError

Floats = npt.NDArray[np.float64]
Parameters = Mapping[str, Any]

BANDS = ("g", "r", "i")
KINDS = ("galaxy", "lens")

SIZE = 64
"""Pixels of a side: 16.8 arcsec of DES."""

DE_VAUCOULEURS = 4.0

BRIGHTENING = 2.1
"""By how many magnitudes a ring or spiral is brighter than the source of its cut-out: as the median lens of Collett."""

REFERENCE = "r"
"""Band whose seeing is the parameter; the other bands keep the survey's ratios to it."""

Light = tuple[Transform, Floats]
"""Transform of a surface brightness for a source of unit flux, and the source's fluxes [nJy] by band, (3,)."""


def cutout(
    parameters: Parameters,
    rng: np.random.Generator,
    *,
    survey: str = "DES",
    blur: float = 1.0,
    exposure: float = 1.0,
    lens_colour: Sequence[float] = (0.0, 0.0),
    source_colour: Sequence[float] = (0.0, 0.0),
    impostors: bool = False,
    kind: str | None = None,
) -> npt.NDArray[np.float32]:
    """Return the image of an object in nJy per pixel, (band, y, x), of g, r and i.

    As many random numbers are drawn, in the same order, whatever the arguments: with the same state of ``rng`` and one
    parameter changed, the companions are the same, and so is the noise for its scale.

    Parameters
    ----------
    parameters
        Of the object, as config.yaml lists them.
    rng
        Draws companions, the forms of impostors, and the noise.
    survey
        Name of a survey of `skies.surveys`.
    blur
        Factor of the seeing.
    exposure
        Factor of the exposure time.
    lens_colour, source_colour
        What is added to g - r and to r - i of the central galaxy, and of the source or impostor.
    impostors
        Whether objects of kind ``galaxy`` have a ring or spiral arms.
    kind
        Of all objects, in the place of a parameter.

    Raises
    ------
    InputError
        If the kind or the survey is none, the pixels do not hold the galaxy, the arcs or the seeing, or the exposure or
        a colour is none.
    """
    kind = kind or parameters["kind"]
    if kind not in KINDS:
        raise InputError(f"An object is of kind {kind!r}. Expected one of {', '.join(KINDS)}.")
    companions = draw_companions(rng.uniform(size=(N_COMPANIONS, N_NUMBERS)))
    form = rng.uniform(size=4)
    seen = observing(find_survey(survey), seeing=blur * parameters["seeing"], exposure=exposure)
    stamp = seen.stamp(SIZE)
    require_held(stamp, parameters, seeing=blur * parameters["seeing"])
    light: list[Light] = [(galaxy_light(stamp, parameters), fluxes(parameters, "lens", redder=lens_colour))]
    light += [(companion_transform(stamp, one), fluxes(one._asdict())) for one in companions]
    source_flux = fluxes(parameters, "source", redder=source_colour)
    if kind == "lens":
        light.append((arc_light(stamp, parameters), source_flux))
    elif impostors:
        light.append((impostor_light(stamp, parameters, form), source_flux * 10 ** (0.4 * BRIGHTENING)))
    return seen.expose(image(seen, stamp, light), rng, bands=BANDS).astype(np.float32)


def require_held(stamp: Stamp, parameters: Parameters, *, seeing: float) -> None:
    """Refuse an object that a stamp does not hold, whatever its kind is.

    Raises
    ------
    InputError
        Half the light of the galaxy, the outer image of the source or the width of the seeing is not within the stamp.
    """
    reached = {
        "Half the light of the galaxy": parameters["lens_radius"] / np.sqrt(abs(parameters["lens_axis_ratio"])),
        "The outer image of the source": parameters["einstein_radius"] + parameters["source_distance"],
        "The width of the seeing": seeing,
    }
    for what, radius in reached.items():
        if radius > stamp.side / 2:
            raise InputError(
                f"The pixels do not hold the object. {what} is {radius:.3g} arcsec from its centre: expected at most "
                f"{stamp.side / 2:.3g}."
            )


def fluxes(parameters: Parameters, prefix: str = "", *, redder: Sequence[float] = (0.0, 0.0)) -> Floats:
    """Return the fluxes [nJy] in g, r and i of what has an i magnitude and two colours, each redder by as many mag."""
    i, g_r, r_i = (parameters[f"{prefix}_{name}".lstrip("_")] for name in ("magnitude", "g_r", "r_i"))
    if len(redder) != 2:
        raise InputError(f"A colour is {list(redder)}. Expected what is added to g - r and to r - i.")
    r = i + r_i + redder[1]
    return np.array([flux(magnitude) for magnitude in (r + g_r + redder[0], r, i)])


def observing(survey: Survey, *, seeing: float, exposure: float) -> Survey:
    """Return a survey under a seeing [arcsec] in r, with its exposure time times ``exposure``.

    Sky and photons are noise: its variance grows as the time, so the depth by 1.25 mag where the time grows tenfold.

    Raises
    ------
    InputError
        If there is no exposure, or no seeing.
    """
    if not exposure > 0:
        raise InputError(f"The exposure is {exposure} times that of {survey.name}. Expected a number above 0.")
    other = survey.changed(seeing=seeing / survey.band(REFERENCE).seeing, depth=1.25 * float(np.log10(exposure)))
    bands = {name: replace(band, exposure=exposure * band.exposure) for name, band in other.bands.items()}
    return replace(other, bands=MappingProxyType(bands))


def galaxy_light(stamp: Stamp, parameters: Parameters) -> Floats:
    """Return the transform of the galaxy in the centre; ``lens_radius`` is the mean of its axes, as in the table."""
    ratio = parameters["lens_axis_ratio"]
    shape = {"axis_ratio": ratio, "angle": parameters["lens_angle"]}
    return sersic_transform(stamp, DE_VAUCOULEURS, radius=parameters["lens_radius"] / np.sqrt(ratio), **shape)


def arc_light(stamp: Stamp, parameters: Parameters) -> Transform:
    """Return the transform of the lensed images of the source."""
    distance, direction = parameters["source_distance"], parameters["source_direction"]
    source = Source(
        x=distance * np.cos(direction),
        y=distance * np.sin(direction),
        radius=parameters["source_radius"],
        axis_ratio=parameters["source_axis_ratio"],
        angle=parameters["source_angle"],
    )
    require_source(source)
    return stamp.transform(arcs(stamp, source, ellipsoid(parameters)))


def ellipsoid(parameters: Parameters) -> Ellipsoid:
    """Return the mass of the galaxy in the centre, whose axes are those of its light."""
    return Ellipsoid(parameters["einstein_radius"], parameters["lens_axis_ratio"], parameters["lens_angle"])


def impostor_light(stamp: Stamp, parameters: Parameters, uniform: Floats) -> Transform:
    """Return the transform of the ring or arms of an object of kind ``galaxy``: as large as its Einstein radius."""
    shape = {"axis_ratio": parameters["lens_axis_ratio"], "angle": parameters["lens_angle"]}
    return stamp.transform(impostor(stamp, draw_form(uniform, parameters["einstein_radius"], **shape)))


def image(survey: Survey, stamp: Stamp, light: Sequence[Light]) -> Floats:
    """Return the image without noise of all light, (band, y, x), in nJy per pixel."""
    bands = []
    for number, band in enumerate(BANDS):
        total = sum(transform * flux_by_band[number] for transform, flux_by_band in light)
        bands.append(stamp.image(total * survey.point_source(stamp, band)))
    return np.stack(bands)

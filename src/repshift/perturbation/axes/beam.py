"""Axes of the point spread function: a Gaussian, a Moffat."""

from typing import Final

from repshift.perturbation.axes.axis import PIXEL, Axis
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.beam import beamed
from repshift.perturbation.change import Values


def with_gaussian_beam(maps: Values, strength: float, *, sky: Sky) -> Values:
    """Return maps seen with a Gaussian beam of full width at half maximum `strength`, pixels, as `beamed`."""
    return beamed(maps, fwhm=strength)


BEAM: Final = Axis(
    name="beam",
    label="Gaussian beam",
    units=PIXEL,
    description="Full width at half maximum of a Gaussian, integrated over pixels.",
    function=with_gaussian_beam,
    strengths=(0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
    needs=frozenset({"sky"}),
    maximum=128.0,
)

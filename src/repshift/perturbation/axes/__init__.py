"""Every axis along which maps are perturbed, by its name: each module declares some, beside their functions."""

from typing import Final

from repshift.declarations import declared, require
from repshift.perturbation.axes.application import perturbed
from repshift.perturbation.axes.axis import FIELD, MEAN, PIXEL, Argument, Axis, Need, any_numbers
from repshift.perturbation.axes.sky import Sky
from repshift.perturbation.axes.user_function import own_axis

__all__ = [
    "AXES",
    "FIELD",
    "MEAN",
    "PIXEL",
    "Argument",
    "Axis",
    "Need",
    "Sky",
    "any_numbers",
    "axis_of",
    "own_axis",
    "perturbed",
]

AXES: Final[dict[str, Axis]] = declared(Axis, package=__name__, path=__path__)
"""All axes, by their names in the configuration."""


def axis_of(name: str) -> Axis:
    """Return the axis called `name`.

    Raises
    ------
    InputError
        If there is none.
    """
    return require(name, AXES, what="axis")

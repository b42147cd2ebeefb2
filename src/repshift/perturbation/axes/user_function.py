"""An axis of the user's own: a function of maps, a strength and a generator of random numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from repshift.perturbation.axes.axis import Axis
from repshift.perturbation.change import Values
from repshift.vocabulary import InputError

OwnFunction = Callable[[Values, float, np.random.Generator], Any]
"""Takes one map (1, n_channels, y, x) in the unit of the field, a strength and a generator; returns another."""


def own_axis(
    function: OwnFunction,
    *,
    name: str,
    label: str,
    units: str,
    strengths: tuple[float, ...],
    moves_labels: bool = False,
) -> Axis:
    """Return an axis whose function is the user's own.

    Raises
    ------
    InputError
        If the strengths are not finite, increasing and with 0. The axis's function raises it if the user's raises, or
        returns anything but numbers of the shape of the map.
    """

    def checked(maps: Values, strength: float, *, rng: np.random.Generator) -> Values:
        return _called(function, name, maps, strength, rng)

    axis = Axis(
        name=name,
        label=label,
        units=units,
        description=f"'{name}' of your own.",
        function=checked,
        strengths=tuple(strengths),
        needs=frozenset({"rng"}),
        moves_labels=moves_labels,
        minimum=-np.inf,
    )
    axis.require_strengths(strengths)
    return axis


def _called(function: OwnFunction, name: str, maps: Values, strength: float, rng: np.random.Generator) -> Values:
    """Return what the user's own function makes of a copy of a map."""
    place = f"Axis '{name}' is your own code: at strength {strength:g} it"
    try:
        found = np.asarray(function(maps.copy(), strength, rng))
    except (Exception, SystemExit) as error:  # whatever the user's own code may raise
        raise InputError(f"{place} raised {type(error).__name__}: {error}.") from error
    if found.shape != maps.shape or found.dtype.kind not in "fiu":
        raise InputError(f"{place} returned {found.dtype} of shape {found.shape}. Expected numbers {maps.shape}.")
    return found.astype(np.float64)

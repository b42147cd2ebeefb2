"""An axis of the user's own: a function of maps, a strength and a generator of random numbers."""

from collections.abc import Callable
from copy import deepcopy
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
        If the strengths are not finite, increasing and with 0. The axis's function raises it if the user's raises,
        returns anything but numbers of the shape of the map, or returns others for the same map, strength and
        generator: the first map at each strength is given to it twice.
    """
    tried: set[float] = set()

    def checked(maps: Values, strength: float, *, rng: np.random.Generator) -> Values:
        again = deepcopy(rng)
        found = _called(function, name, maps, strength, rng)
        if strength not in tried:
            tried.add(strength)
            _require_same(found, _called(function, name, maps, strength, again), f"{_place(name, strength)} returned")
        return found

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


def _place(name: str, strength: float) -> str:
    return f"Axis '{name}' is your own code: at strength {strength:g} it"


def _called(function: OwnFunction, name: str, maps: Values, strength: float, rng: np.random.Generator) -> Values:
    """Return what the user's own function makes of a copy of a map."""
    place = _place(name, strength)
    try:
        given = function(maps.copy(), strength, rng)
        found = np.asarray(given)
    except (Exception, SystemExit) as error:  # whatever the user's own code may raise
        reason = (str(error).strip() or "without a word").splitlines()[0][:300].rstrip(".")
        raise InputError(f"{place} raised {type(error).__name__}: {reason}.") from error
    if isinstance(given, np.ma.MaskedArray):
        raise InputError(f"{place} returned a masked array, whose mask no network reads. Expected numbers, filled.")
    if found.shape != maps.shape or found.dtype.kind not in "fiu":
        raise InputError(f"{place} returned {found.dtype} of shape {found.shape}. Expected numbers {maps.shape}.")
    return found.astype(np.float64)


def _require_same(found: Values, again: Values, place: str) -> None:
    """Refuse two maps that differ, of the same map, strength and generator."""
    if not np.array_equal(found, again, equal_nan=True):
        raise InputError(
            f"{place} another map when it was called again with the same map and generator. Draw random numbers from "
            "the third argument alone, and keep nothing between calls."
        )

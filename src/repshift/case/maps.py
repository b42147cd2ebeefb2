"""The maps that a case was shown, and some of them to be drawn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.storage.maps import Simulations, open_simulations
from repshift.vocabulary import InputError, require_field

Variable = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, str]]


def open_shown(attributes: Mapping[str, str], maps: Path, measured: Path) -> Simulations:
    """Open the maps of a case, and refuse others than the file with these attributes was made of.

    Raises
    ------
    InputError
        If the field or the checksum is another.
    """
    simulations = open_simulations(maps, None, measured)
    found, made_of = simulations.measured, attributes["maps_sha256"]
    if found.field != attributes["field"] or (found.sha256 and made_of and made_of != found.sha256):
        raise InputError(
            f"{maps} is not the file that the case was made of: its field is '{found.field}' and its SHA-256 "
            f"'{found.sha256}', expected '{attributes['field']}' and '{made_of}'."
        )
    return simulations


def drawable(simulations: Simulations, positions: npt.NDArray[np.int64]) -> Variable:
    """Return the variable (shown, y, x) of the maps at `positions`, in the unit of the field."""
    field = simulations.measured.quantity or require_field(simulations.measured.field)
    about = {"units": field.units, "long_name": field.long_name}
    return ("shown", "y", "x"), simulations.raw(positions), about


def scale_of(simulations: Simulations) -> dict[str, str]:
    """Return what a file says of the scale that its maps are drawn on: whether the network takes their logarithm."""
    return {"logarithm": "taken" if simulations.measured.preprocessing.logarithm else "left out"}

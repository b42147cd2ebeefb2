"""The maps that a case was shown, and some of them to be drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.networks.channels import Moments
from repshift.storage.functions import Constructor
from repshift.storage.measurement import Measurement
from repshift.storage.simulations import Paths, Simulations, open_simulations
from repshift.vocabulary import Field, InputError, field_of, require_field

Variable = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, str]]

CHANNEL = "channel"
"""Dimension of the maps of a network that reads several channels; the coordinate names them."""


def open_shown(
    attributes: Mapping[str, str], maps: Paths, measured: Paths, *, functions: Sequence[Constructor] = ()
) -> Simulations:
    """Open the maps of a case, and refuse others than the file with these attributes was made from.

    Raises
    ------
    InputError
        If a field or a checksum is another.
    """
    simulations = open_simulations(maps, None, measured, functions=functions)
    field, made_of = attributes["field"], attributes["maps_sha256"]
    found = field_of(one.field for one in simulations.measured)
    if found != field or (simulations.sha256.strip() and made_of.strip() and made_of != simulations.sha256):
        raise InputError(
            f"{simulations.names} is not the file that the case was made from: its field is '{found}' and its SHA-256 "
            f"'{simulations.sha256}', expected '{field}' and '{made_of}'."
        )
    return simulations


def drawable(simulations: Simulations, positions: npt.NDArray[np.int64]) -> dict[str, Variable | list[str]]:
    """Return the maps at `positions` as they are in their files: ``maps``, and ``channel`` where there are several.

    ``maps`` (shown, y, x) are in the unit of the field; (shown, channel, y, x) each in its own.
    """
    maps, names = simulations.raw(positions), [one.field for one in simulations.measured]
    quantities = [quantity_of(one) for one in simulations.measured]
    about = {
        "units": _each([one.units for one in quantities]),
        "long_name": _each([one.long_name for one in quantities]),
    }
    if len(names) == 1:
        return {"maps": (("shown", "y", "x"), maps[:, 0], about)}
    return {"maps": (("shown", CHANNEL, "y", "x"), maps, about), CHANNEL: names}


def stored_moments(attributes: Mapping[str, Any]) -> tuple[Moments, ...]:
    """Return the constants of each channel that a file says its maps were standardised by."""
    means, deviations = (str(attributes[name]).split(", ") for name in ("moments_mean", "moments_std"))
    return tuple(Moments(float(mean), float(std)) for mean, std in zip(means, deviations, strict=True))


def quantity_of(measured: Measurement) -> Field:
    """Return what the field of a file of maps is."""
    return measured.quantity or require_field(measured.field)


def scale_of(simulations: Simulations) -> dict[str, str]:
    """Return what a file says of the scale that its maps are drawn on: whether the network takes their logarithm."""
    taken = all(one.preprocessing.logarithm for one in simulations.measured)
    return {"logarithm": "taken" if taken else "left out"}


def _each(words: list[str]) -> str:
    """Return what channels share once, else that of each."""
    return ", ".join(dict.fromkeys(words))

"""Twins: maps of the same simulations, of the same initial conditions and parameters, under other physics."""

from collections.abc import Sequence

import numpy as np

from repshift.storage.simulations import Positions, Simulations
from repshift.vocabulary import InputError

_SAME = 1e-5
"""Part of a parameter by which two tables of it may differ: they are written with that many digits."""


def require_twin(simulations: Simulations, twin: Simulations) -> None:
    """Refuse maps that cannot be those of a twin: of other fields, sizes, or numbers of maps.

    Raises
    ------
    InputError
        With what differs, and both values.
    """
    for one, other in zip(simulations.measured, twin.measured, strict=False):
        for name in ("field", "size", "n_maps", "maps_per_simulation"):
            if getattr(one, name) != getattr(other, name):
                raise InputError(
                    f"{twin.names} is no twin of {simulations.names}: its {name} is {getattr(other, name)}, expected "
                    f"{getattr(one, name)}."
                )
    if len(simulations.channels) != len(twin.channels):
        raise InputError(
            f"{twin.names} is no twin of {simulations.names}: {len(twin.channels)} channels, expected "
            f"{len(simulations.channels)}."
        )


def parameters_compared(
    simulations: Simulations, twin: Simulations, positions: Positions, *, measured: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the parameters that simulations and their twins both have, once they agree; none: nothing says so.

    `positions` are of the maps that are compared. Labels that are `measured` of maps may differ: an apparent magnitude
    is another in another survey.

    Raises
    ------
    InputError
        If a parameter differs; names the simulation and the parameter.
    """
    shared = tuple(name for name in simulations.labels if name in twin.labels and name not in measured)
    rows = np.unique(positions // simulations.maps_per_simulation)
    for name in shared:
        ours, theirs = (one.parameters[rows, one.labels.index(name)] for one in (simulations, twin))
        differs = ~np.isclose(ours, theirs, rtol=_SAME, atol=0.0)
        if differs.any():
            first = int(differs.argmax())
            raise InputError(
                f"{twin.names} is no twin of {simulations.names}: {name} of simulation {rows[first]} is "
                f"{theirs[first]:g}, expected {ours[first]:g}. Twins have the same parameters and initial conditions."
            )
    return shared

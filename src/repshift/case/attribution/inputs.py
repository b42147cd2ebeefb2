"""The maps that a case is attributed on: as the network reads them, their twins, and what ranks their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.case.twins import parameters_compared, require_twin
from repshift.statistics.selection import choose_maps
from repshift.storage.simulations import Positions, Simulations, open_simulations
from repshift.vocabulary import InputError

Maps = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Environment:
    """The maps whose pixels say in which environment those of a case are.

    Attributes
    ----------
    simulations
        Maps of one field of the same simulations.
    """

    simulations: Simulations

    @property
    def field(self) -> str:
        """What ranks the pixels."""
        return self.simulations.measured[0].field

    @property
    def sha256(self) -> str:
        """Checksum of the file."""
        return self.simulations.sha256

    def density(self, positions: Positions) -> Maps:
        """Return what ranks the pixels of maps, (n_maps, y, x).

        Raises
        ------
        InputError
            If a pixel is not finite; names file and map.
        """
        found = self.simulations.raw(positions)[:, 0]
        wrong = np.argwhere(~np.isfinite(found))
        if len(wrong):
            place, *pixel = wrong[0].tolist()
            raise InputError(
                f"{self.simulations.names}: Map {positions[place]} of field '{self.field}' holds "
                f"{found[place, *pixel]} at pixel {tuple(pixel)}, which has no rank. Expected finite values."
            )
        return found


def open_environment(shown: OpenCase, maps: Path | None, measured: Path | None) -> Environment | None:
    """Open the maps that rank the pixels of a case; None where pixel values do.

    Raises
    ------
    InputError
        If one of the two files is not given, or they are of other simulations than the maps of the case.
    """
    if maps is None and measured is None:
        return None
    if maps is None or measured is None:
        missing = "--environment" if maps is None else "--environment-measured"
        raise InputError(f"Maps that rank pixels by environment lack {missing}. Give both files, or none.")
    found = open_simulations(maps, None, measured)
    for name in ("size", "n_maps", "maps_per_simulation"):
        held, expected = (getattr(one.measured[0], name) for one in (found, shown.simulations))
        if held != expected:
            raise InputError(
                f"{maps} does not rank the pixels of {shown.simulations.names}: its {name} is {held}, expected "
                f"{expected}. Give maps of the same simulations."
            )
    return Environment(found)


def chosen_positions(shown: OpenCase, *, n_maps: int, seed: int) -> Positions:
    """Return the positions of the maps that are attributed, one of each of `n_maps` simulations.

    Raises
    ------
    InputError
        If the split has fewer simulations.
    """
    return choose_maps(
        shown.split(), n_maps=n_maps, seed=seed, maps_each=1, maps_per_simulation=shown.maps_per_simulation
    )


def twin_inputs(
    shown: OpenCase, twin: Simulations, positions: Positions, *, measured: Sequence[str]
) -> tuple[Maps, Maps, tuple[str, ...]]:
    """Return maps and their twins as the network reads them, (n_maps, channels, y, x) each, and what agrees.

    Both are prepared by the constants of the case. Labels that are `measured` of maps need not agree.

    Raises
    ------
    InputError
        If they are no twins; names the simulation and the parameter that differ. If a pixel has no logarithm; names the
        file and the map.
    """
    require_twin(shown.simulations, twin)
    shared = parameters_compared(shown.simulations, twin, positions, measured=measured)
    maps, twins = (one.standardised(positions, shown.moments) for one in (shown.simulations, twin))
    if np.array_equal(maps, twins):
        raise InputError(f"{twin.names} holds the maps of {shown.simulations.names}, so that there is no shift.")
    return maps, twins, shared

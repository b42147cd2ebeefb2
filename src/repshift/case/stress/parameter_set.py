"""Maps of a set 1P along one of its parameters: simulations of the same initial conditions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from repshift.case.stress.source import Counts, Kind, Values
from repshift.simulation.variation import Variation, variation_of
from repshift.storage.labels import read_all_columns
from repshift.storage.simulations import Positions, Simulations
from repshift.vocabulary import InputError, in_short


@dataclass(frozen=True)
class ParameterSet:
    """Maps of a set 1P along one of its parameters; a `repshift.case.stress.source.Source`.

    The maps of strength 0 are those of the fiducial simulations, one of each realisation of the initial conditions; no
    others take part.

    Attributes
    ----------
    name, label, units, strengths
        As of a `Source`; strengths are of values that the set has.
    parameter
        What varies.
    simulations
        The whole set.
    variation
        What its table varies.
    outputs
        What the network infers, by name.
    """

    name: str
    label: str
    units: str
    strengths: tuple[float, ...]
    parameter: str
    simulations: Simulations
    variation: Variation
    outputs: tuple[str, ...]
    kind: Kind = "one_at_a_time"

    @property
    def moves_labels(self) -> bool:
        """Whether the network infers what varies."""
        return self.parameter in self.outputs

    def takes(self, positions: Positions) -> npt.NDArray[np.bool_]:
        """Return which of the maps at `positions` are of fiducial simulations, (n_maps,).

        Raises
        ------
        InputError
            If a fiducial simulation is not among them: a split was taken.
        """
        fiducial = self.variation.fiducial_rows
        missing = np.setdiff1d(fiducial, self._rows_at(positions))
        if len(missing):
            raise InputError(
                f"Simulation {missing[0]} of {self.simulations.names} is fiducial, but not among the maps of axis "
                f"'{self.name}'. A set 1P is shown whole: set split: all, and leave no simulation out."
            )
        return np.isin(self._rows_at(positions), fiducial)

    def raw(self, positions: Positions, strength: float) -> tuple[Values, Counts]:
        """Return the same maps of the simulations in which the parameter has moved, and that no pixel was floored."""
        each = self.simulations.maps_per_simulation
        moved = self._moved(positions, strength) * each + positions % each
        return self.simulations.raw(moved).astype(np.float64), np.zeros(len(positions), dtype=np.int64)

    def truth(self, positions: Positions, strength: float) -> Values | None:
        """Return the labels of these simulations, (n_maps, labels); None where they do not move."""
        return self.simulations.parameters[self._moved(positions, strength)] if self.moves_labels else None

    def physical(self, strength: float) -> tuple[float, str] | None:
        """Return None: a strength is in the unit of the parameter, or in dex."""
        return None

    def _rows_at(self, positions: Positions) -> npt.NDArray[np.int64]:
        """Return the simulation of each map."""
        return np.asarray(positions // self.simulations.maps_per_simulation)

    def _moved(self, positions: Positions, strength: float) -> npt.NDArray[np.int64]:
        """Return the simulation of each fiducial map's realisation at a strength."""
        rows = self.variation.rows[self.parameter]
        place = self.variation.strengths(self.parameter).tolist().index(strength)
        realisation = np.searchsorted(self.variation.fiducial_rows, self._rows_at(positions))
        return np.asarray(rows[realisation, place])


def read_variation(parameters: Path) -> Variation:
    """Return what a set varies, of its table.

    Raises
    ------
    FileNotFoundError
        If there is no table.
    InputError
        If it is of no set 1P; names the file.
    """
    labels = read_all_columns(parameters)
    try:
        return variation_of(labels.values, labels.names)
    except InputError as error:
        raise InputError(f"{parameters}: {error}") from error


def require_varied(variation: Variation, parameter: str, strengths: tuple[float, ...] | None) -> tuple[float, ...]:
    """Return the strengths of an axis of a set: those asked for, or all.

    Raises
    ------
    InputError
        If the set does not vary the parameter, or has no simulation of a strength.
    """
    if parameter not in variation.names:
        raise InputError(f"The set varies no '{parameter}'. It varies {in_short(variation.names, most=30)}.")
    known = tuple(variation.strengths(parameter).tolist())
    if strengths is None:
        return known
    near = {one: min(known, key=lambda value, one=one: abs(value - one)) for one in strengths}  # type: ignore[misc]
    other = next((one for one, value in near.items() if abs(one - value) > 1e-3 * max(abs(one), abs(value))), None)
    if other is not None:
        held = in_short([f"{value:g}" for value in known])
        raise InputError(f"The set moves '{parameter}' by {held}, but not by {other:g}.")
    return tuple(near.values())

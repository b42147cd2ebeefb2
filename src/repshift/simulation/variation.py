"""What a table of parameters varies, where one of them varies at a time: a set 1P, of whatever suite.

Sets differ: 66 rows of 6 parameters with 11 values each, 140 rows of 28 with 5, several realisations of the initial
conditions one after the other, the fiducial simulation once or again for each parameter. All follow from the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.simulation.columns import Scale
from repshift.vocabulary import InputError, in_short

Values = npt.NDArray[np.float64]

_EVEN: Final = 0.01
"""Largest relative difference of steps that are even: tables hold a few digits."""

_DIGITS: Final = 6
"""Behind the first one of a number of a table, and behind the point of a strength."""


@dataclass(frozen=True, eq=False)
class Variation:
    """What a table varies, one parameter at a time.

    Attributes
    ----------
    fiducial
        (n_parameters,) the values of the others, while one varies.
    names
        Of the parameters that vary.
    values
        Of each, its values, ascending; the fiducial one is among them.
    rows
        Of each, (n_realisations, n_values): the row of each value. The fiducial row of a realisation is one and the
        same for all parameters.
    """

    fiducial: Mapping[str, float]
    names: tuple[str, ...]
    values: Mapping[str, Values]
    rows: Mapping[str, npt.NDArray[np.int64]]

    @property
    def fiducial_rows(self) -> npt.NDArray[np.int64]:
        """The fiducial row of each realisation, (n_realisations,)."""
        first = self.names[0]
        return np.asarray(self.rows[first][:, self._place(first)])

    def scale(self, name: str) -> Scale:
        """Return how a parameter moves: by a factor where its values are even in the logarithm, and not in themselves.

        Examples
        --------
        >>> table = [[1, 2], [2, 2], [4, 2], [2, 1], [2, 3]]
        >>> found = variation_of(np.array(table, float), ["A", "B"])
        >>> found.scale("A"), found.strengths("A").tolist(), found.scale("B"), found.strengths("B").tolist()
        ('log10', [-0.30103, 0.0, 0.30103], 'linear', [-1.0, 0.0, 1.0])
        """
        values = self.values[name]
        if values[0] <= 0 or _is_even(values):
            return "linear"
        return "log10" if _is_even(np.log10(values)) else "linear"

    def strengths(self, name: str) -> Values:
        """Return how far each value of a parameter is from the fiducial one, ascending: in its unit, or in dex."""
        values, fiducial = self.values[name], self.fiducial[name]
        moved = np.log10(values / fiducial) if self.scale(name) == "log10" else values - fiducial
        return np.asarray(moved.round(_DIGITS)) + 0.0  # no negative zero

    def _place(self, name: str) -> int:
        """Return where the fiducial value is among those of a parameter."""
        return int(np.flatnonzero(self.values[name] == self.fiducial[name])[0])


def variation_of(table: Values, names: Sequence[str]) -> Variation:
    """Return what a table varies.

    Parameters
    ----------
    table
        (n_rows, n_parameters), a row a simulation.
    names
        (n_parameters,)

    Raises
    ------
    InputError
        If no row is fiducial, a row differs from it in several parameters, none varies, or the realisations differ.

    Notes
    -----
    Fiducial is the most frequent value of each column.
    """
    table = _rounded(table)
    fiducial = np.array([_most_frequent(column, name) for column, name in zip(table.T, names, strict=True)])
    differs = table != fiducial
    _require_one_at_a_time(differs, names, fiducial)
    repeats = _repeats(table, differs, names)
    n_rows = len(table) // repeats
    realisation = np.arange(repeats)[:, None] * n_rows
    first, base = table[:n_rows], int(np.flatnonzero(~differs.any(axis=1))[0])
    varied = [number for number in range(len(names)) if differs[:, number].any()]
    values, rows = {}, {}
    for number in varied:
        where = np.append(np.flatnonzero(differs[:n_rows, number]), base)
        where = where[np.argsort(first[where, number], kind="stable")]
        values[names[number]], rows[names[number]] = first[where, number], realisation + where
    return Variation(
        dict(zip(names, fiducial.tolist(), strict=True)), tuple(names[number] for number in varied), values, rows
    )


def _rounded(table: Values) -> Values:
    """Return numbers with the digits that tables keep: one and the same number is not always written alike."""
    return np.array([[float(f"{value:.{_DIGITS}e}") for value in row] for row in np.asarray(table, np.float64)])


def _most_frequent(column: Values, name: str) -> float:
    """Return the most frequent value of a column; refuse two that are as frequent."""
    values, counts = np.unique(column, return_counts=True)
    most = values[counts == counts.max()]
    if len(most) > 1:
        raise InputError(
            f"The table is of no set 1P: {len(most)} values of {name} are as frequent, so none is fiducial. Expected "
            "rows in which one parameter varies at a time."
        )
    return float(most[0])


def _require_one_at_a_time(differs: npt.NDArray[np.bool_], names: Sequence[str], fiducial: Values) -> None:
    """Refuse a table in which a row differs from the fiducial values in several parameters, or all differ, or none."""
    several = np.flatnonzero(differs.sum(axis=1) > 1)
    if len(several):
        row = int(several[0])
        found = in_short([name for name, other in zip(names, differs[row], strict=True) if other], most=6)
        raise InputError(
            f"The table is of no set 1P: row {row} differs from the fiducial values in {differs[row].sum()} "
            f"parameters, {found}. Expected rows in which one parameter varies at a time."
        )
    if not differs.any():
        raise InputError(f"The table is of no set 1P: all {len(differs)} rows are the same.")
    if differs.any(axis=1).all():
        values = in_short([f"{name} {value:g}" for name, value in zip(names, fiducial, strict=True)])
        raise InputError(f"The table is of no set 1P: of {len(differs)} rows none has the fiducial values {values}.")


def _repeats(table: Values, differs: npt.NDArray[np.bool_], names: Sequence[str]) -> int:
    """Return how many realisations a table has: each holds every value once, in one order."""
    counts: dict[tuple[str, float], int] = {}
    for number, name in enumerate(names):
        found = np.unique(table[differs[:, number], number], return_counts=True)
        counts |= {(name, float(value)): int(count) for value, count in zip(*found, strict=True)}
    repeats: int = min(counts.values())
    other = next((key for key, count in counts.items() if count != repeats), None)
    if other is not None:
        few = next(key for key, count in counts.items() if count == repeats)
        raise InputError(
            f"The table is of no set 1P: {other[0]} is {other[1]:g} in {counts[other]} rows, but {few[0]} is "
            f"{few[1]:g} in {repeats}. Expected each value once in every realisation of the initial conditions."
        )
    if len(table) % repeats or not np.array_equal(table, np.tile(table[: len(table) // repeats], (repeats, 1))):
        raise InputError(
            f"The table is of no set 1P: its {repeats} realisations of the initial conditions are not of the same rows "
            "in the same order. Expected all rows of a realisation, then those of the next."
        )
    return repeats


def _is_even(values: Values) -> bool:
    """Say whether all steps between ascending values are equal; two values are."""
    steps = np.diff(values)
    return bool(np.ptp(steps) <= _EVEN * steps.mean())

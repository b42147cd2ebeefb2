"""The strengths of all axes of a case, one after the other."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.critical import Branch, Estimate, branches
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

ENDS: Final = ("", "_low", "_high")
"""What follows the name of a number, and of the ends of its interval."""


@dataclass(frozen=True)
class Levels:
    """Every strength of every axis, 0 of each among them.

    Attributes
    ----------
    axes
        (levels,): key of the axis; levels of an axis stand together.
    strengths
        (levels,): ascending along an axis.
    """

    axes: tuple[str, ...]
    strengths: Values

    @cached_property
    def base(self) -> npt.NDArray[np.int64]:
        """Position of the level of strength 0 of each level's axis, (levels,)."""
        zero = {axis: at for at, axis in enumerate(self.axes) if self.strengths[at] == 0}
        return np.array([zero[axis] for axis in self.axes], dtype=np.int64)

    def require_finite(self, answers: Values, takes: npt.NDArray[np.bool_], maps: npt.ArrayLike) -> None:
        """Refuse answers (levels, n_maps, n_answers) that are not finite, of maps that take part.

        Parameters
        ----------
        answers
            Of a network.
        takes
            (levels, n_maps).
        maps
            (n_maps,): numbers of the maps, for the message.

        Raises
        ------
        InputError
            With the axis, the strength and the map.
        """
        bad = np.argwhere(~np.isfinite(answers).all(-1) & takes)
        if len(bad):
            level, row = bad[0]
            raise InputError(
                f"Axis '{self.axes[level]}' at strength {self.strengths[level]:g}: the network returns a number that "
                f"is not finite for map {np.asarray(maps)[row]}."
            )

    @cached_property
    def sides(self) -> tuple[tuple[str, Branch], ...]:
        """Each axis with each of its sides of 0, whose positions are those of these levels."""
        found = []
        for axis in dict.fromkeys(self.axes):
            at = np.flatnonzero(np.array(self.axes) == axis)
            found += [
                (axis, Branch(one.direction, at[one.positions], one.strengths)) for one in branches(self.strengths[at])
            ]
        return tuple(found)


def ends_of(estimate: Estimate) -> tuple[float, float, float]:
    """Return a number and its ends, in the order of `ENDS`."""
    return estimate.value, estimate.low, estimate.high

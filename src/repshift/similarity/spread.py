"""How much of the size of a layer differs between maps: what a Gram matrix without its offset no longer tells."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_UNITS_AT_ONCE: Final = 1 << 16


@dataclass(frozen=True)
class Spread:
    """How large the maps of a layer are beside what tells them apart.

    Attributes
    ----------
    scatter
        Sum of the squared distances of the maps from the mean map, not negative.
    offset
        Squared norm of the mean map, as often as there are maps, not negative.
    """

    scatter: float
    offset: float

    @property
    def relative(self) -> float:
        """Distance of the maps from the mean map over their norm, both root mean squares: from 0 to 1, dimensionless.

        It is 1 where the mean map is zero, and 0 where all maps are equal.
        """
        return float(np.sqrt(self.scatter / (self.scatter + self.offset))) if self.scatter else 0.0


def spread_of(representation: npt.NDArray[np.floating]) -> Spread:
    """Return the spread of a representation (n_maps, n_units), in double precision, without its Gram matrix."""
    scatter, offset = 0.0, 0.0
    for start in range(0, representation.shape[1], _UNITS_AT_ONCE):
        chunk = representation[:, start : start + _UNITS_AT_ONCE].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = chunk.mean(0)
            chunk -= mean
            scatter, offset = scatter + float(np.vdot(chunk, chunk)), offset + len(chunk) * float(mean @ mean)
    return Spread(scatter, offset)

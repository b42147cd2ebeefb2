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
    typical
        Distance of two maps over their norm, both medians and the distance over sqrt(2): what `relative` is where one
        map far from all others does not count.
    """

    scatter: float
    offset: float
    typical: float

    @property
    def relative(self) -> float:
        """Distance of the maps from the mean map over their norm, both root mean squares: from 0 to 1, dimensionless.

        It is 1 where the mean map is zero, and 0 where all maps are equal.
        """
        return float(np.sqrt(self.scatter / (self.scatter + self.offset))) if self.scatter else 0.0


def spread_of(representation: npt.NDArray[np.floating]) -> Spread:
    """Return the spread of a representation (n_maps, n_units), in double precision, without its Gram matrix."""
    n = len(representation)
    scatter, offset, norms, distances = 0.0, 0.0, np.zeros(n), np.zeros(n)
    for start in range(0, representation.shape[1], _UNITS_AT_ONCE):
        chunk = representation[:, start : start + _UNITS_AT_ONCE].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            norms += np.square(chunk).sum(1)
            mean = chunk.mean(0)
            chunk -= mean
            scatter, offset = scatter + float(np.vdot(chunk, chunk)), offset + n * float(mean @ mean)
            distances += np.square(chunk - chunk[partners(n)]).sum(1) / 2
    return Spread(scatter, offset, typical_spread(distances, norms))


def partners(n: int) -> npt.NDArray[np.int64]:
    """Return another map for each: half the maps away, where it is hardly of the same simulation."""
    return np.roll(np.arange(n), max(1, n // 2))


def typical_spread(distances: npt.NDArray[np.float64], norms: npt.NDArray[np.float64]) -> float:
    """Return `Spread.typical` of half squared distances of maps from partners, and of squared norms, (n_maps,)."""
    size = float(np.median(norms))
    return float(np.sqrt(max(float(np.median(distances)), 0.0) / size)) if size > 0 else 1.0

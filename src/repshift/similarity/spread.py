"""How much of the size of a layer differs between maps: what a Gram matrix without its offset no longer tells."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


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


def partners(n: int) -> npt.NDArray[np.int64]:
    """Return another map for each: half the maps away, where it is hardly of the same simulation."""
    return np.roll(np.arange(n), max(1, n // 2))


def typical_spread(distances: npt.NDArray[np.float64], norms: npt.NDArray[np.float64]) -> float:
    """Return `Spread.typical` of half squared distances of maps from partners, and of squared norms, (n_maps,)."""
    size = float(np.median(norms))
    return float(np.sqrt(max(float(np.median(distances)), 0.0) / size)) if size > 0 else 1.0

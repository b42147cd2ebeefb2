"""Fourier transforms of round profiles, tabulated once and read by interpolation in the logarithm of the argument."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RadialTable:
    """A function of a positive argument at equal steps of its natural logarithm; beyond them, its value at the end."""

    logarithm: float
    """Natural logarithm of the first argument."""
    step: float
    values: Floats
    """(n_steps,) float64."""

    def at_square(self, squared: Floats) -> Floats:
        """Return the function, linear between the steps, where the square of its argument is ``squared``."""
        with np.errstate(divide="ignore"):
            place = (0.5 * np.log(squared) - self.logarithm) / self.step
        np.clip(place, 0, len(self.values) - 1, out=place)
        number = np.minimum(place.astype(np.intp), len(self.values) - 2)
        place -= number
        low = self.values[number]
        return np.asarray(low + place * (self.values[number + 1] - low))

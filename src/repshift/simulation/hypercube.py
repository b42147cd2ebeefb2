"""The latin hypercube of a set's parameters."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import PARAMETERS

_UNIFORM = ("Omega_m", "sigma_8")


def draw_parameters(n_simulations: int, *, seed: Sequence[int]) -> npt.NDArray[np.float64]:
    """Draw the parameters of a set: each range is cut into `n_simulations` equal parts, each part holds one simulation.

    Parameters
    ----------
    n_simulations
        Simulations of the set, at least 1.
    seed
        Whole numbers for `numpy.random.SeedSequence`.

    Returns
    -------
        (n_simulations, 6), dimensionless, in the order and the ranges of `vocabulary.PARAMETERS`: Omega_m and sigma_8
        uniform, the four of feedback uniform in the logarithm.
    """
    from scipy.stats import qmc  # most of the time that the start of a simulation takes is this import

    rng = np.random.default_rng(np.random.SeedSequence(seed))
    unit = qmc.LatinHypercube(len(PARAMETERS), rng=rng).random(n_simulations)
    columns = [
        _between(column, parameter.minimum, parameter.maximum)
        if name in _UNIFORM
        else np.exp(_between(column, np.log(parameter.minimum), np.log(parameter.maximum)))
        for column, (name, parameter) in zip(unit.T, PARAMETERS.items(), strict=True)
    ]
    return np.stack(columns, axis=1)


def _between(unit: npt.NDArray[np.float64], minimum: float, maximum: float) -> npt.NDArray[np.float64]:
    """Stretch [0, 1) to [minimum, maximum)."""
    return minimum + (maximum - minimum) * unit

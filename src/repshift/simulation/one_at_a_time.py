"""The parameters of CMD's sets 1P, of which one varies under the same initial conditions, and CV, of which none do."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import COSMOLOGY, PARAMETERS, InputError

ONE_AT_A_TIME: Final = "1P"
"""Name of the set, as CMD has it."""

ONE_COSMOLOGY: Final = "CV"
"""Name of the set whose simulations share the fiducial parameters, and differ in their initial conditions."""

VALUES_EACH: Final = 5
"""Values of each parameter, evenly over its range; the middle one is fiducial."""

ROWS_OF_REALISATION: Final = VALUES_EACH * len(PARAMETERS)
"""Simulations that share their initial conditions."""

_DIGITS: Final = 9


def vary_parameters(n_simulations: int) -> npt.NDArray[np.float64]:
    """Return the parameters of a set in which one of them varies at a time.

    Parameters
    ----------
    n_simulations
        Simulations of the set, a multiple of `ROWS_OF_REALISATION`: by realisation, then parameter, then value.

    Returns
    -------
        (n_simulations, 6), dimensionless, in the order of `vocabulary.PARAMETERS`. The values of the parameter that
        varies ascend from one end of its range to the other: of Omega_m and sigma_8 evenly, of the four of feedback
        evenly in the logarithm.

    Raises
    ------
    InputError
        If there are other than whole realisations.
    """
    if n_simulations < 1 or n_simulations % ROWS_OF_REALISATION:
        raise InputError(
            f"A set {ONE_AT_A_TIME} of {n_simulations} simulations. Expected a multiple of {ROWS_OF_REALISATION}: "
            f"{len(PARAMETERS)} parameters at {VALUES_EACH} values for each realisation of the initial conditions."
        )
    values = np.stack([_values(name) for name in PARAMETERS], axis=1)
    rows = np.tile(values[VALUES_EACH // 2], (len(PARAMETERS), VALUES_EACH, 1))
    for number in range(len(PARAMETERS)):
        rows[number, :, number] = values[:, number]
    return np.tile(rows.reshape(ROWS_OF_REALISATION, len(PARAMETERS)), (n_simulations // ROWS_OF_REALISATION, 1))


def fiducial_parameters(n_simulations: int) -> npt.NDArray[np.float64]:
    """Return the parameters (n_simulations, 6) of a set of one cosmology: the middle of the range of each.

    Examples
    --------
    >>> fiducial_parameters(2)[1].tolist()
    [0.3, 0.8, 1.0, 1.0, 1.0, 1.0]
    """
    values = np.stack([_values(name) for name in PARAMETERS], axis=1)
    return np.tile(values[VALUES_EACH // 2], (n_simulations, 1))


def realisation_of(index: int) -> int:
    """Return the number of the initial conditions of a simulation.

    Examples
    --------
    >>> [realisation_of(index) for index in (0, 29, 30)]
    [0, 0, 1]
    """
    return index // ROWS_OF_REALISATION


def _values(name: str) -> npt.NDArray[np.float64]:
    """Return the values of a parameter, rounded to the digits of a table, so that the middle one is fiducial."""
    parameter = PARAMETERS[name]
    ends = parameter.minimum, parameter.maximum
    spaced = np.linspace(*ends, VALUES_EACH) if name in COSMOLOGY else np.geomspace(*ends, VALUES_EACH)
    return np.asarray(spaced.round(_DIGITS), np.float64)

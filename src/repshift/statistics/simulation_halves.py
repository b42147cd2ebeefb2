"""Random halves of the simulations of a domain: one is the reference, the other is judged, and then in turn."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

FEWEST_OF_HALF: Final = 4
"""Simulations of the smaller half."""


def simulation_halves(n_simulations: int, *, n_splits: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which simulations are of a half, (2 n_splits, n_simulations): each half is followed by its complement.

    Parameters
    ----------
    n_simulations
        To be divided. Of an odd number the complement has one more.
    n_splits, seed
        Divisions, and what draws them.

    Raises
    ------
    InputError
        If a half would have fewer than four simulations.
    """
    size = n_simulations // 2
    if size < FEWEST_OF_HALF:
        raise InputError(
            f"{n_simulations} simulations do not make two halves of {FEWEST_OF_HALF} or more. Use "
            f"{2 * FEWEST_OF_HALF} simulations at least, not more maps of each."
        )
    rng = np.random.default_rng(seed)
    found = np.zeros((n_splits, 2, n_simulations), dtype=bool)
    for one in found:
        one[0, rng.permutation(n_simulations)[:size]] = True
        one[1] = ~one[0]
    return found.reshape(-1, n_simulations)

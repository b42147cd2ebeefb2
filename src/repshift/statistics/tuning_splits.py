"""Which simulations of a domain a repair may see, and which judge it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import FEWEST_SIMULATIONS
from repshift.vocabulary import InputError

Places = npt.NDArray[np.int64]


class TuningSplit(NamedTuple):
    """Places of simulations in their list: those that tune, in the order in which fewer are taken, and the others."""

    tuned: Places
    judged: Places


def tuning_splits(n_simulations: int, *, n_tuned: int, n_splits: int, seed: int) -> list[TuningSplit]:
    """Divide simulations at random into those that tune a repair and those that judge it, several times.

    Parameters
    ----------
    n_simulations
        Simulations of the domain.
    n_tuned
        Simulations that tune, of each split, 1 or more. The first k of them are those of a repair from k simulations,
        so that a curve in k is nested.
    n_splits
        Divisions, 1 or more; they overlap.
    seed
        Draws them. Two domains of as many simulations are divided alike, so that one simulation under two physics is
        never tuned on in one and judged in the other.

    Returns
    -------
    Of each split the places that tune, in random order, and those that judge, ascending.

    Raises
    ------
    InputError
        If fewer than ten simulations are left to judge.

    Examples
    --------
    >>> [len(part) for part in tuning_splits(50, n_tuned=25, n_splits=5, seed=1)[0]]
    [25, 25]
    """
    if n_tuned < 1 or n_splits < 1:
        raise InputError(f"{n_splits} splits with {n_tuned} simulations that tune: expected 1 or more of each.")
    if n_simulations - n_tuned < FEWEST_SIMULATIONS:
        raise InputError(
            f"{n_simulations} simulations are too few for a split: {n_tuned} tune a repair, and at least "
            f"{FEWEST_SIMULATIONS} more judge it. Use fewer in 'simulations', or a domain of more."
        )
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n_simulations) for _ in range(n_splits)]
    return [TuningSplit(order[:n_tuned], np.sort(order[n_tuned:])) for order in orders]


def lower_half(values: Sequence[float] | npt.NDArray[np.float64], places: Places) -> Places:
    """Return those of some places, in their order, whose value is in the lower half among them; of an odd number less.

    Raises
    ------
    InputError
        If a value is not known, or all are equal.
    """
    found = np.asarray(values, dtype=np.float64)[places]
    if not np.isfinite(found).all() or np.ptp(found) == 0:
        raise InputError("The values of the prior's parameter are not known, or all equal: they have no lower half.")
    return places[np.sort(np.argsort(found, kind="stable")[: len(places) // 2])]

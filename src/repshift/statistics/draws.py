"""Some simulations of many, drawn without replacement, and what numbers of such subsets scatter by."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.resampling import simulation_of
from repshift.vocabulary import InputError

QUANTILES: Final = (0.025, 0.975)
"""Of the numbers of subsets, the ends between which 95 % of them lie."""


@dataclass(frozen=True)
class Scatter:
    """Mean, standard deviation and the 2.5 and 97.5 % quantiles of numbers (draws, ...), each (...)."""

    mean: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


SCATTER_WORDS: Final = {"mean": "mean", "std": "standard deviation", "low": "2.5 % quantile", "high": "97.5 % quantile"}
"""What each is, in words."""


def scatter(numbers: npt.NDArray[np.float64]) -> Scatter:
    """Sum up numbers of many draws, (draws, ...).

    The standard deviation is that of the draws, 0 where there is but one. It is no error of the number of all
    simulations: subsets of nearly all share nearly all.
    """
    low, high = np.quantile(numbers, QUANTILES, axis=0)
    return Scatter(numbers.mean(0), numbers.std(0), low, high)


def random_subsets(simulations: npt.ArrayLike, *, size: int, draws: int, seed: int) -> list[npt.NDArray[np.int64]]:
    """Draw subsets of simulations without replacement.

    Parameters
    ----------
    simulations
        (n_maps,) labels: maps with equal labels are of one simulation, and are drawn together.
    size
        Simulations of each subset.
    draws
        Subsets; where the size is that of all simulations there is one.
    seed
        With the size, draws them: other sizes beside it change nothing.

    Returns
    -------
    Positions of the maps of each subset, ascending.

    Raises
    ------
    InputError
        If there are fewer simulations than that.

    Examples
    --------
    >>> [len(maps) for maps in random_subsets([7, 7, 8, 8, 9, 9], size=2, draws=3, seed=1)]
    [4, 4, 4]
    """
    index = simulation_of(simulations)
    n = int(index.max()) + 1
    if size > n:
        raise InputError(f"Subsets of {size} simulations were asked for; there are {n}.")
    if size == n:
        return [np.arange(len(index))]
    rng = np.random.default_rng([seed, size])
    drawn = np.zeros((draws, n), dtype=bool)
    for one in drawn:
        one[rng.permutation(n)[:size]] = True
    return [np.flatnonzero(maps) for maps in drawn[:, index]]


def random_maps(total: int, *, n_maps: int, draws: int, seed: int) -> npt.NDArray[np.int64]:
    """Draw maps without replacement, (draws, n_maps) positions; the first few of a draw are such a draw too.

    Parameters
    ----------
    total
        Maps there are, of whatever simulations.
    n_maps
        Maps of each draw.
    draws
        How many.
    seed
        Draws them.

    Raises
    ------
    InputError
        If there are fewer maps than that.
    """
    if n_maps > total:
        raise InputError(f"{n_maps} maps were asked for; there are {total}.")
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(total)[:n_maps] for _ in range(draws)])

"""Whether two domains differ in the block of their matrices of CKA: the domains of whole simulations are swapped."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.halves import numbers_of_halves
from repshift.similarity.portions import Resources
from repshift.similarity.reweighting import between_cka_influence
from repshift.statistics.blocks import mean_and_share, mean_and_share_directions
from repshift.statistics.domain_swap import DomainSwap, domain_swap_test

Array = npt.NDArray[np.float64]

NUMBERS: Final = ("off_diagonal_mean", "leading_share")
"""Numbers of a matrix that are tested, in the order of the last axis."""


def block_swap_test(
    grams: Array,
    *,
    simulations: npt.NDArray[np.str_],
    out_of_distribution: npt.NDArray[np.bool_],
    n_permutations: int,
    seed: int,
    resources: Resources,
) -> DomainSwap:
    """Test the change of `NUMBERS`, debiased, between two domains.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), of the maps of both domains together.
    simulations, out_of_distribution, n_permutations, seed
        As in `repshift.statistics.domain_swap.domain_swap_test`, with its errors.
    resources
        What is held at a time, and where.
    """

    def statistic(maps: npt.NDArray[np.int64]) -> tuple[Array, Array]:
        part = grams[:, maps[:, None], maps]
        return mean_and_share(*between_cka_influence(part, simulations=simulations[maps]))

    def of_halves(choices: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
        found = numbers_of_halves(grams, choices, directions=mean_and_share_directions, resources=resources)
        # one by one where matrix products would lose digits, or a layer is constant
        for side, choice in np.argwhere(~found.exact):
            maps = np.flatnonzero(choices[choice] == (side == 0))
            found.numbers[side, choice], found.errors[side, choice] = statistic(maps)
        return found.numbers, found.errors

    return domain_swap_test(
        statistic,
        of_halves=of_halves if _has_one_map_each(simulations, out_of_distribution) else None,
        simulations=simulations,
        out_of_distribution=out_of_distribution,
        n_permutations=n_permutations,
        seed=seed,
    )


def _has_one_map_each(simulations: npt.NDArray[np.str_], out_of_distribution: npt.NDArray[np.bool_]) -> bool:
    """Say whether no two maps of a domain are of one simulation."""
    pairs = zip(out_of_distribution.tolist(), simulations.tolist(), strict=True)
    return len(set(pairs)) == len(simulations)

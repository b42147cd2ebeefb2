"""Whether two domains differ in a number: the domains of whole simulations are swapped.

References
----------
Chung & Romano 2013, "Exact and asymptotically robust permutation tests", Annals of Statistics 41, 484
(arXiv 1304.5939).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from math import comb
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.statistics.permutation import PermutationTest, p_values, permuted_orders
from repshift.statistics.resampling import require_simulations, simulation_of
from repshift.vocabulary import InputError

StatisticWithError: TypeAlias = Callable[
    [npt.NDArray[np.int64]], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
]
"""Numbers (...) of the maps at some positions (n_maps,), and their standard errors (...)."""

StatisticOfHalves: TypeAlias = Callable[
    [npt.NDArray[np.bool_]], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
]
"""The same of many choices (choices, n_maps) of the maps at once, and of what each leaves: numbers and their standard
errors (2, choices, ...)."""

_SUMMATION = 1e-10
"""Relative difference within which two numbers may be one whose sums were taken in another order."""


@dataclass(frozen=True)
class DomainSwap:
    """Two tests of the difference of two domains, of the same permutations.

    Attributes
    ----------
    difference
        Of the difference itself, in its unit: what a figure shows.
    studentised
        Of the difference over its standard error: what a claim rests on.
    """

    difference: PermutationTest
    studentised: PermutationTest


def domain_swap_test(
    statistic: StatisticWithError,
    *,
    simulations: npt.ArrayLike,
    out_of_distribution: npt.ArrayLike,
    n_permutations: int,
    seed: int,
    of_halves: StatisticOfHalves | None = None,
) -> DomainSwap:
    r"""Test whether two domains differ in a statistic, by swapping the domains of whole simulations.

    Parameters
    ----------
    statistic
        Takes positions of maps, ascending, and returns numbers (...) of these maps and their standard errors (...), as
        the off-diagonal mean and the leading share of their CKA matrix.
    simulations
        (n_maps,) labels of the pooled maps; simulations of two suites need labels of their own, except partners: two
        with one label, a simulation and the same with noise, or of the same initial conditions, are swapped with each
        other alone.
    out_of_distribution
        (n_maps,) bool: the domain of each map, one for all maps of a simulation.
    n_permutations
        Random assignments of the simulations to the domains, as many to each as observed; of partners, each pair either
        way. One less than a multiple of 40, as 1,999, lets the test reject in exactly 0.05. Where there are no more
        than that, each is taken once: `n_assignments` says how many there are.
    seed
        Draws them.
    of_halves
        The statistic of both domains of many assignments at once, where that is faster; without it one after the other.

    Returns
    -------
    Of the difference out of distribution minus in distribution; p-values are two-sided.

    Raises
    ------
    InputError
        If labels do not fit each other, some simulations but not all have partners, or a domain has fewer than ten
        simulations.

    Notes
    -----
    Whole simulations are exchangeable where those of both domains are independent draws of one distribution of
    representations, all layers and all maps of a simulation together. Then every assignment is equally likely, and both
    tests reject at their level for any number of simulations, whatever the maps of one share. Maps are not
    exchangeable, for those of one simulation are alike; nor are layers.

    Two suites are never one distribution. Say they differ in their mean map but not in the statistic. Then permuted
    domains hold both means, and the null distribution of the difference itself is too narrow: it rejected in 0.6 of
    samples where it should in 0.05. So the test to report is that of the studentised difference,

    .. math:: t = \frac{x_\mathrm{out} - x_\mathrm{in}}{\sqrt{e_\mathrm{out}^2 + e_\mathrm{in}^2}}, \qquad
        p = \min\left( 1, 2 \min_{\pm} \frac{1 + \#\{b: \pm t^*_b \ge \pm t\}}{1 + B} \right),

    with the standard errors e computed afresh for each of the B permuted :math:`t^*_b`. It is as exact where there is
    one distribution, and elsewhere still right for many simulations. The errors are those of independent domains, also
    of partners: there they scale the difference alike in every permutation.

    References
    ----------
    Chung & Romano 2013, arXiv 1304.5939.
    """
    index = simulation_of(simulations)
    outside = np.asarray(out_of_distribution, dtype=bool)
    if outside.shape != index.shape:
        raise InputError(f"Domains {outside.shape} do not label the maps of simulations {index.shape}.")
    assignments = _assignments(index, outside, n_permutations=n_permutations, seed=seed)
    observed = _differences(partial(_each, statistic), outside[None])
    swapped = _differences(of_halves or partial(_each, statistic), assignments)
    difference, ratio = (values[0] for values in (observed.value, observed.ratio))
    null = _with_ties(swapped.value, difference, slack=_SUMMATION * swapped.scale)
    in_errors = np.divide(swapped.scale, swapped.error, out=np.zeros_like(swapped.scale), where=swapped.error > 0)
    slack = _SUMMATION * (in_errors + np.abs(ratio))
    return DomainSwap(_two_sided(difference, null), _two_sided(ratio, _with_ties(swapped.ratio, ratio, slack=slack)))


@dataclass(frozen=True)
class _Differences:
    """Differences of two domains (assignments, ...), their standard errors, and the size of what was subtracted."""

    value: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    @property
    def ratio(self) -> npt.NDArray[np.float64]:
        """Differences over their standard errors; NaN where both are 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.value / self.error)


def _each(
    statistic: StatisticWithError, choices: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a statistic of one choice of maps after the other, and of what each leaves."""
    found = [[statistic(np.flatnonzero(maps)) for maps in side] for side in (choices, ~choices)]
    numbers, errors = (np.stack([np.stack([one[number] for one in side]) for side in found]) for number in (0, 1))
    return numbers, errors


def _differences(statistic: StatisticOfHalves, out_of_distribution: npt.NDArray[np.bool_]) -> _Differences:
    """Return the differences of the domains of many assignments (assignments, n_maps)."""
    (found, found_in), (error, error_in) = statistic(out_of_distribution)
    return _Differences(found - found_in, np.hypot(error, error_in), np.abs(found) + np.abs(found_in))


def _with_ties(
    null: npt.NDArray[np.float64], observed: npt.NDArray[np.float64], *, slack: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return permuted numbers, those within `slack` of plus or minus the observed one equal to it."""
    null = np.where(np.abs(null - observed) <= slack, observed, null)
    return np.where(np.abs(null + observed) <= slack, -observed, null)


def _two_sided(observed: npt.NDArray[np.float64], null: npt.NDArray[np.float64]) -> PermutationTest:
    return PermutationTest(observed, null, p_values(observed, null, alternative="two_sided"))


def n_assignments(simulations: npt.ArrayLike, out_of_distribution: npt.ArrayLike) -> int:
    """Return how many assignments of the simulations to the domains there are beside the observed one.

    Arguments and errors as in `domain_swap_test`.

    Examples
    --------
    >>> n_assignments(range(20), [False] * 10 + [True] * 10)
    184755
    """
    _, held = _held(simulation_of(simulations), np.asarray(out_of_distribution, dtype=bool))
    n = held.shape[1]
    return (2**n if held.all() else comb(n, int(held[1].sum()))) - 1


def _held(
    index: npt.NDArray[np.int64], outside: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which simulations have partners, and which have maps in distribution and which out of it (2, n)."""
    n = int(index.max()) + 1
    held = np.stack([np.bincount(index[outside == domain], minlength=n) > 0 for domain in (False, True)])
    partners = np.asarray(held.all(0))
    if partners.any() and not partners.all():
        raise InputError(
            f"{int(partners.sum())} of {n} simulations have maps in both domains: none may, or all. Simulations of two "
            "suites need labels of their own."
        )
    for count in held.sum(1):
        require_simulations(int(count))
    return partners, held


def _assignments(
    index: npt.NDArray[np.int64], outside: npt.NDArray[np.bool_], *, n_permutations: int, seed: int
) -> npt.NDArray[np.bool_]:
    """Return the domains of the maps as permuted, (n_permutations, n_maps), or all: see `domain_swap_test`."""
    partners, held = _held(index, outside)
    n = held.shape[1]
    every = n_assignments(index, outside) <= n_permutations
    if partners.all():
        flips = (
            np.array(list(product([False, True], repeat=n)))[1:]
            if every
            else np.random.default_rng(seed).integers(2, size=(n_permutations, n), dtype=bool)
        )
        return np.asarray(outside ^ flips[:, index])
    if every:
        chosen = np.array(list(combinations(range(n), int(held[1].sum()))))
        assigned = np.zeros((len(chosen), n), dtype=bool)
        np.put_along_axis(assigned, chosen, values=True, axis=1)
        return np.asarray(assigned[(assigned != held[1]).any(1)][:, index])
    orders = permuted_orders(n, n_permutations=n_permutations, seed=seed)
    return np.asarray(held[1][orders][:, index])

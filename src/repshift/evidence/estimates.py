"""The numbers of a matrix of similarity as estimated: their errors by the jackknife, and the test of their change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.bootstrap import WeightedMatrices
from repshift.evidence.numbers import Array, folded, number_of
from repshift.similarity.measures.measure import Influence
from repshift.similarity.pairing import simulation_labels
from repshift.statistics.domain_swap import domain_swap_test
from repshift.statistics.resampling import (
    Interval,
    Jackknife,
    jackknife_at_once,
    require_simulations,
    simulation_of,
)
from repshift.vocabulary import InputError

Maps = npt.NDArray[np.int64]
Matrices = Callable[[xr.DataArray, Sequence[Maps]], Array]
"""What makes matrices of similarity (subsets, layers, layers) of Gram matrices and the positions of subsets of maps."""

Method = Literal["bootstrap", "jackknife", "derivatives"]
"""What intervals are of: reweighted simulations; simulations left out; and these to first order, by derivatives."""

_ROUNDING: Final = 1e-9
"""Range of numbers, over the largest, that rounding explains."""


@dataclass(frozen=True)
class Estimation:
    """How the numbers of a measure are estimated.

    Attributes
    ----------
    matrices
        Makes matrices of subsets of the maps.
    weighted
        Makes matrices of reweighted simulations, where intervals are of the bootstrap.
    influence
        Of Gram matrices: the matrix, and its derivative by the weight of each map, where the jackknife is of these.
    is_distance
        Whether the measure is 0 where layers are alike: its matrix then has no eigenvalues.
    most_left_out
        Simulations that are left out one by one at most: of more, groups of neighbours are, as many at most.
    """

    matrices: Matrices
    weighted: WeightedMatrices | None = None
    influence: Influence | None = None
    is_distance: bool = False
    most_left_out: int | None = None

    @property
    def method(self) -> Method:
        """What intervals are of."""
        if self.weighted is not None:
            return "bootstrap"
        return "jackknife" if self.influence is None else "derivatives"


@dataclass(frozen=True)
class Estimates:
    """Numbers of a matrix of similarity one after the other, as `repshift.evidence.numbers.folded` has them.

    Attributes
    ----------
    value, error
        (numbers,) each: the numbers, and their standard errors by the jackknife.
    interval
        Their intervals by the jackknife.
    changes
        (simulations, numbers): the numbers without each simulation, or group of them, less their mean.
    """

    value: Array
    error: Array
    interval: Interval
    changes: Array

    @classmethod
    def of(cls, found: Jackknife) -> "Estimates":
        """Return what a jackknife of all numbers gives: no interval of a number that differs by rounding alone."""
        error, ends = found.standard_error, found.interval
        rounded = ~(error > _ROUNDING * np.maximum(np.abs(found.value), _ROUNDING))
        interval = Interval(*(np.where(rounded, np.nan, end) for end in (ends.low, ends.high)))
        return cls(found.value, error, interval, found.without - found.without.mean(0))

    @property
    def n_simulations(self) -> int:
        """How many there are, or groups of them."""
        return len(self.changes)


def estimate(gram: xr.DataArray, estimation: Estimation) -> Estimates:
    """Estimate all numbers over some maps.

    Raises
    ------
    InputError
        If there are fewer than ten simulations, or as the measure does.
    """
    return Estimates.of(_jackknife(gram, simulation_labels(gram), estimation))


def independent_change(shown: Estimates, own: Estimates) -> Estimates:
    """Return the difference of two domains whose simulations have nothing to do with each other."""
    value, fewer = shown.value - own.value, min(shown, own, key=lambda one: one.n_simulations)
    reach = np.hypot(shown.interval.high - shown.value, own.interval.high - own.value)
    return Estimates(value, np.hypot(shown.error, own.error), Interval(value - reach, value + reach), fewer.changes)


def paired_change(grams: tuple[xr.DataArray, xr.DataArray], estimation: Estimation) -> Estimates:
    """Return the difference of two domains of the same simulations, or of partners, which are left out together.

    The Gram matrices are those of the domain and of the model's own, each over its own maps.

    Raises
    ------
    InputError
        If they are not the same simulations in the same order.
    """
    labels = [simulation_labels(gram, paired=True) for gram in grams]
    if labels[0] != labels[1]:
        raise InputError(
            f"Its simulations, {', '.join(labels[0][:3])}, ..., are not those of the model's own domain, "
            f"{', '.join(labels[1][:3])}, ...: domains are paired by simulation, map after map."
        )
    shown, own = (_jackknife(gram, labels[0], estimation) for gram in grams)
    return Estimates.of(Jackknife(shown.value - own.value, shown.without - own.without))


def change_p_value(
    shown: Estimates, own: Estimates, number: str, *, permutations: int, seed: int, paired: bool
) -> float:
    """Return the p-value of the change of a number between two domains, by swapping the domains of simulations.

    Parameters
    ----------
    number
        One of `BLOCK_NUMBERS`.
    permutations, seed
        As in `repshift.statistics.domain_swap.domain_swap_test`.
    paired
        Whether the simulations of the one are those of the other, or their partners, in the same order.

    Notes
    -----
    Most measures would have to be made again for each half of the pooled simulations. What is swapped instead is what
    each simulation adds: its pseudo-value ``x + (G - 1) (<x_(g)> - x_(g))``, with x_(g) the number without the g-th of
    G simulations of its own domain. Their mean is the number and the error of that mean the jackknife's, so the test is
    the studentised one of the difference of two means. It is no exact test: a pseudo-value belongs to the domain it was
    made in. There is none, NaN, where simulations left out change a number by rounding alone, as CCA, which is 1 of any
    wide layers.
    """
    values = np.concatenate(
        [
            number_of(one.value, number) - (one.n_simulations - 1) * number_of(one.changes, number)
            for one in (shown, own)
        ]
    )
    sides = np.split(values, [shown.n_simulations])
    if min(np.ptp(side) for side in sides) <= _ROUNDING * np.abs(values).max():
        return np.nan
    places = np.arange(len(values))
    test = domain_swap_test(
        partial(_mean_and_error, values),
        of_halves=partial(_means_and_errors, values),
        simulations=places % shown.n_simulations if paired else places,
        out_of_distribution=places < shown.n_simulations,
        n_permutations=permutations,
        seed=seed,
    )
    return float(test.studentised.p_value[0])


def _jackknife(gram: xr.DataArray, labels: Sequence[str], estimation: Estimation) -> Jackknife:
    """Return all numbers over some maps, and without each simulation, to first order where the method says so."""
    index = simulation_of(labels)
    n = int(index.max()) + 1
    require_simulations(n)
    of_matrices = partial(folded, is_distance=estimation.is_distance)
    if estimation.influence is None:
        together = -(-n // min(n, estimation.most_left_out or n))

        def numbers(subsets: Sequence[Maps]) -> Array:
            return of_matrices(estimation.matrices(gram, subsets))

        return jackknife_at_once(numbers, simulations=index // together)
    matrix, by_map = estimation.influence(gram)
    members = (index == np.arange(n)[:, None]).astype(np.float64)
    without = matrix - np.tensordot(members, by_map, axes=1)
    return Jackknife(of_matrices(matrix), of_matrices(without))


def _mean_and_error(values: Array, some: Maps) -> tuple[Array, Array]:
    """Return the mean of some values, and its standard error, (1,) each."""
    mean, error = values[some].mean(), values[some].std(ddof=1) / np.sqrt(len(some))
    return np.array([mean]), np.array([error])


def _means_and_errors(values: Array, choices: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the same of many choices and of what each leaves, (2, choices, 1) each."""
    sides = np.stack([choices, ~choices]).astype(np.float64)
    n, shifted = sides.sum(-1), values - values.mean()
    mean = sides @ shifted / n
    variance = (sides @ np.square(shifted) - n * np.square(mean)) / (n - 1)
    return (mean + values.mean())[..., None], np.sqrt(np.maximum(variance, 0) / n)[..., None]

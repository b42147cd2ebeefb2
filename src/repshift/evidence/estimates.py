"""All numbers of a matrix of similarity, one after the other: estimated, without a simulation, resampled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.measures.measure import Influence
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.portions import Resources
from repshift.statistics.blocks import BLOCK_NUMBERS, summed_up
from repshift.statistics.domain_swap import domain_swap_test
from repshift.statistics.resampling import (
    Interval,
    Jackknife,
    StatisticOfSubsets,
    bias_covering_interval,
    bootstrap_weights,
    jackknife_at_once,
    percentile_interval,
    require_simulations,
    simulation_of,
)
from repshift.vocabulary import InputError

Array = npt.NDArray[np.float64]
Maps = npt.NDArray[np.int64]
Matrices = Callable[[xr.DataArray, Sequence[Maps]], Array]
"""What makes matrices of similarity (subsets, layers, layers) of Gram matrices and the positions of subsets of maps."""

WeightedMatrices = Callable[[xr.DataArray, Array, Resources], Array]
"""What makes matrices of similarity (resamples, layers, layers) of weights of the simulations."""

Method = Literal["bootstrap", "jackknife", "influence"]
"""What intervals are of: reweighted simulations; simulations left out; and these to first order, by derivatives."""

_ROUNDING: Final = 1e-9
"""Range of numbers, over the largest, that rounding explains."""

_NEAR_LINEAR: Final = ("similarity", "off_diagonal_mean")
"""Numbers that noise does not drive one way."""


@dataclass(frozen=True)
class Resampling:
    """How simulations are resampled.

    Attributes
    ----------
    resamples, seed
        How many, and what draws them; with none, intervals are of the jackknife.
    resources
        What their arithmetic may use.
    """

    resamples: int
    seed: int
    resources: Resources

    @property
    def beside(self) -> "Resampling":
        """The same of simulations that have nothing to do with these."""
        return replace(self, seed=self.seed + 1)


@dataclass(frozen=True)
class Estimation:
    """How the numbers of a measure are estimated.

    Attributes
    ----------
    matrices
        Makes matrices of subsets of the maps.
    method
        What intervals are of.
    influence
        Of Gram matrices: the matrix, and its derivative by the weight of each map; where the method is ``influence``.
    weighted
        Of Gram matrices and weights of the simulations (resamples, simulations): the matrices (resamples, layers,
        layers); where the method is ``bootstrap``.
    is_distance
        Whether the measure is 0 where layers are alike: its matrix then has no eigenvalues.
    most_left_out
        Simulations that are left out one by one at most: of more, groups of neighbours are, as many at most.
    """

    matrices: Matrices
    method: Method = "jackknife"
    influence: Influence | None = None
    weighted: WeightedMatrices | None = None
    is_distance: bool = False
    most_left_out: int | None = None


@dataclass(frozen=True)
class Estimates:
    """Numbers of a matrix of similarity one after the other: of distinct layers, eigenvalues, `BLOCK_NUMBERS`.

    Attributes
    ----------
    value, error
        (numbers,) each: the numbers, and their standard errors by the jackknife.
    plain
        Their intervals by the jackknife.
    changes
        (simulations, numbers): the numbers without each simulation, or group of them, less their mean.
    resamples
        (resamples, numbers), of the bootstrap alone.
    """

    value: Array
    error: Array
    plain: Interval
    changes: Array
    resamples: Array | None

    @property
    def n_simulations(self) -> int:
        """How many there are, or groups of them."""
        return len(self.changes)


def estimate(gram: xr.DataArray, estimation: Estimation, resampling: Resampling) -> Estimates:
    """Estimate all numbers over some maps; resampled only by the bootstrap."""
    labels = simulation_labels(gram)
    found = _jackknife(gram, labels, estimation)
    resampled = None
    if estimation.weighted is not None:
        how = {"n_resamples": resampling.resamples, "seed": resampling.seed}
        weights = bootstrap_weights(int(simulation_of(labels).max()) + 1, **how)
        resampled = np.concatenate(list(_resampled(gram, estimation, weights, resampling.resources)))
    return _estimates(found, resampled)


def independent_change(shown: Estimates, own: Estimates) -> Estimates:
    """Return the difference of two domains whose simulations have nothing to do with each other."""
    value, fewer = shown.value - own.value, min(shown, own, key=lambda one: one.n_simulations)
    reach = np.hypot(shown.plain.high - shown.value, own.plain.high - own.value)
    plain = Interval(value - reach, value + reach)
    return Estimates(value, np.hypot(shown.error, own.error), plain, fewer.changes, _difference(shown, own))


def paired_change(
    grams: tuple[xr.DataArray, xr.DataArray], estimation: Estimation, *, shown: Estimates, own: Estimates
) -> Estimates:
    """Return the difference of two domains of the same simulations, or of partners, which are drawn together.

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
    both = [_jackknife(gram, labels[0], estimation) for gram in grams]
    found = Jackknife(both[0].value - both[1].value, both[0].without - both[1].without)
    return _estimates(found, _difference(shown, own))


def change_p_value(
    shown: Estimates, own: Estimates, number: str, *, permutations: int, seed: int, paired: bool
) -> float:
    """Return the p-value of the change of a number between two domains, by swapping the domains of simulations.

    Parameters
    ----------
    number
        One of `BLOCK_NUMBERS`.
    permutations, seed, paired
        As in `repshift.statistics.domain_swap.domain_swap_test`, the simulations of both partners where paired.

    Notes
    -----
    The numbers of a half of pooled simulations would each take a forward pass over all pairs of layers. What is swapped
    instead is what each simulation adds: its pseudo-value ``x + (G - 1) (<x_(g)> - x_(g))``, with x_(g) the number
    without the g-th of G simulations of its own domain. Their mean is the number and the error of that mean the
    jackknife's, so the test is the studentised one of the difference of two means. It is no exact test: a pseudo-value
    belongs to the domain that it was made in. There is none, NaN, of numbers that differ by rounding alone, as of CCA,
    which is 1 whatever the layers where they are wide.
    """
    column = shown.value.size - len(BLOCK_NUMBERS) + BLOCK_NUMBERS.index(number)
    values = np.concatenate(
        [one.value[column] - (one.n_simulations - 1) * one.changes[:, column] for one in (shown, own)]
    )
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        return np.nan
    outside = np.arange(len(values)) < shown.n_simulations
    labels = np.arange(len(values)) % shown.n_simulations if paired else np.arange(len(values))
    test = domain_swap_test(
        partial(_mean_and_error, values),
        of_halves=partial(_means_and_errors, values),
        simulations=labels,
        out_of_distribution=outside,
        n_permutations=permutations,
        seed=seed,
    )
    return float(test.studentised.p_value[0])


def interval(shown: Estimates, n_layers: int) -> Interval:
    """Return the intervals of all numbers: of the resamples, or, without any, of the jackknife."""
    if shown.resamples is None:
        return shown.plain
    return _of_resamples(shown.value, shown.resamples, shown.n_simulations, n_layers)


def unfolded(numbers: Array, n_layers: int) -> dict[str, tuple[tuple[str, ...], Array, str]]:
    """Return numbers of `_folded` by name: dimensions, values, and what they are."""
    similarity = np.full((n_layers, n_layers), np.nan)
    rows, columns = np.triu_indices(n_layers, k=1)
    similarity[rows, columns] = similarity[columns, rows] = numbers[: len(rows)]
    spectrum = numbers[len(rows) : len(rows) + n_layers]
    of_block = dict(zip(BLOCK_NUMBERS, numbers[len(rows) + n_layers :], strict=True))
    return {
        "similarity": (("layer", "layer_other"), similarity, "measure of two distinct layers"),
        "eigenvalue": (("rank",), spectrum, "eigenvalue of the matrix of the measure, largest first"),
        **{name: ((), np.asarray(value), name.replace("_", " ")) for name, value in of_block.items()},
    }


def _estimates(found: Jackknife, resamples: Array | None) -> Estimates:
    changes = found.without - found.without.mean(0)
    return Estimates(found.value, found.standard_error, found.interval, changes, resamples)


def _jackknife(gram: xr.DataArray, labels: Sequence[str], estimation: Estimation) -> Jackknife:
    """Return all numbers over some maps, and without each simulation, to first order where the method says so."""
    if estimation.influence is None:
        index = simulation_of(labels)
        n = int(index.max()) + 1
        require_simulations(n)
        together = -(-n // min(n, estimation.most_left_out or n))
        return jackknife_at_once(_numbers(gram, estimation), simulations=index // together)
    matrix, by_map = estimation.influence(gram)
    index = simulation_of(labels)
    n = int(index.max()) + 1
    require_simulations(n)
    by_simulation = (index == np.arange(n)[:, None]).astype(np.float64) @ by_map.reshape(len(by_map), -1)
    without = matrix - by_simulation.reshape(n, *matrix.shape)
    folded = partial(_folded, is_distance=estimation.is_distance)
    return Jackknife(folded(matrix), folded(without))


def _numbers(gram: xr.DataArray, estimation: Estimation) -> StatisticOfSubsets:
    """Return the function of the positions of many subsets of maps that returns all numbers of these."""

    def numbers(subsets: Sequence[Maps]) -> Array:
        return _folded(estimation.matrices(gram, subsets), is_distance=estimation.is_distance)

    return numbers


def _difference(shown: Estimates, own: Estimates) -> Array | None:
    """Return the resamples of a difference, where there are any: in the place of the own domain's."""
    if shown.resamples is None or own.resamples is None:
        return None
    return np.subtract(shown.resamples, own.resamples, out=own.resamples)


def _resampled(gram: xr.DataArray, estimation: Estimation, weights: Array, resources: Resources) -> Iterator[Array]:
    """Yield the numbers of some resamples after the other."""
    if estimation.weighted is None:
        return
    n_layers = gram.sizes["layer"]
    half, what = resources.part(0.5), f"A resample of {n_layers} layers"
    for some in half.portions(len(weights), each=4 * n_layers**2, what=what):
        yield _folded(estimation.weighted(gram, weights[some], half), is_distance=estimation.is_distance)


def _folded(matrices: Array, *, is_distance: bool = False) -> Array:
    """Return the numbers of symmetric matrices (..., layers, layers) one after the other: see `Estimates`."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    values = matrices[..., rows, columns]
    if is_distance:
        none = np.full(matrices.shape[:-1], np.nan)
        return np.concatenate([values, none, summed_up(values, None)], axis=-1)
    spectrum = np.asarray(np.linalg.eigvalsh(matrices)[..., ::-1], dtype=np.float64)
    return np.concatenate([values, spectrum, summed_up(values, spectrum)], axis=-1)


def _of_resamples(value: Array, resamples: Array, n_simulations: int, n_layers: int) -> Interval:
    found, driven = percentile_interval(resamples, n_simulations=n_simulations), ~_is_near_linear(n_layers)
    moved = bias_covering_interval(value[driven], resamples[:, driven], n_simulations=n_simulations)
    found.low[driven], found.high[driven] = moved.low, moved.high
    return found


def _is_near_linear(n_layers: int) -> npt.NDArray[np.bool_]:
    """Return which numbers of `_folded` noise does not drive one way, (numbers,)."""
    n_pairs = n_layers * (n_layers - 1) // 2
    names = ["similarity"] * n_pairs + ["eigenvalue"] * n_layers + list(BLOCK_NUMBERS)
    return np.array([name in _NEAR_LINEAR for name in names])


def _mean_and_error(values: Array, some: npt.NDArray[np.int64]) -> tuple[Array, Array]:
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

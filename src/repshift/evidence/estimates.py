"""All numbers of a matrix of CKA, one after the other: estimated, without a simulation, resampled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.pairing import simulation_labels
from repshift.similarity.reweighting import weighted_cka_matrices
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers, eigenvalues
from repshift.statistics.resampling import (
    Interval,
    StatisticOfSubsets,
    bias_covering_interval,
    bootstrap_weights,
    jackknife_at_once,
    percentile_interval,
    simulation_of,
)
from repshift.vocabulary import InputError

Array = npt.NDArray[np.float64]
Maps = npt.NDArray[np.int64]
Matrices = Callable[[xr.DataArray, Sequence[Maps]], Array]
"""What makes matrices of CKA (subsets, layers, layers) of Gram matrices and the positions of many subsets of maps."""

_NEAR_LINEAR: Final = ("similarity", "off_diagonal_mean")
"""Numbers that noise does not drive one way."""

_RESAMPLES_AT_ONCE: Final = 1 << 23
"""Numbers of the matrices of resamples held at a time: 64 MiB."""


@dataclass(frozen=True)
class Estimates:
    """Numbers of a matrix of CKA one after the other: values above the diagonal, eigenvalues, `BLOCK_NUMBERS`.

    Attributes
    ----------
    value, error
        (numbers,) each: the numbers, and their standard errors by the jackknife.
    plain
        Their intervals by the jackknife.
    resamples
        (resamples, numbers), of debiased CKA alone.
    n_simulations
        How many there are.
    """

    value: Array
    error: Array
    plain: Interval
    resamples: Array | None
    n_simulations: int


def estimate(gram: xr.DataArray, matrices: Matrices, resamples: int, seed: int) -> Estimates:
    """Estimate all numbers over some maps; resampled only where there are to be any resamples."""
    numbers = _numbers(gram, matrices)
    labels = simulation_labels(gram)
    n = int(simulation_of(labels).max()) + 1
    found = jackknife_at_once(numbers, simulations=labels)
    weights = bootstrap_weights(n, n_resamples=resamples, seed=seed)
    resampled = np.concatenate(list(_resampled(gram, labels, weights))) if resamples else None
    return Estimates(found.value, found.standard_error, found.interval, resampled, n)


def independent_change(shown: Estimates, own: Estimates) -> Estimates:
    """Return the difference of two domains whose simulations have nothing to do with each other."""
    value, n = shown.value - own.value, min(shown.n_simulations, own.n_simulations)
    reach = np.hypot(shown.plain.high - shown.value, own.plain.high - own.value)
    plain = Interval(value - reach, value + reach)
    return Estimates(value, np.hypot(shown.error, own.error), plain, _difference(shown, own), n)


def paired_change(
    grams: tuple[xr.DataArray, xr.DataArray], matrices: Matrices, *, shown: Estimates, own: Estimates
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
    both = [_numbers(gram, matrices) for gram in grams]

    def change(subsets: Sequence[Maps]) -> Array:
        return both[0](subsets) - both[1](subsets)

    found = jackknife_at_once(change, simulations=labels[0])
    return Estimates(found.value, found.standard_error, found.interval, _difference(shown, own), shown.n_simulations)


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
        "similarity": (("layer", "layer_other"), similarity, "CKA of two distinct layers"),
        "eigenvalue": (("rank",), spectrum, "eigenvalue of the matrix of CKA, largest first"),
        **{name: ((), np.asarray(value), name.replace("_", " ")) for name, value in of_block.items()},
    }


def _numbers(gram: xr.DataArray, matrices: Matrices) -> StatisticOfSubsets:
    """Return the function of the positions of many subsets of maps that returns all numbers of these."""

    def numbers(subsets: Sequence[Maps]) -> Array:
        return _folded(matrices(gram, subsets))

    return numbers


def _difference(shown: Estimates, own: Estimates) -> Array | None:
    """Return the resamples of a difference, where there are any."""
    return None if shown.resamples is None or own.resamples is None else shown.resamples - own.resamples


def _resampled(gram: xr.DataArray, labels: list[str], weights: Array) -> Iterator[Array]:
    """Yield the numbers of debiased CKA of some resamples after the other."""
    step = max(1, _RESAMPLES_AT_ONCE // gram.sizes["layer"] ** 2)
    for start in range(0, len(weights), step):
        yield _folded(weighted_cka_matrices(gram, weights[start : start + step], simulations=labels))


def _folded(matrices: Array) -> Array:
    """Return the numbers of matrices (..., layers, layers) one after the other: see `Estimated`."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    spectrum = eigenvalues(matrices)
    numbers = (matrices[..., rows, columns], spectrum, block_numbers(matrices, spectrum=spectrum))
    return np.concatenate(numbers, axis=-1)


def _of_resamples(value: Array, resamples: Array, n_simulations: int, n_layers: int) -> Interval:
    plain = percentile_interval(resamples, n_simulations=n_simulations)
    moved = bias_covering_interval(value, resamples, n_simulations=n_simulations)
    near_linear = _is_near_linear(n_layers)
    return Interval(np.where(near_linear, plain.low, moved.low), np.where(near_linear, plain.high, moved.high))


def _is_near_linear(n_layers: int) -> npt.NDArray[np.bool_]:
    """Return which numbers of `_folded` noise does not drive one way, (numbers,)."""
    n_pairs = n_layers * (n_layers - 1) // 2
    names = ["similarity"] * n_pairs + ["eigenvalue"] * n_layers + list(BLOCK_NUMBERS)
    return np.array([name in _NEAR_LINEAR for name in names])

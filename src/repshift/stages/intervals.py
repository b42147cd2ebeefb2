"""Stage intervals: how far the numbers of a case would be from these with other simulations. Rule ``intervals``.

Output: ``{model}/{domain}.nc``, along ``measure`` (``cka_debiased``, ``cka_biased``, ``cka_minibatch``):
``similarity`` (layer, layer_other), ``eigenvalue`` (rank), and the numbers of the matrix; of each ``{number}_low`` and
``{number}_high``, the ends of a 95 % interval, and ``{number}_error``, its standard error by the jackknife. Out of
distribution also ``{number}_change``: what it is more than over the maps of the model's own domain, with its ends.

Debiased values are of pairs of maps of different simulations, their intervals of the bootstrap by simulation. A biased
CKA of resampled simulations has another bias than one of as many different ones, and a simulation drawn twice would
meet itself in a mini-batch: their intervals are of the jackknife. There are none of mini-batches that a simulation
less would leave with fewer than four maps.
"""

import argparse
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix, minibatch_cka_matrix
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.reweighting import weighted_cka_matrices
from repshift.stages.arguments import at_least
from repshift.stages.stored import Stored, read_grams, simulation_labels
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers, eigenvalues
from repshift.statistics.resampling import (
    LEVEL,
    Interval,
    Jackknife,
    Statistic,
    bias_covering_interval,
    bootstrap_weights,
    jackknife,
    percentile_interval,
    simulation_of,
)
from repshift.statistics.selection import shuffled_batches
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]
Maps = npt.NDArray[np.int64]
Matrix = Callable[[xr.DataArray, Maps], Array]
"""What makes a matrix of CKA (layers, layers) of Gram matrices and the positions of some of their maps."""

_NEAR_LINEAR: Final = ("similarity", "off_diagonal_mean")
"""Numbers that noise does not drive one way."""

_RESAMPLES_AT_ONCE: Final = 1 << 23
"""Numbers of the matrices of resamples held at a time: 64 MiB."""


@dataclass(frozen=True)
class Estimated:
    """Numbers of a matrix of CKA one after the other: values above the diagonal, eigenvalues, `BLOCK_NUMBERS`.

    Attributes
    ----------
    value
        (numbers,).
    jackknife
        Of these.
    resamples
        (resamples, numbers), of debiased CKA alone.
    n_simulations
        How many there are.
    """

    value: Array
    jackknife: Jackknife
    resamples: Array | None
    n_simulations: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="of the simulations")
    parser.add_argument("--seed", type=at_least(0), required=True, help="draws them")
    parser.add_argument("--paired", action="store_true", help="both domains show the same simulations, or partners")
    parser.add_argument(
        "--batch-size", type=at_least(1), required=True, help="maps of a mini-batch, as of the stage cka"
    )
    parser.add_argument("--batch-seed", type=at_least(0), required=True, help="shuffles them, as in the stage cka")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    resamples: int,
    seed: int,
    batch_size: int,
    batch_seed: int,
    paired: bool = False,
    output: Path,
) -> None:
    """Estimate all numbers of a case, and write them with their intervals."""
    stored = read_grams(grams)
    try:
        parts = {
            measure: _variables(stored, numbers, resamples if measure == "cka_debiased" else 0, seed, paired=paired)
            for measure, numbers in _measures(stored, batch_size, batch_seed).items()
        }
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    layers = [str(name) for name in stored.shown["layer"].values]
    dataset = xr.concat(parts.values(), dim="measure").assign_coords(
        measure=list(parts), layer=layers, layer_other=layers
    )
    dataset.attrs = {**stored.attributes, "resamples": resamples, "seed": seed, "level": LEVEL}
    dataset.attrs |= {"batch_size": batch_size, "batch_seed": batch_seed, "paired": str(paired).lower()}
    write_dataset(dataset, output)
    logger.info("%s: %d layers, %d resamples", output, len(layers), resamples)


def _measures(stored: Stored, batch_size: int, batch_seed: int) -> dict[str, Matrix]:
    """Return what makes a matrix of CKA of Gram matrices, by measure."""
    found: dict[str, Matrix] = {"cka_debiased": _debiased, "cka_biased": _biased}
    most = max(np.unique(simulation_labels(stored.pooled), return_counts=True)[1])
    if batch_size - most >= FEWEST_MAPS["debiased"]:
        found["cka_minibatch"] = partial(_minibatch, n_maps=stored.shown.sizes["map"], size=batch_size, seed=batch_seed)
    return found


def _debiased(gram: xr.DataArray, maps: Maps) -> Array:
    part = gram.isel(map=maps, map_other=maps)
    return between_cka_matrix(part, simulations=simulation_labels(part))


def _biased(gram: xr.DataArray, maps: Maps) -> Array:
    return cka_matrix(gram.isel(map=maps, map_other=maps).to_numpy(), estimator="biased")


def _minibatch(gram: xr.DataArray, maps: Maps, *, n_maps: int, size: int, seed: int) -> Array:
    """Return mini-batch CKA of some maps, in the batches of all."""
    values, kept = gram.to_numpy(), np.isin(np.arange(n_maps), maps)
    batches = (batch[kept[batch]] for batch in shuffled_batches(n_maps, batch_size=size, seed=seed))
    return minibatch_cka_matrix(values[:, batch[:, None], batch] for batch in batches)


def _variables(stored: Stored, matrix: Matrix, resamples: int, seed: int, *, paired: bool) -> xr.Dataset:
    """Return all variables of one measure; with no resamples, their intervals are of the jackknife."""
    n_layers = stored.shown.sizes["layer"]
    shown = _estimate(_numbers(stored.shown, matrix), stored.shown, resamples, seed)
    found = {"": shown.value, "_error": shown.jackknife.standard_error}
    found |= _ends("", _interval(shown, n_layers))
    if stored.own is not None:
        own = _estimate(_numbers(stored.own, matrix), stored.own, resamples, seed if paired else seed + 1)
        found |= {"_change": shown.value - own.value}
        change = _paired_change(stored, matrix, shown, own) if paired else _independent_change(shown, own)
        found |= _ends("_change", _interval(change, n_layers))
    return xr.Dataset(
        {
            f"{name}{suffix}": (dimensions, values, {"units": "1", "long_name": f"{long_name}{_SUFFIXES[suffix]}"})
            for suffix, numbers in found.items()
            for name, (dimensions, values, long_name) in _unfolded(numbers, n_layers).items()
        }
    )


_SUFFIXES: Final = {
    "": "",
    "_error": ", standard error by the jackknife",
    "_low": ", lower end of its interval",
    "_high": ", upper end of its interval",
    "_change": ", here less on the model's own domain",
    "_change_low": ", here less on the model's own domain, lower end of its interval",
    "_change_high": ", here less on the model's own domain, upper end of its interval",
}


def _ends(prefix: str, interval: Interval) -> dict[str, Array]:
    return {f"{prefix}_low": interval.low, f"{prefix}_high": interval.high}


def _numbers(gram: xr.DataArray, matrix: Matrix) -> Statistic:
    """Return the function of positions of maps that returns all numbers of these."""

    def numbers(maps: Maps) -> Array:
        return _folded(matrix(gram, maps))

    return numbers


def _estimate(numbers: Statistic, gram: xr.DataArray, resamples: int, seed: int) -> Estimated:
    """Estimate all numbers over some maps."""
    labels = simulation_labels(gram)
    n = int(simulation_of(labels).max()) + 1
    estimated = jackknife(numbers, simulations=labels)
    weights = bootstrap_weights(n, n_resamples=resamples, seed=seed)
    resampled = np.concatenate(list(_resampled(gram, labels, weights))) if resamples else None
    return Estimated(numbers(np.arange(len(labels))), estimated, resampled, n)


def _independent_change(shown: Estimated, own: Estimated) -> Estimated:
    """Return the difference of two domains whose simulations have nothing to do with each other."""
    value, n = shown.value - own.value, min(shown.n_simulations, own.n_simulations)
    one, other = shown.jackknife, own.jackknife
    reach = np.hypot(one.interval.high - shown.value, other.interval.high - own.value)
    error = np.hypot(one.standard_error, other.standard_error)
    without = Jackknife(error, one.bias - other.bias, Interval(value - reach, value + reach))
    return Estimated(value, without, _difference(shown, own), n)


def _paired_change(stored: Stored, matrix: Matrix, shown: Estimated, own: Estimated) -> Estimated:
    """Return the difference of two domains of the same simulations, or of partners, which are drawn together.

    Raises
    ------
    InputError
        If they are not the same simulations in the same order.
    """
    assert stored.own is not None
    labels = [simulation_labels(gram, paired=True) for gram in (stored.shown, stored.own)]
    if labels[0] != labels[1]:
        raise InputError(
            f"Its simulations, {', '.join(labels[0][:3])}, ..., are not those of the model's own domain, "
            f"{', '.join(labels[1][:3])}, ...: domains are paired by simulation, map after map."
        )
    both = [_numbers(gram, matrix) for gram in (stored.shown, stored.own)]

    def change(maps: Maps) -> Array:
        return both[0](maps) - both[1](maps)

    without = jackknife(change, simulations=labels[0])
    return Estimated(shown.value - own.value, without, _difference(shown, own), shown.n_simulations)


def _difference(shown: Estimated, own: Estimated) -> Array | None:
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
    return np.concatenate([matrices[..., rows, columns], eigenvalues(matrices), block_numbers(matrices)], axis=-1)


def _unfolded(numbers: Array, n_layers: int) -> dict[str, tuple[tuple[str, ...], Array, str]]:
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


def _is_near_linear(n_layers: int) -> npt.NDArray[np.bool_]:
    """Return which numbers of `_folded` noise does not drive one way, (numbers,)."""
    n_pairs = n_layers * (n_layers - 1) // 2
    names = ["similarity"] * n_pairs + ["eigenvalue"] * n_layers + list(BLOCK_NUMBERS)
    return np.array([name in _NEAR_LINEAR for name in names])


def _interval(shown: Estimated, n_layers: int) -> Interval:
    if shown.resamples is None:
        return shown.jackknife.interval
    return _of_resamples(shown.value, shown.resamples, shown.n_simulations, n_layers)


def _of_resamples(value: Array, resamples: Array, n_simulations: int, n_layers: int) -> Interval:
    plain = percentile_interval(resamples, n_simulations=n_simulations)
    moved = bias_covering_interval(value, resamples, n_simulations=n_simulations)
    near_linear = _is_near_linear(n_layers)
    return Interval(np.where(near_linear, plain.low, moved.low), np.where(near_linear, plain.high, moved.high))

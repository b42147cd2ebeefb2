"""Stage intervals: how far the numbers of a case would be from these with other simulations. Rule ``intervals``.

Output: ``{model}/{domain}.nc``, along ``measure`` (``cka_debiased``, ``cka_biased``): ``similarity`` (layer,
layer_other), ``eigenvalue`` (rank), and the numbers of the matrix; of each ``{number}_low`` and ``{number}_high``, the
ends of a 95 % interval, and ``{number}_error``, its standard error by the jackknife. Out of distribution also
``{number}_change``: what it is more than over the maps of the model's own domain, with its ends.

Debiased values are of pairs of maps of different simulations, their intervals of the bootstrap by simulation. A biased
CKA of resampled simulations has another bias than one of as many different ones: its intervals are of the jackknife.
"""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.similarity.reweighting import weighted_cka_matrices
from repshift.stages.arguments import at_least
from repshift.stages.stored import Stored, read_grams, simulation_labels
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers, eigenvalues
from repshift.statistics.resampling import (
    LEVEL,
    Interval,
    Jackknife,
    bias_covering_interval,
    bootstrap_weights,
    jackknife,
    percentile_interval,
    simulation_of,
)
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

MEASURES: Final = ("cka_debiased", "cka_biased")

_NEAR_LINEAR: Final = ("similarity", "off_diagonal_mean")
"""Numbers that noise does not drive one way."""

_RESAMPLES_AT_ONCE: Final = 1 << 23
"""Numbers of the matrices of resamples held at a time: 64 MiB."""


@dataclass(frozen=True)
class Estimated:
    """Numbers of a matrix of CKA one after the other: values above the diagonal, eigenvalues, `BLOCK_NUMBERS`.

    Attributes
    ----------
    jackknife
        Of these, (numbers,).
    resamples
        (resamples, numbers), of debiased CKA alone.
    """

    jackknife: Jackknife
    resamples: Array | None

    @property
    def value(self) -> Array:
        """The numbers, (numbers,)."""
        return self.jackknife.value

    @property
    def n_simulations(self) -> int:
        """Return how many simulations there are."""
        return len(self.jackknife.without)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="of the simulations")
    parser.add_argument("--seed", type=at_least(0), required=True, help="draws them")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, grams: Path, resamples: int, seed: int, output: Path) -> None:
    """Estimate all numbers of a case, and write them with their intervals."""
    stored = read_grams(grams)
    try:
        parts = {measure: _variables(stored, measure, resamples, seed) for measure in MEASURES}
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    layers = [str(name) for name in stored.shown["layer"].values]
    dataset = xr.concat(parts.values(), dim="measure").assign_coords(
        measure=list(MEASURES), layer=layers, layer_other=layers
    )
    dataset.attrs = {**stored.attributes, "resamples": resamples, "seed": seed, "level": LEVEL}
    write_dataset(dataset, output)
    logger.info("%s: %d layers, %d resamples", output, len(layers), resamples)


def _variables(stored: Stored, measure: str, resamples: int, seed: int) -> xr.Dataset:
    """Return all variables of one measure."""
    shown = _estimate(stored.shown, measure, resamples, seed)
    n_layers = stored.shown.sizes["layer"]
    found = {"": shown.value, "_error": shown.jackknife.standard_error}
    found |= _ends("", _interval(shown, n_layers))
    if stored.own is not None:
        own = _estimate(stored.own, measure, resamples, seed + 1)
        found |= {"_change": shown.value - own.value}
        found |= _ends("_change", _interval_of_change(shown, own, n_layers))
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


def _estimate(gram: xr.DataArray, measure: str, resamples: int, seed: int) -> Estimated:
    """Estimate all numbers over some maps."""
    labels = simulation_labels(gram)

    def numbers(maps: npt.NDArray[np.int64]) -> Array:
        part = gram.isel(map=maps, map_other=maps)
        if measure == "cka_biased":
            return _folded(cka_matrix(part.to_numpy(), estimator="biased"))
        return _folded(between_cka_matrix(part, simulations=[labels[number] for number in maps]))

    n = int(simulation_of(labels).max()) + 1
    resampled = _resampled(gram, labels, bootstrap_weights(n, n_resamples=resamples, seed=seed))
    return Estimated(
        jackknife(numbers, simulations=labels),
        np.concatenate(list(resampled)) if measure == "cka_debiased" else None,
    )


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


def _interval_of_change(shown: Estimated, own: Estimated, n_layers: int) -> Interval:
    """Return intervals of the difference of two domains, whose simulations are drawn each for itself."""
    change, n = shown.value - own.value, min(shown.n_simulations, own.n_simulations)
    if shown.resamples is None or own.resamples is None:
        one, other = shown.jackknife.interval, own.jackknife.interval
        reach = np.hypot(one.high - shown.value, other.high - own.value)
        return Interval(change - reach, change + reach)
    return _of_resamples(change, shown.resamples - own.resamples, n, n_layers)


def _of_resamples(value: Array, resamples: Array, n_simulations: int, n_layers: int) -> Interval:
    plain = percentile_interval(resamples, n_simulations=n_simulations)
    moved = bias_covering_interval(value, resamples, n_simulations=n_simulations)
    near_linear = _is_near_linear(n_layers)
    return Interval(np.where(near_linear, plain.low, moved.low), np.where(near_linear, plain.high, moved.high))

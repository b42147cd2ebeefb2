"""Stage intervals: 95 % bootstrap intervals of the numbers of a case, by simulation. Rules ``statistics_{model}_{n}``.

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
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from repshift.case.grams import CaseGrams, read_grams
from repshift.cli.arguments import at_least
from repshift.evidence.estimates import (
    Array,
    Maps,
    Matrices,
    estimate,
    independent_change,
    interval,
    paired_change,
    unfolded,
)
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.subsets import subset_cka_matrices, subset_minibatch_matrices
from repshift.statistics.resampling import LEVEL, Interval
from repshift.statistics.selection import shuffled_batches
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import Estimator, InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the resamples")
    parser.add_argument("--paired", action="store_true", help="both domains show the same simulations, or partners")
    parser.add_argument(
        "--batch-size", type=at_least(1), required=True, help="number of maps of a mini-batch, as in the stage cka"
    )
    parser.add_argument(
        "--batch-seed",
        type=at_least(0),
        required=True,
        help="random seed: shuffles the maps into batches, as in the stage cka",
    )
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


def _measures(stored: CaseGrams, batch_size: int, batch_seed: int) -> dict[str, Matrices]:
    """Return what makes matrices of CKA of Gram matrices, by measure."""
    found: dict[str, Matrices] = {
        "cka_debiased": partial(_of_subsets, estimator="debiased"),
        "cka_biased": partial(_of_subsets, estimator="biased"),
    }
    most = max(np.unique(simulation_labels(stored.pooled), return_counts=True)[1])
    if batch_size - most >= FEWEST_MAPS["debiased"]:
        found["cka_minibatch"] = partial(_minibatch, size=batch_size, seed=batch_seed)
    return found


def _of_subsets(gram: xr.DataArray, subsets: Sequence[Maps], *, estimator: Estimator) -> Array:
    return subset_cka_matrices(gram, subsets, simulations=simulation_labels(gram), estimator=estimator)


def _minibatch(gram: xr.DataArray, subsets: Sequence[Maps], *, size: int, seed: int) -> Array:
    """Return mini-batch CKA of subsets of the maps, in the batches of all."""
    batches = shuffled_batches(gram.sizes["map"], batch_size=size, seed=seed)
    return subset_minibatch_matrices(gram.to_numpy(), subsets, batches=batches)


def _variables(stored: CaseGrams, matrices: Matrices, resamples: int, seed: int, *, paired: bool) -> xr.Dataset:
    """Return all variables of one measure; with no resamples, their intervals are of the jackknife."""
    n_layers = stored.shown.sizes["layer"]
    shown = estimate(stored.shown, matrices, resamples, seed)
    found = {"": shown.value, "_error": shown.error}
    found |= _ends("", interval(shown, n_layers))
    if stored.own is not None:
        own = estimate(stored.own, matrices, resamples, seed if paired else seed + 1)
        found |= {"_change": shown.value - own.value}
        if paired:
            change = paired_change((stored.shown, stored.own), matrices, shown=shown, own=own)
        else:
            change = independent_change(shown, own)
        found |= _ends("_change", interval(change, n_layers))
    return xr.Dataset(
        {
            f"{name}{suffix}": (dimensions, values, {"units": "1", "long_name": f"{long_name}{_SUFFIXES[suffix]}"})
            for suffix, numbers in found.items()
            for name, (dimensions, values, long_name) in unfolded(numbers, n_layers).items()
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

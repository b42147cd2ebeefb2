"""Stage intervals: 95 % intervals of the numbers of a case, by simulation. Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc``, along ``measure`` (``cka_debiased``, ``cka_biased``, ``cka_minibatch``, then every name
after ``--measures``): ``similarity`` (layer, layer_other), ``eigenvalue`` (rank), and the numbers of the matrix; of
each ``{number}_low`` and ``{number}_high``, the ends of a 95 % interval, and ``{number}_error``, its standard error by
the jackknife. Out of distribution also ``{number}_change``: what it is more than over the maps of the model's own
domain, with its ends, and ``off_diagonal_mean_change_p_value``, of simulations that are swapped between the domains.
``interval_by`` says what the ends are of, ``interval_trusted`` whether such ends are to be trusted.

Debiased values are of pairs of maps of different simulations, their intervals of the bootstrap by simulation; the stage
permutation_tests tests their change. So are those of RSA, where a map that was drawn twice is no pair with itself. A
biased CKA of resampled simulations has another bias than one of as many different ones, and a simulation drawn twice
would meet itself in a mini-batch and be its own neighbour: their intervals are of the jackknife; of Procrustes they are
of derivatives. Of more than 50 simulations groups are left out of what is made again each time. There are none of mini-
batches that a simulation less would leave with fewer than four maps.
"""

import argparse
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.grams import read_grams
from repshift.cli.arguments import at_least
from repshift.cli.measures import add_measures
from repshift.cli.resources import add_resources
from repshift.evidence.estimates import Estimation, Maps, Method
from repshift.evidence.intervals import ESTIMATORS, ResampledNumbers, Resampling, cka_estimation, resampled_numbers
from repshift.evidence.numbers import Array, unfolded
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.measures import OPTIONS, measure_of, similarity_matrix
from repshift.similarity.measures.measure import Measure, Weighted
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.portions import Resources
from repshift.similarity.subsets import subset_minibatch_matrices
from repshift.statistics.resampling import LEVEL, simulation_of
from repshift.statistics.selection import shuffled_batches
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

TESTED_EXACTLY: Final = "cka_debiased"
"""The measure whose change has an exact test, in the stage permutation_tests."""

_MOST_LEFT_OUT: Final = 50
"""Simulations, or groups of them, left out one after the other of measures that are made again each time."""

_TESTED: Final = "off_diagonal_mean"
"""The number whose change has a p-value."""


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
    add_measures(parser)
    add_resources(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    resamples: int,
    seed: int,
    batch_size: int,
    batch_seed: int,
    paired: bool = False,
    measures: Sequence[str] = (),
    memory: float = Resources.memory,
    device: str = "cpu",
    output: Path,
    **options: float,
) -> None:
    """Estimate all numbers of a case, and write them with their intervals.

    `options` are what measures depend on, by the names of `OPTIONS`.
    """
    stored = read_grams(grams)
    case = Resampling(stored.shown, stored.own, resamples, seed, paired, Resources(memory, device))
    try:
        estimations = _of_cka(stored.pooled, batch_size, batch_seed, case.resources)
        estimations |= {name: estimation_of(measure_of(name), options) for name in measures if name not in estimations}
        parts = {name: _variables(case, measure_of(name), one) for name, one in estimations.items()}
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    layers = [str(name) for name in stored.shown["layer"].values]
    dataset = xr.concat(parts.values(), dim="measure").assign_coords(
        measure=list(parts), layer=layers, layer_other=layers
    )
    dataset.attrs = {**stored.attributes, "resamples": resamples, "seed": seed, "level": LEVEL}
    dataset.attrs |= {"batch_size": batch_size, "batch_seed": batch_seed, "paired": str(paired).lower()}
    dataset.attrs |= {name: value for name, value in options.items() if measures}
    write_dataset(dataset, output)
    logger.info("%s: %d layers, %d measures, %d resamples", output, len(layers), len(parts), resamples)


def _of_cka(pooled: xr.DataArray, batch_size: int, batch_seed: int, resources: Resources) -> dict[str, Estimation]:
    """Return how CKA is estimated, by measure."""
    found = {f"cka_{estimator}": cka_estimation(estimator, resources) for estimator in ESTIMATORS}
    most = max(np.unique(simulation_labels(pooled), return_counts=True)[1])
    if batch_size - most >= FEWEST_MAPS["debiased"]:
        minibatch = partial(of_minibatches, size=batch_size, seed=batch_seed, resources=resources)
        found["cka_minibatch"] = Estimation(minibatch)
    return found


def estimation_of(measure: Measure, options: dict[str, float]) -> Estimation:
    """Return how a measure of whole Gram matrices is estimated, with options of it by name."""
    chosen = measure.chosen({name: option.default for name, option in OPTIONS.items()} | options)
    matrices = partial(_of_measure, measure=measure.name, options=chosen)
    if measure.weighted is not None:
        weighted = partial(_weighted, measure.weighted)
        return Estimation(matrices, weighted=weighted, most_left_out=_MOST_LEFT_OUT)
    if measure.influence is not None:
        return Estimation(matrices, influence=measure.influence, is_distance=measure.is_distance)
    return Estimation(matrices, is_distance=measure.is_distance, most_left_out=_MOST_LEFT_OUT)


def _weighted(of_maps: Weighted, gram: xr.DataArray, weights: Array, resources: Resources) -> Array:
    """Return a measure of maps that are drawn as often as their simulations."""
    return of_maps(gram, weights[:, simulation_of(simulation_labels(gram))], resources=resources)


def of_minibatches(gram: xr.DataArray, subsets: Sequence[Maps], *, size: int, seed: int, resources: Resources) -> Array:
    """Return mini-batch CKA of subsets of the maps, in the batches of all."""
    batches = shuffled_batches(gram.sizes["map"], batch_size=size, seed=seed)
    return subset_minibatch_matrices(gram, subsets, batches=batches, resources=resources)


def _of_measure(gram: xr.DataArray, subsets: Sequence[Maps], *, measure: str, options: dict[str, Any]) -> Array:
    parts = (gram.isel(map=maps, map_other=maps) for maps in subsets)
    return np.stack([similarity_matrix(part, measure=measure, **options) for part in parts])


def _variables(case: Resampling, measure: Measure, estimation: Estimation) -> xr.Dataset:
    """Return all variables of one measure."""
    found = resampled_numbers(case, estimation)
    variables: dict[str, Any] = {
        f"{name}{suffix}": (dimensions, values, {"units": measure.units, "long_name": f"{words}{_SUFFIXES[suffix]}"})
        for suffix, numbers in found.numbers.items()
        for name, (dimensions, values, words) in unfolded(numbers, case.shown.sizes["layer"]).items()
    }
    return xr.Dataset({**variables, **_p_value(case, measure.name, found), **_about(measure, found.method)})


def _p_value(case: Resampling, name: str, found: ResampledNumbers) -> dict[str, Any]:
    """Return the p-value of a change; none where the stage permutation_tests has an exact one."""
    if found.own is None:
        return {}
    exact = name == TESTED_EXACTLY
    value = np.nan if exact else found.p_value(_TESTED, case, depends_on_number=measure_of(name).depends_on_number)
    words = "two-sided p-value of the change, simulations swapped between the domains by their pseudo-values"
    return {f"{_TESTED}_change_p_value": ((), np.float64(value), {"units": "1", "long_name": words})}


def _about(measure: Measure, method: Method) -> dict[str, Any]:
    """Return what the intervals are of, and whether they are to be trusted."""
    by = {"units": "1", "long_name": "what intervals are of"}
    trusted = {"units": "1", "long_name": "1 where such intervals held the truth, and were no wider than that takes"}
    return {
        "interval_by": ((), np.array(method, dtype=object), by),
        "interval_trusted": ((), np.int8(measure.interval_trusted), trusted),
    }


_SUFFIXES: Final = {
    "": "",
    "_error": ", standard error by the jackknife",
    "_low": ", lower end of its interval",
    "_high": ", upper end of its interval",
    "_change": ", here less on the model's own domain",
    "_change_low": ", here less on the model's own domain, lower end of its interval",
    "_change_high": ", here less on the model's own domain, upper end of its interval",
}

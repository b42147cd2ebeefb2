"""Stage permutation_tests: permutation tests, of two domains and of independent layers.

Rules ``statistics_{model}_{n}``.

Output: ``{model}/{domain}.nc``. Along ``measure`` (``cka_debiased``, ``cka_biased``) and of every pair of layers, with
the simulations of one layer in another order: ``independence_p_value``, ``independence_mean`` (of the null), and
``calibrated``, CKA corrected for it, all (measure, layer, layer_other).
Out of distribution also, with the domains of whole simulations swapped, along ``number`` (``off_diagonal_mean``,
``leading_share``, both debiased): ``difference`` (out less in), ``difference_null`` (permutation, number),
``difference_p_value``, and the same of ``studentised``, the difference over its standard error.
"""

import argparse
import logging
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from repshift.case.grams import CaseGrams, read_grams
from repshift.cli.arguments import at_least
from repshift.cli.resources import add_resources
from repshift.evidence.permutation_tests import NUMBERS, block_swap_test
from repshift.similarity.independence import permuted_cka_blocks
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.portions import Resources
from repshift.statistics.domain_swap import n_assignments
from repshift.statistics.permutation import PermutationTest, PermutedNumbers, calibrated_scores, permuted_orders
from repshift.statistics.resampling import require_simulations
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import Estimator, InputError

logger = logging.getLogger(__name__)

_ESTIMATORS: Final[tuple[Estimator, ...]] = ("debiased", "biased")

_LONG_NAMES: Final = {
    "independence_p_value": "share of permuted simulations with at least this CKA",
    "independence_mean": "mean CKA of permuted simulations",
    "calibrated": "CKA corrected for chance: (CKA - mean) / (1 - mean)",
    "difference": "out of distribution less in distribution",
    "studentised": "out of distribution less in distribution, over its standard error",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True, help=".nc of Gram matrices")
    parser.add_argument("--permutations", type=at_least(39), required=True, help="number of permutations")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the permutations")
    parser.add_argument("--paired", action="store_true", help="both domains show the same simulations, or partners")
    add_resources(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    grams: Path,
    permutations: int,
    seed: int,
    paired: bool = False,
    memory: float = Resources.memory,
    device: str = "cpu",
    output: Path,
) -> None:
    """Permute the simulations of a case and, out of distribution, swap their domains."""
    stored, resources = read_grams(grams), Resources(memory, device)
    try:
        require_simulations(len(set(simulation_labels(stored.shown))))
        variables = _independence(stored, permutations, seed, resources)
        variables |= _swap(stored, permutations, seed, resources, paired=paired)
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    layers = [str(name) for name in stored.shown["layer"].values]
    coords: dict[str, Any] = {"measure": [f"cka_{name}" for name in _ESTIMATORS], "layer": layers}
    coords |= {"layer_other": layers, "number": list(NUMBERS)}
    attributes = {**stored.attributes, "permutations": permutations, "seed": seed, "paired": str(paired).lower()}
    write_dataset(xr.Dataset(variables, coords, attributes), output)
    logger.info("%s: %d layers, %d permutations", output, len(layers), permutations)


def _independence(stored: CaseGrams, permutations: int, seed: int, resources: Resources) -> dict[str, Any]:
    """Return what CKA of every pair of layers is beside that of permuted simulations."""
    labels = simulation_labels(stored.shown)
    n = len(set(labels))
    orders = np.concatenate([np.arange(n)[None], permuted_orders(n, n_permutations=permutations, seed=seed)])
    blocks = permuted_cka_blocks(stored.shown, orders, simulations=labels, resources=resources)
    first = next(blocks)
    nulls = {name: PermutedNumbers(first[name][0].copy()) for name in _ESTIMATORS}
    for block in chain([{name: matrices[1:] for name, matrices in first.items()}], blocks):
        for name, null in nulls.items():
            null.add(block[name])
    found = {
        "independence_p_value": [null.p_value for null in nulls.values()],
        "independence_mean": [null.mean for null in nulls.values()],
        "calibrated": [calibrated_scores(null.observed, null.mean) for null in nulls.values()],
    }
    return {
        name: (("measure", "layer", "layer_other"), np.stack(values), {"units": "1", "long_name": _LONG_NAMES[name]})
        for name, values in found.items()
    }


def _swap(stored: CaseGrams, permutations: int, seed: int, resources: Resources, *, paired: bool) -> dict[str, Any]:
    """Return the test of the difference of two domains; nothing in distribution."""
    if stored.own is None:
        return {}
    pooled, labels = stored.pooled, np.array(simulation_labels(stored.pooled, paired=paired))
    outside = pooled["domain"].to_numpy() == stored.attributes["domain"]
    distinct = n_assignments(labels, outside)
    if distinct <= permutations:
        logger.info("%s: all %d other assignments of the simulations, each once", stored.who, distinct)
    how: dict[str, Any] = {"n_permutations": permutations, "seed": seed, "resources": resources}
    test = block_swap_test(pooled.to_numpy(), simulations=labels, out_of_distribution=outside, **how)
    return _of_test("difference", test.difference) | _of_test("studentised", test.studentised)


def _of_test(name: str, test: PermutationTest) -> dict[str, Any]:
    """Return the variables of a test."""
    about = _LONG_NAMES[name]
    return {
        name: ("number", test.observed, {"units": "1", "long_name": about}),
        f"{name}_null": (
            ("permutation", "number"),
            test.null,
            {"units": "1", "long_name": f"{about}, domains of simulations swapped"},
        ),
        f"{name}_p_value": ("number", test.p_value, {"units": "1", "long_name": f"two-sided p-value of: {about}"}),
    }

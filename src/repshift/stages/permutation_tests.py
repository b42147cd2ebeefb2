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
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.grams import CaseGrams, read_grams
from repshift.cli.arguments import at_least
from repshift.similarity.choices import choice_influence
from repshift.similarity.independence import permuted_cka_matrices
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.reweighting import between_cka_influence
from repshift.statistics.blocks import mean_and_share, mean_and_share_directions
from repshift.statistics.domain_swap import StatisticWithError, domain_swap_test
from repshift.statistics.permutation import PermutationTest, calibrated_scores, p_values, permuted_orders
from repshift.statistics.resampling import require_simulations
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import Estimator, InputError

logger = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

NUMBERS: Final = ("off_diagonal_mean", "leading_share")
_ESTIMATORS: Final[tuple[Estimator, ...]] = ("debiased", "biased")

_NUMBERS_AT_ONCE: Final = 1 << 20
"""Numbers of the matrices of permutations held at a time: 8 MiB, some of them several times."""

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
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, grams: Path, permutations: int, seed: int, paired: bool = False, output: Path) -> None:
    """Permute the simulations of a case and, out of distribution, swap their domains."""
    stored = read_grams(grams)
    try:
        require_simulations(len(set(simulation_labels(stored.shown))))
        variables = _independence(stored, permutations, seed) | _swap(stored, permutations, seed, paired=paired)
    except InputError as error:
        raise InputError(f"{stored.who}: {error}") from error
    layers = [str(name) for name in stored.shown["layer"].values]
    coords: dict[str, Any] = {"measure": [f"cka_{name}" for name in _ESTIMATORS], "layer": layers}
    coords |= {"layer_other": layers, "number": list(NUMBERS)}
    attributes = {**stored.attributes, "permutations": permutations, "seed": seed, "paired": str(paired).lower()}
    write_dataset(xr.Dataset(variables, coords, attributes), output)
    logger.info("%s: %d layers, %d permutations", output, len(layers), permutations)


def _independence(stored: CaseGrams, permutations: int, seed: int) -> dict[str, Any]:
    """Return what CKA of every pair of layers is beside that of permuted simulations."""
    labels = simulation_labels(stored.shown)
    n = len(set(labels))
    orders = np.concatenate([np.arange(n)[None], permuted_orders(n, n_permutations=permutations, seed=seed)])
    found: dict[str, list[Array]] = {"independence_p_value": [], "independence_mean": [], "calibrated": []}
    for estimator in _ESTIMATORS:
        cka = permuted_cka_matrices(stored.shown, orders, simulations=labels, estimator=estimator)
        observed, null = cka[0], cka[1:]
        found["independence_p_value"].append(p_values(observed, null, alternative="greater"))
        found["independence_mean"].append(null.mean(0))
        found["calibrated"].append(calibrated_scores(observed, null))
    return {
        name: (("measure", "layer", "layer_other"), np.stack(values), {"units": "1", "long_name": _LONG_NAMES[name]})
        for name, values in found.items()
    }


def _swap(stored: CaseGrams, permutations: int, seed: int, *, paired: bool) -> dict[str, Any]:
    """Return the test of the difference of two domains; nothing in distribution."""
    if stored.own is None:
        return {}
    pooled, labels = stored.pooled, np.array(simulation_labels(stored.pooled, paired=paired))

    grams = pooled.to_numpy()

    def statistic(maps: npt.NDArray[np.int64]) -> tuple[Array, Array]:
        part = grams[:, maps[:, None], maps]
        return mean_and_share(*between_cka_influence(part, simulations=labels[maps]))

    def of_many(choices: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
        step = max(1, _NUMBERS_AT_ONCE // len(grams) ** 2)
        blocks = (choices[start : start + step] for start in range(0, len(choices), step))
        numbers, errors = zip(*(_mean_and_share_of_many(grams, block, statistic) for block in blocks), strict=True)
        return np.concatenate(numbers), np.concatenate(errors)

    found = domain_swap_test(
        statistic,
        of_many=of_many if _has_one_map_each(pooled) else None,
        simulations=labels,
        out_of_distribution=pooled["domain"].to_numpy() == stored.attributes["domain"],
        n_permutations=permutations,
        seed=seed,
    )
    return _of_test("difference", found.difference) | _of_test("studentised", found.studentised)


def _has_one_map_each(pooled: xr.DataArray) -> bool:
    """Say whether no two maps of a domain are of one simulation."""
    return len(set(zip(pooled["domain"].values, pooled["simulation"].values, strict=True))) == pooled.sizes["map"]


def _mean_and_share_of_many(
    grams: Array, choices: npt.NDArray[np.bool_], statistic: StatisticWithError
) -> tuple[Array, Array]:
    """Return the off-diagonal mean and the leading share of many choices of the maps, and their standard errors.

    All at once by matrix products; one by one, by `statistic`, where those would lose digits or a layer is constant.
    """
    found = choice_influence(grams, choices.astype(np.float64))
    matrices = np.where(found.exact[:, None, None], found.cka, np.eye(len(grams)))
    numbers, directions = mean_and_share_directions(matrices)
    n = choices.sum(1)[:, None]
    errors = np.sqrt(n / (n - 1) * np.square(found.along(directions)).sum(-1))
    for choice in np.flatnonzero(~found.exact):
        numbers[choice], errors[choice] = statistic(np.flatnonzero(choices[choice]))
    return numbers, errors


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

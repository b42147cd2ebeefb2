"""How often intervals hold the truth and tests reject: ``python -m benchmarks.coverage intervals``, or another word.

Layers are linear and Gaussian, so the truth is known: X_l = a_l Z + sqrt(1 - a_l^2) Z_l, all Z with one covariance S,
has Cov(X_l, X_m) = a_l a_m S and Var(X_l) = S, so CKA = |Cov|^2 / (|Var_l| |Var_m|) = (a_l a_m)^2. Features have equal
scales, or falling ones (a few directions dominate). Maps of a simulation correlate by 0.8, where there are several.
What ``association`` tries is in benchmarks/association.py.
"""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt

from benchmarks import association
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.similarity.reweighting import between_cka_influence, weighted_cka_matrices
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers, mean_and_share
from repshift.statistics.permutation import domain_swap_test
from repshift.statistics.resampling import (
    Interval,
    bias_covering_interval,
    bootstrap_weights,
    jackknife,
    percentile_interval,
)

Array = npt.NDArray[np.float64]

WITHIN = 0.8
SPECTRA = {"equal": np.ones(100), "falling": np.arange(1, 101) ** -0.75}
CKA = {
    "independent": np.zeros(12),
    "graded": np.linspace(0.1, 0.9, 12),
    "block": np.array([0.25, 0.25, *[0.9] * 10]),
}
LAYERS = np.array([0.2, 0.4, 0.6, 0.8])
RESAMPLES = 500
PERMUTATIONS = 79
"""With the observed one 80, of which 0.025 are two: the test can reject in exactly 0.05."""


def maps(rng: np.random.Generator, simulations: npt.NDArray[np.int64], spectrum: Array) -> Array:
    """Return Gaussian maps (n_maps, features), alike within a simulation where it has several."""
    shape = (len(simulations), len(spectrum))
    own, shared = rng.normal(size=shape), rng.normal(size=shape)[simulations]
    several = len(set(simulations.tolist())) < len(simulations)
    return (np.sqrt(WITHIN) * shared + np.sqrt(1 - WITHIN) * own if several else own) * spectrum


def layers(rng: np.random.Generator, squares: Array, simulations: npt.NDArray[np.int64], spectrum: Array) -> Array:
    """Return representations (layers, n_maps, features) of squared loadings a_l^2."""
    common = maps(rng, simulations, spectrum)
    return np.stack([np.sqrt(a) * common + np.sqrt(1 - a) * maps(rng, simulations, spectrum) for a in squares])


def gram_stack(representations: Array) -> Array:
    """Return the Gram matrices (layers, n_maps, n_maps)."""
    return np.asarray(representations @ representations.swapaxes(1, 2))


def of_maps(positions: npt.NDArray[np.int64], *, grams: Array, labels: npt.NDArray[np.int64]) -> Array:
    """Return the CKA of the first two layers on some of the maps, (1,)."""
    return between_cka_matrix(grams[:, positions][:, :, positions], simulations=labels[positions])[0, 1:2]


def interval_of_rows(rng: np.random.Generator, grams: Array, labels: npt.NDArray[np.int64], n: int) -> Interval:
    """Return what a bootstrap of rows gives, which draws maps as if each were a simulation, some of them twice."""
    draws = rng.integers(len(labels), size=(100, len(labels)))
    resamples = np.stack([cka_matrix(grams[:, drawn][:, :, drawn], estimator="debiased") for drawn in draws])
    return percentile_interval(resamples[:, 0, 1:2], n_simulations=n)


def intervals(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield the coverage of the intervals of one CKA."""
    n = int(labels.max()) + 1
    for name, truth in product(SPECTRA, (0, 0.5, 0.9)):
        if case not in f"{name} {truth}":
            continue
        hits, widths = [], []
        for _ in range(draws):
            grams = gram_stack(layers(rng, np.full(2, np.sqrt(truth)), labels, SPECTRA[name]))
            weights = bootstrap_weights(n, n_resamples=RESAMPLES, seed=int(rng.integers(1 << 31)))
            found = [
                percentile_interval(
                    weighted_cka_matrices(grams, weights, simulations=labels)[:, 0, 1:2], n_simulations=n
                ),
                jackknife(partial(of_maps, grams=grams, labels=labels), simulations=labels).interval,
                interval_of_rows(rng, grams, labels, n),
            ]
            hits.append([bool(((each.low <= truth) & (truth <= each.high)).all()) for each in found])
            widths.append([float((each.high - each.low)[0]) for each in found])
        yield (
            f"{name:8} CKA {truth:3}: "
            + "  ".join(
                f"{method} {hit:.3f} (width {width:.2f})"
                for method, hit, width in zip(
                    ("bootstrap", "jackknife", "rows"), np.mean(hits, 0), np.mean(widths, 0), strict=True
                )
            )
        )


def numbers(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield the coverage of the intervals of the numbers of a matrix."""
    n = int(labels.max()) + 1
    yield f"{'':32}" + " ".join(f"{each:>21}" for each in BLOCK_NUMBERS)
    for name, kind in product(SPECTRA, CKA):
        if case not in f"{name} {kind}":
            continue
        matrix = np.outer(CKA[kind], CKA[kind])
        np.fill_diagonal(matrix, 1)
        truth, hits = block_numbers(matrix), []
        for _ in range(draws):
            grams = gram_stack(layers(rng, CKA[kind], labels, SPECTRA[name]))
            weights = bootstrap_weights(n, n_resamples=RESAMPLES, seed=int(rng.integers(1 << 31)))
            resamples = block_numbers(weighted_cka_matrices(grams, weights, simulations=labels))
            estimate = block_numbers(between_cka_matrix(grams, simulations=labels))
            found = (
                percentile_interval(resamples, n_simulations=n),
                bias_covering_interval(estimate, resamples, n_simulations=n),
            )
            hits.append([(each.low <= truth) & (truth <= each.high) for each in found])
        for method, shares in zip(("percentile", "bias"), np.mean(hits, 0), strict=True):
            yield f"{name:8} {kind:11} {method:10} " + " ".join(f"{share:21.3f}" for share in shares)


def swap(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield the rates at which the swap of domains rejects: where it should not, and with a growing difference."""
    both = np.concatenate([labels, labels + labels.max() + 1])
    change: dict[str, Callable[[Array], Array]] = {
        "nothing": lambda found: found,
        "mean map by 2 sd": lambda found: found + 2 * shift * np.std(found, axis=1, keepdims=True),
        "scale by 3": lambda found: 3 * found,
    }
    for name in SPECTRA:
        shift = rng.normal(size=(len(LAYERS), 1, len(SPECTRA[name])))
        cases = [(what, LAYERS, change[what]) for what in change]
        cases += [(f"CKA by {rise(power):.3f}", LAYERS**power, change["nothing"]) for power in (0.9, 0.8, 0.7, 0.5)]
        for what, squares, changed in cases:
            if case not in f"{name} {what}":
                continue
            rejected = []
            for _ in range(draws):
                pair = layers(rng, LAYERS, labels, SPECTRA[name]), layers(rng, squares, labels, SPECTRA[name])
                grams = gram_stack(np.concatenate([pair[0], changed(pair[1])], axis=1))
                found = domain_swap_test(
                    partial(mean_and_share_of, grams=grams, labels=both),
                    simulations=both,
                    out_of_distribution=both > labels.max(),
                    n_permutations=PERMUTATIONS,
                    seed=int(rng.integers(1 << 31)),
                )
                rejected.append([found.difference.p_value <= 0.05, found.studentised.p_value <= 0.05])
            rates = np.mean(rejected, 0)
            yield f"{name:8} {what:18} (mean, share): difference {rates[0].round(3)}  studentised {rates[1].round(3)}"


def mean_and_share_of(
    positions: npt.NDArray[np.int64], *, grams: Array, labels: npt.NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return off-diagonal mean and leading share of some of the maps, and their errors."""
    found = between_cka_influence(grams[:, positions][:, :, positions], simulations=labels[positions])
    return mean_and_share(*found)


def rise(power: float) -> float:
    """Return by how much the mean off-diagonal CKA rises where loadings are raised to a power below 1."""
    pairs = np.triu_indices(len(LAYERS), k=1)
    raised, before = (np.outer(each, each)[pairs].mean() for each in (LAYERS**power, LAYERS))
    return float(raised - before)


def main() -> None:
    """Measure what the command line asks for, and print a line for each truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("intervals", "numbers", "swap", "association"))
    parser.add_argument("--simulations", type=int, default=50)
    parser.add_argument("--maps-each", type=int, default=1)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", default="", help="only cases whose name holds this, as 'falling 0.5'")
    chosen = parser.parse_args()
    measures = {"intervals": intervals, "numbers": numbers, "swap": swap}
    rng, labels = np.random.default_rng(chosen.seed), np.repeat(np.arange(chosen.simulations), chosen.maps_each)
    if chosen.what == "association":
        lines = association.coverage(rng, chosen.draws, chosen.case)
    else:
        lines = measures[chosen.what](rng, labels, chosen.draws, chosen.case)
    for line in lines:
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

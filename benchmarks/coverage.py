"""How often intervals hold, tests reject, ordinary maps are named: ``python -m benchmarks.coverage WHAT``."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt

from benchmarks import association, attribution_numbers, classes, halves, measures, stress_bands
from benchmarks.gaussian import CKA, LAYERS, SPECTRA, Array, gram_stack, layers, maps
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.similarity.influence import variance_shares
from repshift.similarity.reweighting import between_cka_influence, weighted_cka_matrices
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers, mean_and_share
from repshift.statistics.domain_swap import domain_swap_test
from repshift.statistics.outliers import THRESHOLD, share_scores
from repshift.statistics.resampling import (
    Interval,
    Jackknife,
    bias_covering_interval,
    bootstrap_weights,
    jackknife,
    percentile_interval,
)
from repshift.statistics.scores import scores
from repshift.statistics.shift_steps import explained

RESAMPLES = 500
SHIFTS = {"weak": (0.7, 0.8), "strong": (0.25, 2.0)}
"""Of `shares`: the power that loadings are raised to in the other domain, and the bias of its predictions, in sd."""
OF_BLOCK = [BLOCK_NUMBERS.index(name) for name in ("off_diagonal_mean", "leading_share")]
TAILS = {"Gaussian": np.inf, "t of 10": 10.0, "t of 3": 3.0}
"""Of `naming`: degrees of freedom of Student's t, all features of a map by one factor."""
PERMUTATIONS = 79
"""With the observed one 80, of which 0.025 are two: the test can reject in exactly 0.05."""


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


def shares(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield how often a step that goes half the way back has a share explained, and how often its interval holds it.

    Loadings and bias of the step lie half way between those of the two domains.
    """
    names = ("off_diagonal_mean", "leading_share", "log_rmse", "r2")
    for name, (what, (power, bias)) in product(SPECTRA, SHIFTS.items()):
        if case not in f"{name} {what}":
            continue
        domains = [(LAYERS, 0.0), (LAYERS**power, bias), (LAYERS ** ((1 + power) / 2), bias / 2)]
        own, other, step = (expected_numbers(*domain) for domain in domains)
        truth, hits = (other - step) / (other - own), []
        for _ in range(draws):
            seeds = rng.integers(1 << 31, size=2)[[0, 1, 1]]  # the step has the maps of the other domain
            found = explained(
                *(left_out(int(s), *d, labels, SPECTRA[name]) for s, d in zip(seeds, domains, strict=True))
            )
            hits.append([~np.isnan(found.share), (found.interval.low <= truth) & (truth <= found.interval.high)])
        given, held = np.sum(hits, axis=0)
        with np.errstate(invalid="ignore"):
            rates = zip(names, given / draws, held / given, strict=True)
        yield f"{name:8} {what:6}: " + "; ".join(f"{n} given {g:.3f}, of these held {h:.3f}" for n, g, h in rates)


def expected_numbers(squares: Array, bias: float) -> Array:
    """Return the mean and leading share of the true matrix, log RMSE and R^2, of error of variance 1 and truth of 4."""
    matrix = np.outer(squares, squares)
    np.fill_diagonal(matrix, 1)
    return np.array([*block_numbers(matrix)[OF_BLOCK], np.log1p(bias**2) / 2, 1 - (1 + bias**2) / 4])


def left_out(seed: int, squares: Array, bias: float, labels: npt.NDArray[np.int64], spectrum: Array) -> Jackknife:
    """Return these numbers of one sample, and without each simulation: the same sample, changed, for the same seed."""
    rng = np.random.default_rng(seed)
    grams = gram_stack(layers(rng, squares, labels, spectrum))
    true = 2 * rng.normal(size=labels.max() + 1)[labels]
    answer = true + bias + maps(rng, labels, np.ones(1))[:, 0]

    def numbers_of(positions: npt.NDArray[np.int64]) -> Array:
        of_block = block_numbers(
            between_cka_matrix(grams[:, positions][:, :, positions], simulations=labels[positions])
        )
        score = scores(true[positions], answer[positions], np.ones(len(positions)))
        return np.array([*of_block[OF_BLOCK], np.log(score.rmse), score.r2])

    return jackknife(numbers_of, simulations=labels)


def naming(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield how often one or more of ordinary maps, drawn from one distribution, are named dominant."""
    for name, kind, tail in product(SPECTRA, ("independent", "block"), TAILS):
        if case not in f"{name} {kind} {tail}":
            continue
        named = np.empty(draws)
        for draw in range(draws):
            degrees = TAILS[tail]
            factor = np.sqrt(degrees / rng.chisquare(degrees, len(labels))) if np.isfinite(degrees) else 1.0
            found = layers(rng, CKA[kind], labels, SPECTRA[name]) * np.reshape(factor, (-1, 1))
            named[draw] = (share_scores(variance_shares(gram_stack(found)).mean(0)) > THRESHOLD).sum()
        often, of_all = (named > 0).mean(), named.mean() / len(labels)
        yield f"{name:8} {kind:11} {tail:8}: one or more named {often:.3f}, of all maps {of_all:.4f}"


def rise(power: float) -> float:
    """Return by how much the mean off-diagonal CKA rises where loadings are raised to a power below 1."""
    pairs = np.triu_indices(len(LAYERS), k=1)
    raised, before = (np.outer(each, each)[pairs].mean() for each in (LAYERS**power, LAYERS))
    return float(raised - before)


MEASURES = {
    **{"intervals": intervals, "numbers": numbers, "swap": swap, "explained": shares, "naming": naming},
    **{"measures": measures.coverage, "measures_swap": measures.swap, "classes": classes.coverage},
    **{"halves": halves.widths, "stress": stress_bands.coverage, "attribution": attribution_numbers.coverage},
}


def main() -> None:
    """Measure what the command line asks for, and print a line for each truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=(*MEASURES, "association"))
    parser.add_argument("--simulations", type=int, default=50)
    parser.add_argument("--maps-each", type=int, default=1)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", default="", help="only cases whose name holds this, as 'falling 0.5'")
    chosen = parser.parse_args()
    rng, labels = np.random.default_rng(chosen.seed), np.repeat(np.arange(chosen.simulations), chosen.maps_each)
    if chosen.what == "association":
        lines = association.coverage(rng, chosen.draws, chosen.case)
    else:
        lines = MEASURES[chosen.what](rng, labels, chosen.draws, chosen.case)
    for line in lines:
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

"""Pairs of networks and domains whose predictor and failure are known to have something to do with each other, or not.

Two layouts: ``sweep``, the 96 pairs of config/sweep.yaml, twelve networks in six groups of field and suite, nine
shifts; ``grid``, the 72 of config/cmd.yaml, 36 networks of twelve fields, three suites. A number is the sum of Gaussian
effects; of ``distances`` the effect is |f - f'|, f of each suite and each treatment's strength drawn for each number.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.statistics.association import association
from repshift.statistics.ranks import spearman
from repshift.statistics.resampling import Interval, bootstrap_weights, percentile_interval

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

RESAMPLES = 400
SLOPES = (0.5, 1.5)
CASES: dict[str, tuple[str, ...]] = {
    "noise": (),
    "networks": ("network",),
    "groups": ("group",),
    "suites": ("suite",),
    "shifts": ("shift",),
    "groups and shifts": ("group", "shift"),
    "shifts of a suite": ("suite and shift",),
    "distances": ("distance",),
}
"""Effects that predictor and response have separately, beside noise: nothing connects the two."""


@dataclass(frozen=True)
class Layout:
    """Labels (n_pairs,) of the pairs: field, training suite, network, and shift, of which the first are the suites."""

    field: Labels
    suite: Labels
    network: Labels
    shift: Labels
    n_suites: int

    @property
    def group(self) -> Labels:
        """What networks of one field and training suite share."""
        return self.field * self.n_suites + self.suite


def layout(homes: tuple[int, ...], *, n_fields: int, n_seeds: int, n_suites: int, n_treatments: int) -> Layout:
    """Return networks of some suites, each shown all other suites and all treatments of its suite."""
    rows = [
        (field, home, (field * n_suites + home) * n_seeds + seed, shift)
        for field in range(n_fields)
        for home in homes
        for seed in range(n_seeds)
        for shift in range(n_suites + n_treatments)
        if shift != home
    ]
    field, suite, network, shift = np.array(rows).T
    return Layout(field, suite, network, shift, n_suites)


LAYOUTS = {
    "sweep": layout((0, 2, 4), n_fields=2, n_seeds=2, n_suites=5, n_treatments=4),
    "grid": layout((0, 1, 2), n_fields=12, n_seeds=1, n_suites=3, n_treatments=0),
}


def effects(rng: np.random.Generator, pairs: Layout, kinds: tuple[str, ...]) -> Array:
    """Return the sum (n_pairs,) of effects of unit variance, or so, and noise of a quarter of it."""
    labels = {"network": pairs.network, "group": pairs.group, "suite": pairs.suite, "shift": pairs.shift}
    labels["suite and shift"] = pairs.suite * (pairs.shift.max() + 1) + pairs.shift
    total = (0.5 if kinds else 1.0) * rng.normal(size=len(pairs.shift))
    for kind in kinds:
        total += distances(rng, pairs) if kind == "distance" else rng.normal(size=labels[kind].max() + 1)[labels[kind]]
    return total


def distances(rng: np.random.Generator, pairs: Layout) -> Array:
    """Return |f - f'| of two suites, and the strength of a treatment, over their standard deviation."""
    places, strengths = rng.uniform(size=pairs.n_suites), np.abs(rng.normal(size=pairs.shift.max() + 1)) / 2
    others = np.minimum(pairs.shift, pairs.n_suites - 1)
    found = np.where(pairs.shift < pairs.n_suites, np.abs(places[pairs.suite] - places[others]), strengths[pairs.shift])
    return np.asarray(found / found.std())


def planted(rng: np.random.Generator, pairs: Layout, slope: float) -> tuple[Array, Array]:
    """Return a predictor and a response that is `slope` times it, and as much again that is independent."""
    predictor, own = (effects(rng, pairs, ("group", "shift")) for _ in range(2))
    return predictor, slope * predictor + own


def true_rho(slope: float) -> float:
    """Return Spearman's correlation of what `planted` returns, Gaussian numbers of endlessly many groups and shifts."""
    return float(6 / np.pi * np.arcsin(slope / np.hypot(1, slope) / 2))


def samples(rng: np.random.Generator, pairs: Layout, case: str) -> tuple[Array, Array]:
    """Return predictor and response of a case without a relation."""
    return effects(rng, pairs, CASES[case]), effects(rng, pairs, CASES[case])


def interval_of_networks(predictor: Array, response: Array, networks: Labels, seed: int) -> Interval:
    """Return what resampling whole networks gives, as if their domains were not the same ones."""
    n = len(np.unique(networks))
    _, index = np.unique(networks, return_inverse=True)
    weights = bootstrap_weights(n, n_resamples=RESAMPLES, seed=seed)[:, index]
    return percentile_interval(spearman(predictor, response, weights=weights), n_simulations=n)


def coverage(rng: np.random.Generator, draws: int, case: str) -> Iterator[str]:
    """Yield the coverage of the interval of a rank correlation, and of one that resamples networks alone."""
    slopes = {f"planted, slope {slope}": slope for slope in SLOPES}
    for name, pairs in LAYOUTS.items():
        for what in (*CASES, *slopes):
            if case not in f"{name} {what}":
                continue
            truth = true_rho(slopes[what]) if what in slopes else 0.0
            hits, widths = [], []
            for _ in range(draws):
                both = planted(rng, pairs, slopes[what]) if what in slopes else samples(rng, pairs, what)
                seed = int(rng.integers(1 << 31))
                found = (
                    association(*both, groups=pairs.group, shifts=pairs.shift, n_resamples=RESAMPLES, seed=seed),
                    interval_of_networks(*both, pairs.network, seed),
                )
                hits.append([bool(each.low <= truth <= each.high) for each in found])
                widths.append([float(each.high - each.low) for each in found])
            yield f"{name:5} {what:18} rho {truth:.2f}: " + "  ".join(
                f"{method} {hit:.3f} (width {width:.2f})"
                for method, hit, width in zip(
                    ("groups and shifts", "networks"), np.mean(hits, 0), np.mean(widths, 0), strict=True
                )
            )

"""How often intervals of measures beside CKA hold, and tests of their change reject."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from benchmarks.gaussian import LAYERS, SPECTRA, Array, gram_stack, layers
from repshift.evidence.bootstrap import bootstrap_intervals
from repshift.evidence.estimates import Estimation, change_p_value, estimate
from repshift.evidence.numbers import number_of
from repshift.similarity.measures import BESIDE_CKA, measure_of
from repshift.similarity.portions import Resources
from repshift.stages.intervals import estimation_of, of_minibatches
from repshift.statistics.resampling import bootstrap_weights

PERMUTATIONS = 79
"""With the observed one 80, of which 0.025 are two: the test can reject in exactly 0.05."""

NUMBER = "off_diagonal_mean"
POWERS = {"nothing": 1.0, "mean map by 2 sd": 1.0, "scale by 3": 1.0, "mean CKA by 0.115": 0.7}
"""What differs between two domains, and the power that loadings are raised to in the other."""


def estimations() -> dict[str, Estimation]:
    """Return how each measure is estimated; where that is by another way, by leaving out simulations too."""
    minibatch = partial(of_minibatches, size=10, seed=0, resources=Resources())
    found = {"cka_minibatch": Estimation(minibatch)}
    for name in ("cka_biased", *BESIDE_CKA):
        found[name] = estimation_of(measure_of(name), {})
        if found[name].method != "jackknife":
            found[f"{name}, left out"] = replace(found[name], influence=None, weighted=None)
    return found


def stack(rng: np.random.Generator, squares: Array, labels: npt.NDArray[np.int64], spectrum: Array) -> xr.DataArray:
    """Return Gram matrices of layers of known CKA, with what names their maps."""
    return _named(layers(rng, squares, labels, spectrum), labels)


def _named(found: Array, labels: npt.NDArray[np.int64]) -> xr.DataArray:
    names = [str(number) for number in range(len(labels))]
    coords: dict[str, Any] = {"map": names, "map_other": names, "layer": list("abcdefgh")[: len(found)]}
    coords |= {"simulation": ("map", labels), "suite": ("map", ["A"] * len(labels))}
    return xr.DataArray(gram_stack(found), dims=("layer", "map", "map_other"), coords=coords)


def coverage(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield how often the interval of the mean of distinct layers holds its mean over all draws.

    Beside it stands the mean standard error over the scatter of the draws.
    """
    for spectrum, (name, estimation) in product(SPECTRA, estimations().items()):
        if case not in f"{spectrum} {name}":
            continue
        found = [_of(stack(rng, LAYERS, labels, SPECTRA[spectrum]), estimation) for _ in range(draws)]
        value, error, low, high = np.array(found).T
        truth = value.mean()
        held = np.mean((low <= truth) & (truth <= high))
        yield f"{spectrum:8} {name:30}: held {held:.3f}, error over scatter {error.mean() / value.std():.2f}"


def _of(gram: xr.DataArray, estimation: Estimation) -> list[float]:
    """Return the number, its error, and the ends of its interval."""
    found = estimate(gram, estimation)
    ends = found.interval
    if estimation.weighted is not None:
        weights = bootstrap_weights(found.n_simulations, n_resamples=500, seed=0)
        ends = bootstrap_intervals([(gram, weights)], [found.value], estimation.weighted, Resources())[0]
    return [float(number_of(one, NUMBER)) for one in (found.value, found.error, ends.low, ends.high)]


def swap(rng: np.random.Generator, labels: npt.NDArray[np.int64], draws: int, case: str) -> Iterator[str]:
    """Yield how often the test by pseudo-values rejects at 5 %: where nothing it is of differs, and where it does."""
    for spectrum, (name, estimation) in product(SPECTRA, estimations().items()):
        if case not in f"{spectrum} {name}":
            continue
        shift = rng.normal(size=(len(LAYERS), 1, len(SPECTRA[spectrum])))
        rates = []
        for what, power in POWERS.items():
            rejected = 0
            for _ in range(draws):
                shown = layers(rng, LAYERS**power, labels, SPECTRA[spectrum])
                shown = (
                    shown + 2 * shift * np.std(shown, axis=1, keepdims=True) if what.startswith("mean map") else shown
                )
                shown = 3 * shown if what.startswith("scale") else shown
                pair = _named(shown, labels), stack(rng, LAYERS, labels, SPECTRA[spectrum])
                both = [estimate(one, estimation) for one in pair]
                seed = int(rng.integers(1 << 31))
                p = change_p_value(*both, NUMBER, permutations=PERMUTATIONS, seed=seed, paired=False)
                rejected += p <= 0.05
            rates.append(f"{what} {rejected / draws:.3f}")
        yield f"{spectrum:8} {name:30}: {', '.join(rates)}"

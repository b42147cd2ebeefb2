"""Intervals of all numbers of a matrix by the bootstrap of simulations, resamples some at a time."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.numbers import Array, folded, is_near_linear
from repshift.similarity.portions import Resources
from repshift.statistics.percentiles import RunningPercentiles
from repshift.statistics.resampling import Interval, bias_covering_interval, expanded_shares

WeightedMatrices = Callable[[xr.DataArray, Array, Resources], Array]
"""What makes matrices of similarity (resamples, layers, layers) of weights of the simulations (resamples,
simulations)."""

Domain = tuple[xr.DataArray, Array]
"""The Gram matrices of a domain, and the weights of its simulations in each resample (resamples, simulations)."""


def bootstrap_intervals(
    domains: Sequence[Domain], values: Sequence[Array], weighted: WeightedMatrices, resources: Resources
) -> list[Interval] | None:
    """Return the intervals of the numbers of a domain and, with two domains, of their difference.

    None where the measure is undefined on some resample, as RSA of a layer that is active on few maps.

    Parameters
    ----------
    domains
        One or two, as many resamples of each: partners are drawn together where their weights are the same.
    values
        The numbers, and with two domains their difference, as estimated.
    weighted
        Makes the matrices of resamples.
    resources
        What is held at a time: of each number only the resamples in its tails are kept.
    """
    n_layers, n_resamples = domains[0][0].sizes["layer"], len(domains[0][1])
    driven = ~is_near_linear(n_layers)
    counts = [domains[0][1].shape[1], min(weights.shape[1] for _, weights in domains)][: len(values)]
    running = [RunningPercentiles(n_resamples, expanded_shares(n)) for n in counts]
    kept: list[list[Array]] = [[] for _ in values]
    for matrices in _resampled(domains, weighted, resources.part(0.5), n_layers, n_resamples):
        if not all(np.isfinite(one).all() for one in matrices):
            return None
        numbers = [folded(one) for one in matrices]
        both = [numbers[0], *([numbers[0] - numbers[1]] if len(numbers) > 1 else [])]
        for each, percentiles, some in zip(both, running, kept, strict=True):
            percentiles.add(each)
            some.append(each[:, driven])
    found = []
    for value, percentiles, some, n in zip(values, running, kept, counts, strict=True):
        low, high = percentiles.ends
        moved = bias_covering_interval(value[driven], np.concatenate(some), n_simulations=n)
        low[driven], high[driven] = moved.low, moved.high
        found.append(Interval(low, high))
    return found


def _resampled(
    domains: Sequence[Domain], weighted: WeightedMatrices, resources: Resources, n_layers: int, n_resamples: int
) -> Iterator[list[npt.NDArray[np.float64]]]:
    """Yield the matrices of some resamples after the other, of each domain."""
    each, what = 4 * len(domains) * n_layers**2, f"A resample of {n_layers} layers"
    for some in resources.portions(n_resamples, each=each, what=what):
        yield [weighted(gram, weights[some], resources) for gram, weights in domains]

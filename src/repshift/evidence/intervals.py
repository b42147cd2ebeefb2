"""The numbers of a matrix of similarity with their intervals, of a domain and of its change against another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import xarray as xr

from repshift.evidence.bootstrap import bootstrap_intervals
from repshift.evidence.estimates import (
    Estimates,
    Estimation,
    Maps,
    Method,
    change_p_value,
    estimate,
    independent_change,
    paired_change,
)
from repshift.evidence.numbers import Array
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.portions import Resources
from repshift.similarity.reweighting import weighted_cka_matrices
from repshift.similarity.subsets import subset_cka_matrices
from repshift.statistics.resampling import Interval, bootstrap_weights
from repshift.vocabulary import Estimator

ESTIMATORS: Final[tuple[Estimator, ...]] = ("debiased", "biased")
"""Of CKA over all maps, in the order of the files."""


@dataclass(frozen=True)
class Resampling:
    """The Gram matrices of a case, and how its simulations are resampled.

    Attributes
    ----------
    shown, own
        (layer, map, map_other) with the coordinates ``simulation`` and ``suite``, over the maps of the domain and over
        those of the model's own; None in distribution.
    resamples, seed
        How many, and what draws them.
    paired
        Whether both domains show the same simulations, or partners, in the same order.
    resources
        What is held at a time, and where.
    """

    shown: xr.DataArray
    own: xr.DataArray | None
    resamples: int
    seed: int
    paired: bool
    resources: Resources

    def weights(self, gram: xr.DataArray, *, beside: int = 0) -> Array:
        """Draw how often each simulation counts in each resample; `beside` is added to the seed."""
        n = len(set(simulation_labels(gram)))
        return bootstrap_weights(n, n_resamples=self.resamples, seed=self.seed + beside)


@dataclass(frozen=True)
class ResampledNumbers:
    """The numbers of a measure, as `repshift.evidence.numbers.folded` has them, and how far they may be off.

    Attributes
    ----------
    numbers
        By suffix: "" as estimated, "_error", and the ends "_low" and "_high"; out of distribution "_change", what they
        are more than over the model's own domain, with its ends.
    method
        What the intervals are of.
    shown, own
        Estimates of the two domains; the second is None in distribution.
    """

    numbers: dict[str, Array]
    method: Method
    shown: Estimates
    own: Estimates | None

    def p_value(self, number: str, resampling: Resampling, *, depends_on_number: bool) -> float:
        """Return `change_p_value` of one of the numbers, with one permutation less than there are resamples.

        None, NaN, where the measure is another number for another number of simulations, and the domains differ in it.
        """
        if self.own is None or (depends_on_number and self.shown.n_simulations != self.own.n_simulations):
            return np.nan
        how = {"permutations": resampling.resamples - 1, "seed": resampling.seed}
        return change_p_value(self.shown, self.own, number, paired=resampling.paired, **how)


def cka_estimation(estimator: Estimator, resources: Resources) -> Estimation:
    """Return how CKA is estimated: the bootstrap is of the debiased one, for a biased one has another bias there."""
    of_subsets = partial(_of_subsets, estimator=estimator, resources=resources)
    return Estimation(of_subsets, weighted=_weighted_cka if estimator == "debiased" else None)


def resampled_numbers(resampling: Resampling, estimation: Estimation) -> ResampledNumbers:
    """Return all numbers of a measure with their intervals and, out of distribution, their change.

    Raises
    ------
    InputError
        If a domain has fewer than ten simulations, or as the measure does.
    """
    shown, own = resampling.shown, resampling.own
    estimates = [estimate(shown, estimation)]
    found, estimates_own = {"": estimates[0].value, "_error": estimates[0].error}, None
    if own is not None:
        estimates_own = estimate(own, estimation)
        paired = resampling.paired
        estimates.append(
            paired_change((shown, own), estimation) if paired else independent_change(estimates[0], estimates_own)
        )
        found["_change"] = estimates[1].value
    intervals = _bootstrap(resampling, estimation, [one.value for one in estimates])
    for prefix, ends in zip(("", "_change"), intervals or [one.interval for one in estimates], strict=False):
        found |= {f"{prefix}_low": ends.low, f"{prefix}_high": ends.high}
    method: Method = estimation.method if intervals or estimation.weighted is None else "jackknife"
    return ResampledNumbers(found, method, estimates[0], estimates_own)


def _bootstrap(resampling: Resampling, estimation: Estimation, values: Sequence[Array]) -> list[Interval] | None:
    """Return the intervals of numbers and, out of distribution, of their change, where they are of the bootstrap."""
    if estimation.weighted is None:
        return None
    shown, own = resampling.shown, resampling.own
    domains = [(shown, resampling.weights(shown))]
    if own is not None:
        domains.append((own, resampling.weights(own, beside=0 if resampling.paired else 1)))
    return bootstrap_intervals(domains, values, estimation.weighted, resampling.resources)


def _weighted_cka(gram: xr.DataArray, weights: Array, resources: Resources) -> Array:
    return weighted_cka_matrices(gram, weights, simulations=simulation_labels(gram), resources=resources)


def _of_subsets(gram: xr.DataArray, subsets: Sequence[Maps], *, estimator: Estimator, resources: Resources) -> Array:
    labels = simulation_labels(gram)
    return subset_cka_matrices(gram, subsets, simulations=labels, estimator=estimator, resources=resources)

"""How alike the layers of a network are in two domains, and how they change: by the functions of the stages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.intervals import Resampling, cka_estimation, resampled_numbers
from repshift.evidence.numbers import Array, number_of
from repshift.evidence.permutation_tests import NUMBERS, block_swap_test
from repshift.evidence.shift_scores import LAYER_SCORES, values_of_layers
from repshift.evidence.shift_scores.score import pair_of_layers
from repshift.notebook.domains import DOMAINS
from repshift.similarity.between import debiased_hsic_terms
from repshift.similarity.cka import cka_terms
from repshift.similarity.discrepancy import pooled
from repshift.similarity.measures import measure_of
from repshift.similarity.pairing import simulation_labels
from repshift.similarity.portions import Resources
from repshift.similarity.stacks import names_of
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.vocabulary import COMPONENTS, FOLDS, Estimator, about

_MEAN: Final = "off_diagonal_mean"

Variables = dict[str, tuple[tuple[str, ...], npt.ArrayLike, dict[str, str]]]
"""Dimensions, values and attributes of each, as a Dataset takes them."""


@dataclass(frozen=True)
class Comparison:
    """The Gram matrices of two domains, and how they are compared.

    Attributes
    ----------
    grams
        (layer, map, map_other) of the maps of both domains, those out of distribution first, as the stage grams has
        them; coordinates ``domain``, ``suite``, which is the domain too, and ``simulation`` (map).
    estimator
        Of CKA.
    permutations, resamples, seed
        Of the test and of the intervals, 0 for none; what draws them.
    paired
        Whether both domains show the same simulations, or partners, in the same order.
    """

    grams: xr.DataArray
    estimator: Estimator
    permutations: int
    resamples: int
    seed: int
    paired: bool

    def block(self, domain: str) -> xr.DataArray:
        """Return the Gram matrices of the maps of one domain."""
        maps = np.flatnonzero(self.grams["domain"].to_numpy() == domain)
        return self.grams.isel(map=maps, map_other=maps)

    def resampling(self, shown: xr.DataArray, own: xr.DataArray | None) -> Resampling:
        """Return how the simulations of one domain, and of another that it is compared with, are resampled."""
        return Resampling(shown, own, self.resamples, self.seed, self.paired, Resources())

    def variables(self) -> Variables:
        """Return all that is said of both domains and of their difference; a single layer has no mean."""
        matrices = {domain: _cka(self.block(domain), self.estimator) for domain in DOMAINS}
        return {
            "cka": (
                ("domain", "layer", "layer_other"),
                np.stack(list(matrices.values())),
                about(f"{self.estimator} linear CKA of two layers"),
            ),
            **(_means(self, matrices) if self.grams.sizes["layer"] > 1 else {}),
            "distance": (("measure", "layer"), _distances(self), about("how far the domains are from each other")),
        }


def _cka(block: xr.DataArray, estimator: Estimator) -> Array:
    """Return the CKA of every pair of layers, as the stage cka has it."""
    if estimator == "debiased":
        return np.asarray(debiased_hsic_terms(block, simulations=block["simulation"].to_numpy()).cka())
    return np.asarray(cka_terms(block, estimator=estimator, names=(names_of(block), None)).cka())


def _means(comparison: Comparison, matrices: Mapping[str, Array]) -> Variables:
    """Return the means of distinct layers, and their change, with what is known of both."""
    place = BLOCK_NUMBERS.index(_MEAN)
    means = [float(block_numbers(matrices[domain])[place]) for domain in DOMAINS]
    words = f"mean {comparison.estimator} CKA of distinct layers"
    change = f"{words}, out of distribution less in distribution"
    found: dict[str, Any] = {_MEAN: (("domain",), means, about(words))}
    found[f"{_MEAN}_change"] = ((), means[1] - means[0], about(change))
    if comparison.resamples:
        ends, ends_of_change = _intervals(comparison)
        found[f"{_MEAN}_change"] = ((), ends_of_change.pop(""), about(change))
        for end, values in ends.items():
            found[f"{_MEAN}{end}"] = (("domain",), values, about(f"{words}, {_ENDS[end]}"))
            found[f"{_MEAN}_change{end}"] = ((), ends_of_change[end], about(f"{change}, {_ENDS[end]}"))
    if comparison.permutations:
        words = f"two-sided p-value of the {change}"
        found[f"{_MEAN}_change_p_value"] = ((), _p_value(comparison), about(words))
    return found


_ENDS: Final = {"_low": "lower end of a 95 % interval", "_high": "upper end of a 95 % interval"}


def _intervals(comparison: Comparison) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return the ends of the intervals of both means, and the change with its ends, as the stage intervals has them."""
    estimation = cka_estimation(comparison.estimator, Resources())
    own, shown = (comparison.block(domain) for domain in DOMAINS)
    inside, outside = (
        resampled_numbers(comparison.resampling(*grams), estimation).numbers for grams in ((own, None), (shown, own))
    )
    ends = {end: [float(number_of(one[end], _MEAN)) for one in (inside, outside)] for end in _ENDS}
    return ends, {end: float(number_of(outside[f"_change{end}"], _MEAN)) for end in ("", *_ENDS)}


def _p_value(comparison: Comparison) -> float:
    """Return the p-value of the change: as the stage permutation_tests of debiased CKA, as intervals of the other."""
    if comparison.estimator == "debiased":
        test = block_swap_test(
            comparison.grams.to_numpy(),
            simulations=_labels(comparison),
            out_of_distribution=_is_out(comparison),
            n_permutations=comparison.permutations,
            seed=comparison.seed,
            resources=Resources(),
        )
        return float(test.studentised.p_value[NUMBERS.index(_MEAN)])
    estimation = cka_estimation(comparison.estimator, Resources())
    own, shown = (comparison.block(domain) for domain in DOMAINS)
    resampling = replace(comparison.resampling(shown, own), resamples=comparison.permutations + 1)
    depends_on_number = measure_of(f"cka_{comparison.estimator}").depends_on_number
    return resampled_numbers(resampling, estimation).p_value(_MEAN, resampling, depends_on_number=depends_on_number)


def _distances(comparison: Comparison) -> Array:
    """Return how far the domains are from each other, (measures, layers), as the stage shift_scores has it."""
    labels, outside = _labels(comparison), _is_out(comparison)
    fewest = min(len(set(labels[outside == side].tolist())) for side in (False, True))
    how = {"n_components": COMPONENTS, "n_folds": min(FOLDS, fewest // 2), "seed": comparison.seed}
    values = values_of_layers(pair_of_layers(comparison.grams, pooled(outside, labels), **how))
    return np.stack([values[name] for name in LAYER_SCORES])


def _labels(comparison: Comparison) -> npt.NDArray[np.str_]:
    """Return labels of the simulations of all maps: partners share theirs."""
    return np.array(simulation_labels(comparison.grams, paired=comparison.paired))


def _is_out(comparison: Comparison) -> npt.NDArray[np.bool_]:
    return np.asarray(comparison.grams["domain"].to_numpy() == DOMAINS[1])

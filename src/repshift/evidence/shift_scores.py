"""How two domains differ as a model sees them: in its layers, their CKA, its input and its answers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.similarity.discrepancy import (
    Pooled,
    linear_mmd,
    mahalanobis_ratio,
    nearest_neighbour_ratio,
    principal_scores,
    rbf_mmd,
)
from repshift.similarity.gram import linear_gram
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.classification import domain_auc
from repshift.statistics.outputs import deviation_ratio, disagreement_ratio, scatter_ratio
from repshift.statistics.pixels import pixel_distances

_CHANGES: Final = {
    "off_diagonal_mean": "mean_rise",
    "leading_share": "share_rise",
    "spectral_entropy": "entropy_fall",
    "participation_ratio": "participation_fall",
    "off_diagonal_skewness": "skewness_rise",
}
"""Numbers of a CKA matrix, and how their change is called where more of a block is more."""

Numbers = dict[str, float]


def discrepancies(
    grams: xr.DataArray, maps: Pooled, *, n_components: int, n_folds: int, seed: int
) -> dict[str, npt.NDArray[np.float64]]:
    """Return how far the domains are from each other in each layer, in five ways."""
    scores = principal_scores(grams, n_components=n_components)
    labels = {"out_of_distribution": maps.outside, "simulations": maps.simulations}
    return {
        "mmd_linear": linear_mmd(grams, maps),
        "mmd_rbf": rbf_mmd(grams, maps),
        "mahalanobis": mahalanobis_ratio(grams, maps, n_components=n_components, n_folds=n_folds),
        "nearest": nearest_neighbour_ratio(grams, maps),
        "auc": np.array([domain_auc(one, **labels, n_folds=n_folds, seed=seed) for one in scores]),
    }


def mean_and_last(layers: dict[str, npt.NDArray[np.float64]]) -> Numbers:
    """Return the mean over all layers, and the last layer."""
    found: Numbers = {}
    for name, values in layers.items():
        found |= {f"{name}_mean": float(values.mean()), f"{name}_last": float(values[-1])}
    return found


def cka_changes(grams: xr.DataArray, outside: npt.NDArray[np.bool_]) -> Numbers:
    """Return how the matrix of CKA, and the numbers that sum it up, change out of distribution."""
    blocks = [grams.isel(map=np.flatnonzero(side), map_other=np.flatnonzero(side)) for side in (~outside, outside)]
    matrices = {
        "biased": [cka_matrix(block.to_numpy(), estimator="biased") for block in blocks],
        "debiased": [between_cka_matrix(block, simulations=block["simulation"].to_numpy()) for block in blocks],
    }
    found: Numbers = {}
    for estimator, (inside, shown) in matrices.items():
        change = dict(zip(BLOCK_NUMBERS, block_numbers(shown) - block_numbers(inside), strict=True))
        for number, name in _CHANGES.items():
            sign = -1 if name.endswith("fall") else 1
            found[f"cka_{estimator}_{name}"] = sign * float(change[number])
        found[f"cka_{estimator}_distance"] = float(np.linalg.norm(shown - inside) / len(shown))
    return found


def pixel_numbers(
    inputs: Sequence[npt.NDArray[np.float32]],
    outside: npt.NDArray[np.bool_],
    maps: Pooled,
    *,
    n_components: int,
    n_folds: int,
    seed: int,
) -> Numbers:
    """Return how far the raw inputs are from each other: their distributions, and all that is asked of a layer."""
    together = np.empty((len(outside), *inputs[0].shape[1:]), dtype=np.float32)
    together[outside], together[~outside] = inputs
    gram = xr.DataArray(linear_gram(together)[None], dims=("layer", "map", "map_other"), coords={"layer": ["pixels"]})
    found = discrepancies(gram, maps, n_components=n_components, n_folds=n_folds, seed=seed)
    return pixel_distances(*inputs) | {f"pixel_{name}": float(values[0]) for name, values in found.items()}


def answer_changes(
    answers: xr.Dataset,
    own_answers: xr.Dataset,
    scatter: Sequence[xr.Dataset],
    others: Sequence[Sequence[xr.Dataset]],
) -> dict[str, npt.NDArray[np.float64]]:
    """Return what the answers themselves tell, (n_parameters,) each; what was not given is left out."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    sides = (answers, own_answers)
    if "std" in answers:
        found["sigma_ratio"] = deviation_ratio(*(_values(side, "std") for side in sides))
    if others[0]:
        trials = [[side, *more] for side, more in zip(sides, others, strict=True)]
        means = [[_values(trial, "mean") for trial in side] for side in trials]
        found["disagreement"] = disagreement_ratio(*means)
        if all("std" in trial for side in trials for trial in side):
            stds = [[_values(trial, "std") for trial in side] for side in trials]
            found["disagreement_in_sigma"] = disagreement_ratio(*means, std_out=stds[0], std_in=stds[1])
    if scatter:
        values = [_values(side, "scatter") for side in scatter]
        found["symmetry_scatter"] = scatter_ratio(*values)
        if all("sigma" in side for side in scatter):
            sigmas = [_values(side, "sigma") for side in scatter]
            found["symmetry_scatter_in_sigma"] = scatter_ratio(*values, sigma_out=sigmas[0], sigma_in=sigmas[1])
    return found


def _values(dataset: xr.Dataset, name: str) -> npt.NDArray[np.float64]:
    return dataset[name].to_numpy().astype(np.float64)

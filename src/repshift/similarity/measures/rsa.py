"""Representational similarity analysis (RSA) with Euclidean distances.

References
----------
Kriegeskorte et al. 2008, Frontiers in Systems Neuroscience 2, 4.
"""

from functools import partial
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import squared_distances
from repshift.similarity.measures.measure import SCALE_FREE, Measure
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import Grams, names_of, refuse_layers, rounding, varying_grams
from repshift.vocabulary import InputError

Correlation = Literal["pearson", "pearson_squared", "spearman"]


def rsa_matrix(grams: Grams, others: "Grams | None" = None, *, correlation: Correlation) -> npt.NDArray[np.float64]:
    """Return the correlation of the distances between maps, of every pair of layers.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), at least three maps; centred or not.
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    correlation
        Over the n (n - 1) / 2 pairs of maps. ``"pearson"`` of Euclidean distances; ``"pearson_squared"`` of squared
        ones, as rsatoolbox has it; ``"spearman"`` of their ranks, ties averaged, the same for both.

    Returns
    -------
    (layers, layers_other) float64, dimensionless, in [-1, 1]; positive on average even for independent layers where
    some maps stand out in both.

    Raises
    ------
    InputError
        If the matrices do not fit each other, there are fewer than three maps, the correlation is unknown, or a layer
        is constant or has all maps equally far apart.
    """
    if correlation not in get_args(Correlation):
        raise InputError(f"Unknown correlation '{correlation}'. There are {', '.join(get_args(Correlation))}.")
    if others is not None:
        require_same_maps(grams, others)
    rows = _standardised(grams, correlation)
    return rows @ (rows if others is None else _standardised(others, correlation)).T


def _standardised(grams: Grams, correlation: Correlation) -> npt.NDArray[np.float64]:
    """Return the distances of each layer, (layers, pairs of maps), with mean 0 and norm 1."""
    values = varying_grams(grams, fewest=3)
    first, second = np.triu_indices(values.shape[-1], 1)
    distances = squared_distances(values)[:, first, second]
    why = "has all maps equally far apart, so its distances correlate with nothing."
    refuse_layers(names_of(grams), np.ptp(distances, axis=1) <= rounding(values), why=why)
    if correlation == "pearson":
        # two equal maps may come out below zero by rounding
        distances = np.sqrt(np.maximum(distances, 0))
    if correlation == "spearman":
        distances = np.stack([_ranks(layer) for layer in distances])
    centred = distances - distances.mean(1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


RSA_PEARSON: Final = Measure(
    name="rsa_pearson",
    long_name="Pearson correlation of Euclidean distances",
    label="RSA\n(Pearson)",
    invariances=SCALE_FREE,
    function=partial(rsa_matrix, correlation="pearson"),
)
RSA_PEARSON_SQUARED: Final = Measure(
    name="rsa_pearson_squared",
    long_name="Pearson correlation of squared Euclidean distances",
    label="squared RSA\n(Pearson)",
    invariances=SCALE_FREE,
    function=partial(rsa_matrix, correlation="pearson_squared"),
)
RSA_SPEARMAN: Final = Measure(
    name="rsa_spearman",
    long_name="Spearman correlation of Euclidean distances",
    label="RSA\n(Spearman)",
    invariances=SCALE_FREE,
    function=partial(rsa_matrix, correlation="spearman"),
)

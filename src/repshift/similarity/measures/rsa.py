"""Representational similarity analysis (RSA) with Euclidean distances.

References
----------
Kriegeskorte et al. 2008, Frontiers in Systems Neuroscience 2, 4.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from repshift.similarity.choices import cka_of_products
from repshift.similarity.gram import squared_distances
from repshift.similarity.measures.measure import SCALE_FREE, Measure
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.portions import Resources
from repshift.similarity.stacks import Grams, names_of, refuse_layers, rounding, varying_grams
from repshift.vocabulary import InputError

_BESIDE: Final = 6
"""Arrays of all pairs of maps that a resample takes beside those of its layers."""

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


def weighted_rsa_matrices(
    grams: Grams,
    weights: npt.NDArray[np.float64],
    *,
    correlation: Correlation,
    resources: Resources | None = None,
) -> npt.NDArray[np.float64]:
    """Return `rsa_matrix` of many resamples of the maps, each drawn so many times.

    Parameters
    ----------
    grams, correlation
        As there.
    weights
        (resamples, n_maps), whole numbers, not negative: how often each map is drawn. Two of one map are no pair.
    resources
        What is held at a time beside the result.

    Returns
    -------
    (resamples, layers, layers) float64; with equal weights that of all maps.

    Raises
    ------
    InputError
        As there, or if a resample leaves fewer than three maps.

    Notes
    -----
    A pair of maps counts ``w_i w_j`` times. The rank of a distance is that weight of all smaller ones, and half of its
    own and that of its ties. So the distances are sorted once for all resamples. rsatoolbox sorts each, to the same
    numbers.
    """
    distances = _distances(grams, correlation)
    if ((weights > 0).sum(1) < 3).any():
        raise InputError("Weights are positive for three maps at least in each resample.")
    first, second = np.triu_indices(weights.shape[1], 1)
    n_layers, n_pairs = distances.shape
    placed = [_Sorted.of(layer) for layer in distances] if correlation == "spearman" else []
    allowed, found = resources or Resources(), np.empty((len(weights), n_layers, n_layers))

    def standardised(layers: range, counted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        values = np.stack([placed[one].ranks(counted) if placed else distances[[one]] for one in layers], axis=1)
        values = values - (values @ counted[:, :, None]) / counted.sum(1)[:, None, None]
        return np.asarray(values * np.sqrt(counted)[:, None])

    # as many layers at a time as one resample has room for: all, and then many resamples
    room = allowed.numbers // n_pairs - _BESIDE
    step = n_layers if room >= n_layers else max(1, room // 2)
    blocks = [range(start, min(start + step, n_layers)) for start in range(0, n_layers, step)]
    held = (step if len(blocks) == 1 else 2 * step) + _BESIDE
    what = f"A resample of {weights.shape[1]} maps"
    for some in allowed.portions(len(weights), each=held * n_pairs, what=what):
        counted = weights[some][:, first] * weights[some][:, second]
        for number, rows in enumerate(blocks):
            of_rows = standardised(rows, counted)
            for columns in blocks[number:]:
                of_columns = of_rows if columns is rows else standardised(columns, counted)
                products = of_rows @ of_columns.swapaxes(1, 2)
                found[some, rows.start : rows.stop, columns.start : columns.stop] = products
                found[some, columns.start : columns.stop, rows.start : rows.stop] = products.swapaxes(1, 2)
    return cka_of_products(found)


@dataclass(frozen=True)
class _Sorted:
    """Distances of one layer in ascending order.

    Attributes
    ----------
    order
        (pairs,): their places.
    before, last
        (pairs,): how many in this order are smaller, and the place in it of the last that is equal.
    """

    order: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]

    @classmethod
    def of(cls, distances: npt.NDArray[np.float64]) -> "_Sorted":
        order = np.argsort(distances, kind="stable")
        values = distances[order]
        return cls(order, np.searchsorted(values, values, "left"), np.searchsorted(values, values, "right") - 1)

    def ranks(self, counted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the ranks of the distances, less a half, each counted so often (resamples, pairs)."""
        total = np.zeros((len(counted), len(self.order) + 1))
        np.cumsum(counted[:, self.order], axis=1, out=total[:, 1:])
        found = np.empty_like(counted)
        found[:, self.order] = (total[:, self.before] + total[:, self.last + 1]) / 2
        return found


def _standardised(grams: Grams, correlation: Correlation) -> npt.NDArray[np.float64]:
    """Return the distances of each layer, (layers, pairs of maps), with mean 0 and norm 1."""
    distances = _distances(grams, correlation)
    if correlation == "spearman":
        distances = np.stack([_ranks(layer) for layer in distances])
    centred = distances - distances.mean(1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


def _distances(grams: Grams, correlation: Correlation) -> npt.NDArray[np.float64]:
    """Return the distances of each layer that are correlated, or ranked, (layers, pairs of maps)."""
    values = varying_grams(grams, fewest=3)
    first, second = np.triu_indices(values.shape[-1], 1)
    distances = squared_distances(values)[:, first, second]
    why = "has all maps equally far apart, so its distances correlate with nothing."
    refuse_layers(names_of(grams), np.ptp(distances, axis=1) <= rounding(values), why=why)
    # two equal maps may come out below zero by rounding
    return np.sqrt(np.maximum(distances, 0)) if correlation == "pearson" else distances


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
    weighted=partial(weighted_rsa_matrices, correlation="pearson"),
)
RSA_PEARSON_SQUARED: Final = Measure(
    name="rsa_pearson_squared",
    long_name="Pearson correlation of squared Euclidean distances",
    label="squared RSA\n(Pearson)",
    invariances=SCALE_FREE,
    function=partial(rsa_matrix, correlation="pearson_squared"),
    weighted=partial(weighted_rsa_matrices, correlation="pearson_squared"),
)
RSA_SPEARMAN: Final = Measure(
    name="rsa_spearman",
    long_name="Spearman correlation of Euclidean distances",
    label="RSA\n(Spearman)",
    invariances=SCALE_FREE,
    function=partial(rsa_matrix, correlation="spearman"),
    weighted=partial(weighted_rsa_matrices, correlation="spearman"),
)

"""Every measure of similarity by its name, and what it does not see."""

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.similarity.cka import cka_matrix
from repshift.similarity.gram import Grams
from repshift.similarity.kernels import WIDTH, rbf_cka_matrix
from repshift.similarity.neighbours import NEIGHBOURS, mutual_neighbours_matrix
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.procrustes import procrustes_matrix
from repshift.similarity.rsa import rsa_matrix
from repshift.similarity.svcca import SHARE, svcca_matrix
from repshift.vocabulary import InputError, Measure, Pairing

Invariance = Literal["rotation", "unit_order", "shift", "map_order", "scale", "linear_map"]

_OF_EVERY: Final[frozenset[Invariance]] = frozenset({"rotation", "unit_order", "shift", "map_order"})
_OF_MOST: Final[frozenset[Invariance]] = _OF_EVERY | {"scale"}

INVARIANCES: Final[dict[Measure, frozenset[Invariance]]] = {
    "cka_biased": _OF_MOST,
    "cka_debiased": _OF_MOST,
    "rbf_cka_biased": _OF_MOST,
    "rbf_cka_debiased": _OF_MOST,
    "rsa_pearson": _OF_MOST,
    "rsa_pearson_squared": _OF_MOST,
    "rsa_spearman": _OF_MOST,
    "procrustes_similarity": _OF_MOST,
    "procrustes_angle": _OF_MOST,
    "procrustes_distance": _OF_EVERY,
    "mutual_neighbours": _OF_MOST,
    "cca": _OF_MOST | {"linear_map"},
    "svcca": _OF_MOST,
}
"""What may happen to one representation, or to the order of the maps of both, without changing the measure.

``rotation``: any orthogonal map of the units, reflections among them. ``unit_order``: a permutation of the units.
``shift``: one vector added to every map. ``scale``: multiplication by one number. ``linear_map``: an invertible matrix.
``map_order``: the same permutation of the maps of both (for neighbours, but where distances tie).
"""

DISTANCES: Final[frozenset[Measure]] = frozenset({"procrustes_angle", "procrustes_distance"})
"""Measures that are 0 where two layers are alike and grow from there; the others are 1 there."""

PARAMETER: Final[dict[Measure, Literal["width", "neighbours", "share"]]] = {
    "rbf_cka_biased": "width",
    "rbf_cka_debiased": "width",
    "mutual_neighbours": "neighbours",
    "svcca": "share",
}
"""The argument of `similarity_matrix` that a measure depends on; none where it is missing."""

LONG_NAMES: Final[dict[Measure, str]] = {
    "cka_biased": "biased linear CKA",
    "cka_debiased": "debiased linear CKA",
    "rbf_cka_biased": "biased CKA with an RBF kernel",
    "rbf_cka_debiased": "debiased CKA with an RBF kernel",
    "rsa_pearson": "Pearson correlation of Euclidean distances",
    "rsa_pearson_squared": "Pearson correlation of squared Euclidean distances",
    "rsa_spearman": "Spearman correlation of Euclidean distances",
    "procrustes_similarity": "normalised Procrustes similarity",
    "procrustes_angle": "angular Procrustes distance",
    "procrustes_distance": "Procrustes distance, not normalised",
    "mutual_neighbours": "mean share of nearest neighbours in common",
    "cca": "mean canonical correlation",
    "svcca": "mean canonical correlation of leading directions",
}

UNITS: Final[dict[Measure, str]] = dict.fromkeys(LONG_NAMES, "1") | {"procrustes_angle": "rad"}

_MATRICES: Final[dict[Measure, Callable[..., npt.NDArray[np.float64]]]] = {
    "cka_biased": partial(cka_matrix, estimator="biased"),
    "cka_debiased": partial(cka_matrix, estimator="debiased"),
    "rbf_cka_biased": partial(rbf_cka_matrix, estimator="biased"),
    "rbf_cka_debiased": partial(rbf_cka_matrix, estimator="debiased"),
    "rsa_pearson": partial(rsa_matrix, correlation="pearson"),
    "rsa_pearson_squared": partial(rsa_matrix, correlation="pearson_squared"),
    "rsa_spearman": partial(rsa_matrix, correlation="spearman"),
    "procrustes_similarity": partial(procrustes_matrix, form="similarity"),
    "procrustes_angle": partial(procrustes_matrix, form="angle"),
    "procrustes_distance": partial(procrustes_matrix, form="distance"),
    "mutual_neighbours": mutual_neighbours_matrix,
    "cca": partial(svcca_matrix, share=1.0),
    "svcca": svcca_matrix,
}


def similarity_matrix(
    grams: Grams,
    others: "Grams | None" = None,
    *,
    measure: Measure,
    pairing: Pairing = "map",
    width: float = WIDTH,
    neighbours: int = NEIGHBOURS,
    share: float = SHARE,
) -> npt.NDArray[np.float64]:
    """Return a measure of similarity of every pair of layers, from Gram matrices alone.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), linear; centred or not. An ``xarray.DataArray`` may name its layers and maps.
    others
        (layers_other, n_maps, n_maps) of another network on the same maps, or of maps paired with them; without it,
        `grams` itself.
    measure
        A key of `INVARIANCES`; those in `DISTANCES` are 0 where alike.
    pairing
        What makes row i of the one the partner of row i of the other, as in `require_same_maps`.
    width
        Of the RBF kernel, as in `rbf_cka_matrix`; the other measures ignore it.
    neighbours
        Of each map, as in `mutual_neighbours_matrix`.
    share
        Of the variance that SVCCA keeps, as in `svcca_matrix`; ``cca`` keeps all.

    Returns
    -------
    (layers, layers_other) float64; units in `UNITS`.

    Raises
    ------
    InputError
        If the measure is unknown, rows are not paired, or as in the measure's own function.

    Examples
    --------
    >>> layers = np.random.default_rng(0).normal(size=(2, 8, 3))
    >>> similarity_matrix(layers @ layers.swapaxes(1, 2), measure="cca").round(3).shape
    (2, 2)
    """
    if measure not in _MATRICES:
        raise InputError(f"Unknown measure '{measure}'. The measures are {', '.join(_MATRICES)}.")
    if others is not None:
        require_same_maps(grams, others, pairing=pairing)
        others = _unnamed(others)
    arguments = {"width": width, "neighbours": neighbours, "share": share}
    chosen = {PARAMETER[measure]: arguments[PARAMETER[measure]]} if measure in PARAMETER else {}
    return _MATRICES[measure](grams, others, **chosen)


def _unnamed(grams: Grams) -> Grams:
    """Take the names off the maps, whose pairing has been checked; partners have names of their own."""
    return grams if isinstance(grams, np.ndarray) else grams.drop_vars("map", errors="ignore")

"""Centred kernel alignment (CKA): of two layers, of all pairs of layers, and summed over mini-batches.

References
----------
Kornblith et al. 2019, arXiv 1905.00414, eq. 4 (CKA).
Nguyen et al. 2021, "Do Wide and Deep Networks Learn the Same Things?", arXiv 2010.15327, eq. 2 (mini-batch CKA).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import is_constant
from repshift.similarity.hsic import HSICTerms, hsic_terms, require_same_maps
from repshift.vocabulary import Estimator, InputError


def cka(gram: npt.NDArray[np.float64], other: npt.NDArray[np.float64], *, estimator: Estimator) -> float:
    """Return the CKA of two Gram matrices of the same maps in the same order.

    Parameters
    ----------
    gram, other
        (n_maps, n_maps) each; centred or not.
    estimator
        ``"biased"``: in [0, 1], but near 1 for any two wide layers on few maps. ``"debiased"``: near 0 for independent
        layers, at most 1, may be negative; needs four maps.

    Returns
    -------
    CKA, dimensionless. It does not change when a representation is shifted, rotated, scaled by one number, or when the
    maps of both are reordered alike; it does under a general invertible linear map.

    Raises
    ------
    InputError
        If the matrices do not fit each other or the estimator, or a representation is constant.

    Examples
    --------
    >>> gram = np.diag([1.0, 2.0, 3.0, 4.0])
    >>> round(cka(gram, 5 * gram, estimator="biased"), 6)
    1.0
    """
    require_same_maps(gram, other)
    return float(cka_matrix(gram[None], other[None], estimator=estimator)[0, 0])


def cka_matrix(
    grams: npt.NDArray[np.float64], others: npt.NDArray[np.float64] | None = None, *, estimator: Estimator
) -> npt.NDArray[np.float64]:
    """Return the CKA of every pair of layers.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    estimator
        As in `cka`.

    Returns
    -------
    (layers, layers_other) float64.

    Raises
    ------
    InputError
        As in `cka`; names the position of a constant layer.
    """
    return cka_terms(grams, others, estimator=estimator).cka()


def minibatch_cka_matrix(batches: Iterable[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the mini-batch CKA of every pair of layers.

    Parameters
    ----------
    batches
        Gram matrices (layers, n_maps, n_maps) of one batch after the other, each of at least four maps; one is held at
        a time. Batches may differ in size.

    Returns
    -------
    (layers, layers) float64; with one batch the debiased CKA.

    Raises
    ------
    InputError
        If there is no batch, one is too small, or a layer is constant over all of them.

    Notes
    -----
    The three HSIC_1 terms are summed over the batches and divided once. The result depends on which maps share a
    batch, so shuffle by a recorded seed first; it does not depend on the order of batches or of maps within one.
    """
    return minibatch_cka_terms((grams, None) for grams in batches).cka()


def cka_terms(
    grams: npt.NDArray[np.float64], others: npt.NDArray[np.float64] | None = None, *, estimator: Estimator
) -> HSICTerms:
    """Return the HSIC terms of `cka_matrix`, after refusing constant layers; arguments as there."""
    terms = hsic_terms(grams, others, estimator=estimator)
    require_varying([is_constant(gram) for gram in grams])
    require_varying([is_constant(gram) for gram in ([] if others is None else others)])
    return terms


def minibatch_cka_terms(
    batches: Iterable[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]],
) -> HSICTerms:
    """Return the HSIC_1 terms summed over batches; each batch is the pair (grams, others) of `cka_matrix`."""
    total: HSICTerms | None = None
    constant: list[npt.NDArray[np.bool_]] = []
    for grams, others in batches:
        terms = hsic_terms(grams, others, estimator="debiased")
        total = terms if total is None else total + terms
        sides = [grams] if others is None else [grams, others]
        constant.append(np.array([[is_constant(gram) for gram in side] for side in sides]))
    if total is None:
        raise InputError("There is no batch: mini-batch CKA needs at least one of four maps.")
    for side in np.all(constant, axis=0):
        require_varying(side)
    return total


def require_varying(constant: Iterable[bool]) -> None:
    """Refuse layers that are constant.

    Raises
    ------
    InputError
        Naming the positions of the constant layers, from 0.
    """
    positions = [position for position, same in enumerate(constant) if same]
    if positions:
        raise InputError(f"Layer {positions} is constant over the maps, so it has no CKA. Leave it out.")

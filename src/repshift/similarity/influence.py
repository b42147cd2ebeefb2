"""Which maps carry the variance of the layers, and layers without their first principal component.

A few outlying maps make any two layers alike: both then say little but that these maps are far from all others.
"""

import numpy as np
import numpy.typing as npt

from repshift.similarity.between import split_between
from repshift.similarity.gram import centre
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.stacks import Grams, names_of, refuse_layers, rounding, varying_grams
from repshift.vocabulary import Estimator


def variance_shares(grams: Grams) -> npt.NDArray[np.float64]:
    """Return the share of each map in the variance of each layer.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.

    Returns
    -------
    (layers, n_maps), dimensionless, from 0 to 1 - 1 / n_maps; they sum to one in each layer.

    Raises
    ------
    InputError
        If it is no such stack, or a layer is constant over the maps.

    Notes
    -----
    The diagonal of the centred Gram matrix over its trace: the squared distance of a map from the mean of all.

    Examples
    --------
    >>> variance_shares(np.diag([0.0, 0.0, 0.0, 1.0])[None]).round(3)
    array([[0.083, 0.083, 0.083, 0.75 ]])
    """
    squares = np.diagonal(centre(varying_grams(grams, fewest=FEWEST_MAPS["biased"])), axis1=1, axis2=2)
    squares = np.maximum(squares, 0)  # a map at the very mean may be below zero by rounding
    return np.asarray(squares / squares.sum(1, keepdims=True))


def share_order(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the positions of the maps, (n_maps,), those of the largest mean share (layers, n_maps) first."""
    return np.argsort(-shares.mean(0), kind="stable")


def without_first_component(
    grams: Grams, *, simulations: npt.ArrayLike, estimator: Estimator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Take the first principal component out of every layer, as an estimator of CKA sees it.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.
    simulations
        (n_maps,) labels: maps with equal labels are of one simulation.
    estimator
        What is to be computed of the result.

    Returns
    -------
    Gram matrices (layers, n_maps, n_maps) of what is left, for this estimator alone, and the share of each layer's
    variance that the component had, (layers,), above 0 and at most 1.

    Raises
    ------
    InputError
        As in `variance_shares`, and if a layer has no more than one component.

    Notes
    -----
    ``K - c v v^T`` with v the first eigenvector of the centred K, and c such that the product of what is left with
    ``v v^T``, both centred as the estimator does, is zero. Biased, c is the eigenvalue. Debiased it is less, as in
    partial distance covariance: an eigenvalue holds the noise of the maps as well, so taking out all of it leaves
    ``-v v^T`` in the off-diagonal entries of all layers that share v, and makes independent ones alike: 0.29 with a
    thousand features of 50 maps, where this gives 0.

    References
    ----------
    Szekely & Rizzo 2014, Annals of Statistics 42, 2382 (arXiv 1310.2926), section 3: the projection.
    """
    centred = centre(varying_grams(grams, fewest=FEWEST_MAPS[estimator]))
    spectrum, vectors = np.linalg.eigh((centred + centred.swapaxes(-1, -2)) / 2)
    leading, vector = spectrum[:, -1], vectors[..., -1]
    component = vector[:, :, None] * vector[:, None, :]
    nothing = np.linalg.norm(centred - leading[:, None, None] * component, axis=(-2, -1)) <= rounding(centred)
    refuse_layers(
        names_of(grams), nothing, why="has one principal component only, so nothing is left without it. Leave it out."
    )
    size = leading if estimator == "biased" else _seen(centred, component, simulations)
    return centred - size[:, None, None] * component, leading / np.trace(centred, axis1=1, axis2=2)


def _seen(
    centred: npt.NDArray[np.float64], component: npt.NDArray[np.float64], simulations: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return how much of a component is in each Gram matrix by the debiased estimator, (layers,).

    That of a single outlying map is not seen at all, and so not taken out.
    """
    rows, directions = (split_between(values, simulations=simulations).rows() for values in (centred, component))
    squares = np.square(directions).sum(1)
    seen = squares > rounding(component) ** 2
    return np.asarray(np.where(seen, (rows * directions).sum(1) / np.where(seen, squares, 1), 0))

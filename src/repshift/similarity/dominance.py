"""Which maps carry the variance of the layers, and layers without their first principal component.

A few outlying maps make any two layers alike: both then say little but that these maps are far from all others.
"""

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import Grams, centre, refuse_layers, rounding, varying_grams

_FEWEST_MAPS = 2


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
    squares = np.diagonal(centre(varying_grams(grams, fewest=_FEWEST_MAPS)), axis1=1, axis2=2)
    squares = np.maximum(squares, 0)  # a map at the very mean may be below zero by rounding
    return np.asarray(squares / squares.sum(1, keepdims=True))


def dominance_order(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the positions of the maps, (n_maps,), those of the largest mean share (layers, n_maps) first."""
    return np.argsort(-shares.mean(0), kind="stable")


def without_first_component(grams: Grams) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Take the first principal component out of every layer.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.

    Returns
    -------
    Centred Gram matrices (layers, n_maps, n_maps) of what is left, and the share of each layer's variance that the
    component had, (layers,), above 0 and at most 1.

    Raises
    ------
    InputError
        As in `variance_shares`, and if a layer has no more than one component.

    Notes
    -----
    ``K - lambda v v^T`` of the centred K, with its largest eigenvalue and the eigenvector of that. Which map is which
    stays out of it, so the debiased CKA of independent layers is still zero on average.
    """
    centred = centre(varying_grams(grams, fewest=_FEWEST_MAPS))
    spectrum, vectors = np.linalg.eigh((centred + centred.swapaxes(-1, -2)) / 2)
    leading, vector = spectrum[:, -1], vectors[..., -1]
    left = centred - leading[:, None, None] * vector[:, :, None] * vector[:, None, :]
    nothing = np.linalg.norm(left, axis=(-2, -1)) <= rounding(centred)
    refuse_layers(grams, nothing, why="has one principal component only, so nothing is left without it. Leave it out.")
    return left, leading / np.trace(centred, axis1=1, axis2=2)

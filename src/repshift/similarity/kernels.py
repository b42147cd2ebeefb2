"""CKA with a radial basis function (RBF) kernel, from linear Gram matrices.

References
----------
Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", arXiv 1905.00414, section 3.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.cka import cka_matrix
from repshift.similarity.gram import ROUNDING, Grams, refuse_layers, rounding, squared_distances, varying_grams
from repshift.similarity.pairing import require_same_maps
from repshift.vocabulary import Estimator, InputError

WIDTH: Final = 0.5
"""Width of the kernel, in units of the root of the median squared distance."""


def rbf_cka_matrix(
    grams: Grams, others: "Grams | None" = None, *, estimator: Estimator, width: float = WIDTH
) -> npt.NDArray[np.float64]:
    """Return the CKA of every pair of layers with an RBF kernel.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), linear; centred or not.
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    estimator
        As in `repshift.cka`; the debiased one needs four maps.
    width
        As in `rbf_grams`.

    Returns
    -------
    (layers, layers_other) float64, dimensionless; in [0, 1] where biased, at most 1 and maybe negative where debiased.

    Raises
    ------
    InputError
        As in `repshift.cka_matrix` and `rbf_grams`.
    """
    if others is not None:
        require_same_maps(grams, others)
    columns = None if others is None else rbf_grams(others, width=width)
    return cka_matrix(rbf_grams(grams, width=width), columns, estimator=estimator)


def rbf_grams(grams: Grams, *, width: float = WIDTH) -> npt.NDArray[np.float64]:
    """Return the Gram matrices of an RBF kernel, (layers, n_maps, n_maps), values in (0, 1].

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), linear; centred or not.
    width
        Standard deviation of the kernel over the root of the median squared distance, positive.

    Raises
    ------
    InputError
        If the width is not positive, or so small or large that all pairs of maps of a layer are alike, or a layer is
        constant, or half its distances or more are zero.

    Notes
    -----
    ``exp(-d_ij^2 / (2 width^2 m))`` with ``d_ij^2 = K_ii + K_jj - 2 K_ij`` and m the median of all n^2 squared
    distances of the layer, the n zeros of the diagonal included.
    """
    if not width > 0:
        raise InputError(f"The width of the RBF kernel is {width}; it has to be positive.")
    values = varying_grams(grams, fewest=2)
    distances = squared_distances(values)
    medians = np.median(distances, axis=(-2, -1))
    why = "has a median distance of zero, which sets the width of the RBF kernel: too many of its maps are equal."
    refuse_layers(grams, medians <= rounding(values), why=why)
    kernels = np.exp(-distances / (2 * width**2 * medians[:, None, None]))
    apart = kernels[:, ~np.eye(kernels.shape[-1], dtype=bool)]
    why = f"has one value of the RBF kernel for all pairs of maps. Choose another width than {width}."
    refuse_layers(grams, np.ptp(apart, axis=1) <= ROUNDING, why=why)
    return kernels

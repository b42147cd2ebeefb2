"""Gram matrices of a radial basis function (RBF) kernel, from linear ones.

References
----------
Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", arXiv 1905.00414, section 3.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import squared_distances
from repshift.similarity.stacks import ROUNDING, Grams, names_of, refuse_layers, rounding, varying_grams
from repshift.vocabulary import InputError

WIDTH: Final = 0.5
"""Width of the kernel, in units of the root of the median squared distance."""


def rbf_grams(grams: Grams, *, width: float = WIDTH) -> npt.NDArray[np.float64]:
    r"""Return the Gram matrices of an RBF kernel, (layers, n_maps, n_maps), values in (0, 1].

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
    .. math:: \exp\left( -\frac{d_{ij}^2}{2 \, \mathrm{width}^2 \, m} \right), \qquad
        d_{ij}^2 = K_{ii} + K_{jj} - 2 K_{ij},

    with the median m of all n^2 squared distances of the layer, the n zeros of the diagonal included.
    """
    if not width > 0:
        raise InputError(f"The width of the RBF kernel is {width}; it has to be positive.")
    values = varying_grams(grams, fewest=2)
    distances = squared_distances(values)
    medians = np.median(distances, axis=(-2, -1))
    why = "has a median distance of zero, which sets the width of the RBF kernel: too many of its maps are equal."
    refuse_layers(names_of(grams), medians <= rounding(values), why=why)
    kernels = np.exp(-distances / (2 * width**2 * medians[:, None, None]))
    apart = kernels[:, ~np.eye(kernels.shape[-1], dtype=bool)]
    why = f"has one value of the RBF kernel for all pairs of maps. Choose another width than {width}."
    refuse_layers(names_of(grams), np.ptp(apart, axis=1) <= ROUNDING, why=why)
    return kernels

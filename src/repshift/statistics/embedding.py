r"""Points of a layer in two dimensions: principal components, and t-SNE from there.

Notes
-----
Of representations X (n_maps, n_units), centred over maps, the Gram matrix :math:`X X^T = U \Lambda U^T` has all
distances between maps. The principal coordinates :math:`U \Lambda^{1/2}` are those of principal component analysis,
and keep these distances exactly in at most n_maps - 1 axes. So t-SNE reads them in place of the units.

References
----------
van der Maaten & Hinton 2008, "Visualizing data using t-SNE"; Kobak & Berens 2019, arXiv 1812.06949, on its start.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

METHODS: Final = {"pca": "principal components", "tsne": "t-SNE"}
"""Of embedding, and how figures call them."""

START: Final = 1e-4
"""Standard deviation of the first coordinate where t-SNE starts."""

_ROUNDING: Final = 1e-10

Coordinates = npt.NDArray[np.float64]


def principal_coordinates(representations: npt.NDArray[np.floating]) -> tuple[Coordinates, Coordinates]:
    """Return the coordinates of maps along principal components, and the share of variance of each.

    Parameters
    ----------
    representations
        (n_maps, n_units), at least 2 maps.

    Returns
    -------
    (n_maps, n_axes) float64, axes by falling variance, the largest coordinate in size of each positive; (n_axes,) in
    [0, 1]. Axes without variance, as rounding leaves them, are left out; there are two axes at least.

    Raises
    ------
    InputError
        If there are fewer than two maps, a value is not finite, or all maps are alike.
    """
    raise NotImplementedError


def neighbour_embedding(coordinates: Coordinates, *, perplexity: float, seed: int) -> Coordinates:
    """Return maps in two dimensions by t-SNE, started from their first two coordinates.

    Parameters
    ----------
    coordinates
        (n_maps, n_axes), of `principal_coordinates`; at least two axes.
    perplexity
        About the number of neighbours that a map is drawn to; above 1 and below a third of the maps.
    seed
        Of the random numbers; the start leaves little to them.

    Returns
    -------
    (n_maps, 2) float64, in units without meaning.

    Raises
    ------
    InputError
        If the perplexity does not fit the number of maps.
    """
    raise NotImplementedError

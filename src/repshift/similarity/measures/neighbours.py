"""Mutual nearest neighbours: whether two representations put the same maps beside each map.

References
----------
Huh et al. 2024, "The Platonic Representation Hypothesis", arXiv 2405.07987.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import squared_distances
from repshift.similarity.measures.measure import SCALE_FREE, Measure, Option
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import Grams, varying_grams
from repshift.vocabulary import InputError

NEIGHBOURS: Final = 10
"""Neighbours of a map, as in Huh et al."""


def mutual_neighbours_matrix(
    grams: Grams, others: "Grams | None" = None, *, neighbours: int = NEIGHBOURS
) -> npt.NDArray[np.float64]:
    """Return the mean share of nearest neighbours that two layers have in common, of every pair of layers.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    neighbours
        Neighbours of each map, at least 1 and fewer than the maps; a map is none of its own. Nearest by Euclidean
        distance; of maps at the same distance, as computed, those with the lower index.

    Returns
    -------
    (layers, layers_other) float64, dimensionless, in [0, 1]; neighbours / (n_maps - 1) on average for independent
    layers.

    Raises
    ------
    InputError
        If the matrices do not fit each other or the number of neighbours, or a layer is constant.

    Notes
    -----
    Huh et al. take the largest inner products of representations scaled to norm 1 map by map: for such, the same.
    """
    if others is not None:
        require_same_maps(grams, others)
    rows = _neighbourhoods(grams, neighbours)
    columns = rows if others is None else _neighbourhoods(others, neighbours)
    return np.asarray(rows @ columns.T / (grams.shape[-1] * neighbours))


def _neighbourhoods(grams: Grams, neighbours: int) -> npt.NDArray[np.float64]:
    """Return 1 where a map is a neighbour of another and 0 elsewhere, (layers, n_maps^2)."""
    values = varying_grams(grams, fewest=2)
    n = values.shape[-1]
    if not 1 <= neighbours < n:
        raise InputError(f"{neighbours} neighbours of {n} maps: choose at least 1 and fewer than there are maps.")
    distances = squared_distances(values)
    distances[:, np.arange(n), np.arange(n)] = np.inf
    nearest = np.argsort(distances, axis=-1, kind="stable")[..., :neighbours]
    found = np.zeros_like(distances)
    np.put_along_axis(found, nearest, 1.0, axis=-1)
    return found.reshape(len(found), -1)


MUTUAL_NEIGHBOURS: Final = Measure(
    name="mutual_neighbours",
    long_name="mean share of nearest neighbours in common",
    label="mutual\nneighbours",
    invariances=SCALE_FREE,
    function=mutual_neighbours_matrix,
    option=Option(
        name="neighbours",
        default=NEIGHBOURS,
        description="number of neighbours of each map, for mutual_neighbours",
        minimum=1,
    ),
    depends_on_number=True,
)

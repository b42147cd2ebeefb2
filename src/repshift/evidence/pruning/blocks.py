"""Which neighbouring layers are one block, and how like the layer before a layer is."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from repshift.similarity.cka import cka_matrix
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


def mean_cka(grams: Values, judged: npt.NDArray[np.bool_]) -> Values:
    """Return the debiased CKA of all pairs of layers on the maps of each split, the mean over splits.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), a map of each simulation.
    judged
        (splits, n_maps): the maps of each split, four or more.
    """
    each = [cka_matrix(grams[:, which][:, :, which], estimator="debiased") for which in judged]
    return np.asarray(np.mean(each, axis=0))


def blocks_of(matrix: Values, *, alike: float) -> list[tuple[int, int]]:
    """Return the blocks of a matrix of CKA: the longest runs of neighbours of which all pairs reach `alike`.

    Parameters
    ----------
    matrix
        (layers, layers), symmetric.
    alike
        Above 0, at most 1.

    Returns
    -------
    First and last place of each, two layers or more; a block within another is left out, others may overlap.

    Raises
    ------
    InputError
        If `alike` is out of range.

    Examples
    --------
    >>> blocks_of(np.array([[1, 0.95, 0.2], [0.95, 1, 0.4], [0.2, 0.4, 1]]), alike=0.9)
    [(0, 1)]
    """
    if not 0 < alike <= 1:
        raise InputError(f"Layers are a block from a CKA of {alike:g}. Expected above 0, at most 1.")
    found: list[tuple[int, int]] = []
    for first in range(len(matrix)):
        last = first
        while last + 1 < len(matrix) and (matrix[first : last + 1, last + 1] >= alike).all():
            last += 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found


def runs_of(blocks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return every run of two layers or more within a block, once, by its first and its last place.

    Examples
    --------
    >>> runs_of([(0, 2)])
    [(0, 1), (0, 2), (1, 2)]
    """
    found = {(first, last) for low, high in blocks for first in range(low, high) for last in range(first + 1, high + 1)}
    return sorted(found)

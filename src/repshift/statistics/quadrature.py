"""Integrals on [0, 1] as sums over nodes."""

from functools import cache

import numpy as np


@cache
def gauss_legendre(n_nodes: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the nodes of Gauss and Legendre on [0, 1], 1 or more, and their weights, which sum to 1.

    Examples
    --------
    >>> gauss_legendre(1)
    ((0.5,), (1.0,))
    """
    places, weights = np.polynomial.legendre.leggauss(n_nodes)
    return tuple(map(float, (places + 1) / 2)), tuple(map(float, weights / 2))

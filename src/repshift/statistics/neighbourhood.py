r"""Whether a picture of points keeps their neighbours: trustworthiness, continuity, and the share of them kept.

Notes
-----
Of n points, :math:`r(i, j)` is the rank of j among the neighbours of i in the layer, 1 for the nearest, and
:math:`\hat r(i, j)` the same in the picture. With k neighbours

.. math::
   T = 1 - \frac{2}{n k (2 n - 3 k - 1)} \sum_i \sum_{j:\,\hat r(i, j) \le k < r(i, j)} (r(i, j) - k).

Trustworthiness T falls by points that the picture alone puts close. Continuity is the same with :math:`r` and
:math:`\hat r` exchanged: it falls by neighbours that the picture tears apart. Both are 1 where the k nearest are the
same, and about 1/2 for a picture of independent points.

References
----------
Venna & Kaski 2001, "Neighborhood preservation in nonlinear projection methods", equations 1 and 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Preservation:
    """How well a picture keeps the neighbours of points; all dimensionless, in [0, 1].

    Attributes
    ----------
    trustworthiness, continuity
        As in the notes above.
    kept
        Share of the k nearest neighbours that are among the k nearest of the picture; k / (n - 1) by chance.
    """

    trustworthiness: float
    continuity: float
    kept: float


def neighbour_ranks(coordinates: npt.NDArray[np.floating]) -> Ranks:
    """Return the rank of each point among the neighbours of each point.

    Parameters
    ----------
    coordinates
        (n_points, n_axes), in units that all axes share.

    Returns
    -------
    (n_points, n_points): 1 for the nearest of a row's point, by Euclidean distance; of points at one distance the one
    with the lower index. The point itself has rank 0.

    Raises
    ------
    InputError
        If a coordinate is not finite.
    """
    held = np.asarray(coordinates, dtype=np.float64)
    if not np.isfinite(held).all():
        raise InputError("Coordinates of points are not all finite. Neighbours are of finite coordinates.")
    centred = held - held.mean(axis=0)
    squares = (centred**2).sum(axis=1)
    distances = squares[:, None] + squares[None] - 2 * centred @ centred.T
    np.fill_diagonal(distances, -np.inf)
    return np.argsort(np.argsort(distances, axis=1, kind="stable"), axis=1, kind="stable")


def preservation(ranks: Ranks, ranks_of_picture: Ranks, *, neighbours: int) -> Preservation:
    """Return how well a picture keeps the neighbours of points.

    Parameters
    ----------
    ranks, ranks_of_picture
        (n_points, n_points) of `neighbour_ranks`, of the same points in the same order.
    neighbours
        Neighbours k of a point, at least 1 and fewer than half of the points.

    Raises
    ------
    InputError
        If the points are not as many, or too few for that many neighbours.
    """
    if ranks.shape != ranks_of_picture.shape:
        raise InputError(f"Ranks of {len(ranks)} points and of {len(ranks_of_picture)}: give the same points.")
    _require_neighbours(neighbours, len(ranks))
    near, close = (_nearest(one, neighbours) for one in (ranks, ranks_of_picture))
    return Preservation(
        trustworthiness=_without_intruders(ranks, close, neighbours),
        continuity=_without_intruders(ranks_of_picture, near, neighbours),
        kept=float((near & close).sum() / (len(ranks) * neighbours)),
    )


def same_group_share(ranks: Ranks, groups: Sequence[object], *, neighbours: int) -> tuple[float, float]:
    r"""Return the mean share of a point's nearest neighbours that are of its own group, and that by chance.

    Parameters
    ----------
    ranks
        (n_points, n_points) of `neighbour_ranks`.
    groups
        (n_points,): the group of each point, such as its domain.
    neighbours
        Neighbours of a point, at least 1 and fewer than half of the points.

    Returns
    -------
    Both in [0, 1]. By chance is the mean of :math:`(n_g - 1) / (n - 1)` over points, with :math:`n_g` points in the
    point's own group.

    Raises
    ------
    InputError
        If there are too few points for that many neighbours.
    """
    _require_neighbours(neighbours, len(ranks))
    names = np.asarray([str(group) for group in groups])
    alike = names[:, None] == names[None]
    chance = float((alike.sum(axis=1) - 1).mean() / (len(ranks) - 1))
    return float((alike & _nearest(ranks, neighbours)).sum() / (len(ranks) * neighbours)), chance


def _require_neighbours(neighbours: int, n_points: int) -> None:
    if not 1 <= neighbours < n_points / 2:
        raise InputError(
            f"{neighbours} neighbours of {n_points} points: choose 1 or more and fewer than half of these."
        )


def _nearest(ranks: Ranks, neighbours: int) -> npt.NDArray[np.bool_]:
    return (ranks >= 1) & (ranks <= neighbours)


def _without_intruders(ranks: Ranks, chosen: npt.NDArray[np.bool_], neighbours: int) -> float:
    """Return 1 less the normalised sum of ranks beyond k of the points that are `chosen` as neighbours."""
    n = len(ranks)
    beyond = np.where(chosen & (ranks > neighbours), ranks - neighbours, 0).sum()
    return float(1 - 2 * beyond / (n * neighbours * (2 * n - 3 * neighbours - 1)))

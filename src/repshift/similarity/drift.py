"""How far a layer has moved from itself: CKA and distance of the same maps before and after a perturbation.

With the numbers that leave out a map each, for the jackknife, all at the cost of one.

References
----------
Song et al. 2012, JMLR 13, 1393, eq. 5 (HSIC_1).
Efron & Stein 1981, "The Jackknife Estimate of Variance", Annals of Statistics 9, 586.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import centre

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LeaveOneOut:
    """A number of each layer.

    Attributes
    ----------
    value
        (layers,), of all maps.
    without
        (layers, n_maps), of all maps but one.
    """

    value: Values
    without: Values


def paired_cka(grams: Values, others: Values) -> LeaveOneOut:
    r"""Return the debiased CKA of each layer with itself under a perturbation.

    Parameters
    ----------
    grams, others
        (layers, n_maps, n_maps): Gram matrices of the same maps, one of each simulation, before and after; five maps
        or more.

    Returns
    -------
    At most 1 in expectation, 1 where nothing changes; NaN where a layer is constant over the maps.

    Notes
    -----
    HSIC_1 of matrices K and L without their diagonals, up to a factor that is common to all terms of CKA, is

    .. math:: \sum_{ij} K_{ij} L_{ij} + \frac{\sum K \sum L}{(n - 1)(n - 2)} - \frac{2}{n - 2} \sum_i K_{i.} L_{i.}

    of which each term loses what a map adds to it when that is left out.
    """
    apart = 1 - np.eye(grams.shape[-1])
    before, after = (centre(values) * apart for values in (grams, others))
    terms = [_hsic(*pair) for pair in ((before, after), (before, before), (after, after))]
    value, without = (_ratio(*(getattr(one, name) for one in terms)) for name in ("value", "without"))
    return LeaveOneOut(value, without)


def relative_distance(grams: Values, squares: Values) -> LeaveOneOut:
    r"""Return how far maps have moved over how far they are apart, in each layer.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps) before.
    squares
        (layers, n_maps): squared distance of each map from itself before.

    Returns
    -------
    0 or more, 0 where nothing changes; NaN where a layer is constant over the maps.

    Notes
    -----
    .. math:: \sqrt{\sum_i |x'_i - x_i|^2 / \sum_i |x_i - \bar x|^2}
    """
    n = grams.shape[-1]
    around = np.diagonal(centre(grams), axis1=-2, axis2=-1)
    total = around.sum(-1)
    apart = total[:, None] - around * (n / (n - 1))
    moved = squares.sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total > 0, np.sqrt(moved / total), np.nan)
        without = np.where(apart > 0, np.sqrt(np.maximum(moved[:, None] - squares, 0) / apart), np.nan)
    return LeaveOneOut(value, without)


def _hsic(gram: Values, other: Values) -> LeaveOneOut:
    """Return HSIC_1, up to a common factor, of matrices without diagonals (layers, n_maps, n_maps)."""
    n = gram.shape[-1]
    products = gram * other
    of_map = products.sum(-1)
    rows, rows_other = gram.sum(-1), other.sum(-1)
    total, total_other = rows.sum(-1), rows_other.sum(-1)
    squares, cross = of_map.sum(-1), (rows * rows_other).sum(-1)
    value = squares + total * total_other / ((n - 1) * (n - 2)) - 2 / (n - 2) * cross
    shared = (gram @ rows_other[..., None] + other @ rows[..., None])[..., 0]
    fewer_cross = cross[:, None] - rows * rows_other - shared + of_map
    fewer_totals = (total[:, None] - 2 * rows) * (total_other[:, None] - 2 * rows_other)
    fewer = squares[:, None] - 2 * of_map + fewer_totals / ((n - 2) * (n - 3)) - 2 / (n - 3) * fewer_cross
    return LeaveOneOut(value, fewer)


def _ratio(across: Values, before: Values, after: Values) -> Values:
    """Return CKA of its three terms; NaN where a layer has no HSIC with itself."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where((before > 0) & (after > 0), across / np.sqrt(before * after), np.nan))

"""Ranks of the pixels of maps, and rank correlations of two maps, many maps at a time.

References
----------
Spearman 1904, "The Proof and Measurement of Association between Two Things", Am. J. Psychol. 15, 72.
"""

from itertools import cycle

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


def mid_ranks(values: npt.NDArray[np.floating]) -> Values:
    """Return ranks along the last axis, as shares in (0, 1); equal values share the middle of theirs.

    Examples
    --------
    >>> mid_ranks(np.array([3.0, 1.0, 1.0, 9.0])).tolist()
    [0.625, 0.25, 0.25, 0.875]
    """
    flat = values.reshape(-1, values.shape[-1])
    return np.stack([_of_row(row) for row in flat]).reshape(values.shape)


def map_correlations(values: npt.NDArray[np.floating], others: npt.NDArray[np.floating]) -> Values:
    """Return Spearman's rank correlation of each map with another, over all of its pixels.

    Parameters
    ----------
    values
        (..., n_maps, n_pixels).
    others
        The same, or (n_maps, n_pixels): with which all are compared. Equal values share the middle of their ranks.

    Returns
    -------
    (..., n_maps), from -1 to 1; NaN where either map is constant.

    Raises
    ------
    InputError
        If the shapes disagree.
    """
    if others.shape not in (values.shape, values.shape[-2:]):
        raise InputError(f"Maps {values.shape} and {others.shape} disagree: expected as many maps, of as many pixels.")
    rows, known = values.reshape(-1, values.shape[-1]), (mid_ranks(others) - 0.5).reshape(-1, others.shape[-1])
    pairs = zip(rows, cycle(known), strict=False)
    return np.array([_correlation(_of_row(row) - 0.5, other) for row, other in pairs]).reshape(values.shape[:-1])


def correlations_between(maps: npt.NDArray[np.floating]) -> Values:
    """Return the rank correlation of every two kinds of maps (kinds, ..., n_pixels), (kinds, kinds, ...).

    NaN where either map is constant.
    """
    centred = mid_ranks(maps) - 0.5
    products = np.einsum("a...p,b...p->ab...", centred, centred)
    squares = np.square(centred).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.clip(products / np.sqrt(squares[:, None] * squares), -1, 1))


def _of_row(row: npt.NDArray[np.floating]) -> Values:
    """Return the ranks of some values (n_pixels,)."""
    order = np.argsort(row)
    ordered = row[order]
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    ends = np.append(np.flatnonzero(starts), len(row))
    ranks = np.empty(len(row))
    ranks[order] = ((ends[:-1] + ends[1:]) / 2)[np.cumsum(starts) - 1] / len(row)
    return ranks


def _correlation(ranks: Values, others: Values) -> float:
    """Return the correlation of centred ranks; NaN where either is constant."""
    size = float(np.sqrt((ranks @ ranks) * (others @ others)))
    return float(np.clip(ranks @ others / size, -1, 1)) if size > 0 else np.nan

"""What a network errs where only the maps are kept that a score trusts most.

References
----------
El-Yaniv & Wiener 2010, "On the Foundations of Noise-free Selective Classification", JMLR 11, 1605.
Geifman & El-Yaniv 2017, "Selective Classification for Deep Neural Networks", arXiv 1705.08500.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SHARES: Final = tuple(round(0.05 * number, 2) for number in range(1, 21))
"""Shares of the maps that are kept, of a curve."""


def risk_curves(score: Values, loss: Values, *, weights: Values, shares: Values) -> Values:
    """Return the mean loss of the share of maps that a score trusts most, of many weightings of the maps.

    Parameters
    ----------
    score
        (n_maps,): larger where a map is trusted less. Maps of one score are taken in any order: the mean of all orders.
    loss
        (n_maps,), 0 or more, in any unit.
    weights
        (n_resamples, n_maps): how often each map counts.
    shares
        (n_shares,), in (0, 1].

    Returns
    -------
    (n_resamples, n_shares), in the unit of the loss.

    Examples
    --------
    >>> risk_curves(np.arange(4.0), np.arange(4.0), weights=np.ones((1, 4)), shares=np.array([0.5, 1.0]))
    array([[0.5, 1.5]])
    """
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf) > 0)
    counts = weights[:, order]
    of_step = np.add.reduceat(counts, starts, axis=1)
    loss_of_step = np.add.reduceat(counts * loss[order], starts, axis=1)
    kept, lost = np.cumsum(of_step, axis=1), np.cumsum(loss_of_step, axis=1)
    rows = np.arange(len(weights))
    found = []
    for share in shares:
        wanted = share * kept[:, -1]
        step = np.minimum((kept < wanted[:, None] * (1 - 1e-12)).sum(1), kept.shape[1] - 1)
        mean_of_step = loss_of_step[rows, step] / of_step[rows, step]
        before = kept[rows, step] - of_step[rows, step], lost[rows, step] - loss_of_step[rows, step]
        found.append((before[1] + (wanted - before[0]) * mean_of_step) / wanted)
    return np.stack(found, axis=1)


def relative_area(curves: Values) -> Values:
    """Return the mean of curves (..., n_shares) over their last point, that of all maps, (...): 1 for a random order.

    NaN where all maps together have no risk.
    """
    whole = curves[..., -1]
    return np.asarray(np.divide(curves.mean(-1), whole, out=np.full(whole.shape, np.nan), where=whole > 0))

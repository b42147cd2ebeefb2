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

_ROUNDING: Final = 1e-9

SHARES: Final = tuple(round(0.05 * number, 2) for number in range(1, 21))
"""Shares of the maps that are kept, of a curve."""


def risk_curves(score: Values, loss: Values, *, weights: Values, shares: Values) -> Values:
    r"""Return the mean loss of the share of maps that a score trusts most, of many weightings of the maps.

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

    Notes
    -----
    With the maps in ascending order of the score, weights w and losses l, the map that the share s ends within counting
    in part,

    .. math:: R(s) = \frac{1}{s \sum_i w_i} \sum_{i \le k(s)} w_i l_i.

    Examples
    --------
    >>> risk_curves(np.arange(4.0), np.arange(4.0), weights=np.ones((1, 4)), shares=np.array([0.5, 1.0]))
    array([[0.5, 1.5]])
    """
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf) > 0)
    counts = weights[:, order]
    of_step, loss_of_step = (_steps(one, starts) for one in (counts, counts * loss[order]))
    kept, lost = np.cumsum(of_step, axis=1), np.cumsum(loss_of_step, axis=1)
    wanted = shares * kept[:, -1:]
    step = _first_reaching(kept, shares)
    of_that, loss_of_that, all_kept, all_lost = (
        np.take_along_axis(one, step, axis=1) for one in (of_step, loss_of_step, kept, lost)
    )
    missing = wanted - (all_kept - of_that)
    return np.asarray((all_lost - loss_of_that + missing * loss_of_that / of_that) / wanted)


def _steps(values: Values, starts: npt.NDArray[np.int64]) -> Values:
    """Return sums of values (n_resamples, n_maps) over maps of one score, which begin at `starts`."""
    return values if len(starts) == values.shape[1] else np.asarray(np.add.reduceat(values, starts, axis=1))


def _first_reaching(kept: Values, shares: Values) -> npt.NDArray[np.int64]:
    """Return the first step at which a share of all is kept, (n_resamples, n_shares), of sums (n_resamples, n_steps).

    Rows are laid one after the other, a unit apart, so that one search is of all of them.
    """
    n_rows, n_steps = kept.shape
    rows = np.arange(n_rows)[:, None]
    found = np.searchsorted((kept / kept[:, -1:] + rows).ravel(), (shares - _ROUNDING + rows).ravel())
    return np.asarray(np.minimum(found.reshape(n_rows, -1) - n_steps * rows, n_steps - 1))


def relative_area(curves: Values) -> Values:
    r"""Return the mean of curves (..., n_shares) over their last point, that of all maps, (...): 1 for a random order.

    .. math:: \frac{1}{n R(1)} \sum_s R(s)

    NaN where all maps together have no risk.
    """
    whole = curves[..., -1]
    return np.asarray(np.divide(curves.mean(-1), whole, out=np.full(whole.shape, np.nan), where=whole > 0))

"""Rank correlations of two numbers, plain and partial, of many weightings of the same pairs at a time.

References
----------
Spearman 1904, "The Proof and Measurement of Association between Two Things", Am. J. Psychol. 15, 72.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Numbers: TypeAlias = npt.NDArray[np.float64]

_ROUNDING: Final = 1e-10


def spearman(predictor: Numbers, response: Numbers, *, weights: Numbers | None = None) -> Numbers:
    """Return Spearman's rank correlation of two numbers (n_pairs,), of many weightings at a time.

    Parameters
    ----------
    predictor, response
        (n_pairs,) each, finite. Equal values share the mean of their ranks.
    weights
        (..., n_pairs): how often each pair counts; without them, once.

    Returns
    -------
    (...), from -1 to 1; NaN where either is constant.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 27.0])).round(6).item()
    1.0
    """
    counts = np.ones(len(predictor)) if weights is None else weights
    return weighted_correlation(ranks(predictor, counts), ranks(response, counts), counts)


def partial_spearman(
    predictor: Numbers, response: Numbers, *, controls: Numbers, weights: Numbers | None = None
) -> Numbers:
    """Return the rank correlation of what the ranks of some controls leave unexplained of both sides.

    Parameters
    ----------
    predictor, response, weights
        As in `spearman`.
    controls
        (n_pairs, n_controls): their ranks are taken, and both sides' ranks regressed on them.

    Returns
    -------
    As in `spearman`; NaN also where the controls explain a side wholly.

    Raises
    ------
    InputError
        If there are as many controls as pairs, or nearly so.
    """
    counts = np.ones(len(predictor)) if weights is None else weights
    if controls.ndim != 2 or len(controls) != len(predictor) or controls.shape[1] > len(predictor) - 3:
        raise InputError(
            f"Controls {controls.shape} of {len(predictor)} pairs: expected as many rows, and fewer columns by three."
        )
    known = np.stack([ranks(control, counts) for control in controls.T], axis=-1)
    return weighted_correlation(
        _residuals(ranks(predictor, counts), known, counts),
        _residuals(ranks(response, counts), known, counts),
        counts,
    )


def ranks(values: Numbers, weights: Numbers) -> Numbers:
    """Return ranks (..., n_pairs) of values that count `weights` times, equal ones in the middle of theirs."""
    order = np.argsort(values, kind="stable")
    is_first = np.diff(values[order], prepend=-np.inf) > 0
    group = np.empty(len(values), dtype=np.int64)
    group[order] = np.cumsum(is_first) - 1
    counts = weights[..., order]
    if not is_first.all():
        counts = np.add.reduceat(counts, np.flatnonzero(is_first), axis=-1)
    return np.asarray((np.cumsum(counts, axis=-1) - counts / 2)[..., group])


def weighted_correlation(values: Numbers, others: Numbers, weights: Numbers) -> Numbers:
    """Return Pearson's correlation along the last axis; NaN where a side is constant up to rounding."""
    total = weights.sum(-1, keepdims=True)
    deviations = [side - (weights * side).sum(-1, keepdims=True) / total for side in (values, others)]
    own = [np.sqrt((weights * np.square(side)).sum(-1)) for side in deviations]
    scale = np.asarray(total[..., 0] ** 1.5)
    constant = (own[0] <= _ROUNDING * scale) | (own[1] <= _ROUNDING * scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (weights * deviations[0] * deviations[1]).sum(-1) / (own[0] * own[1])
    return np.where(constant, np.nan, np.clip(found, -1, 1))


def _residuals(values: Numbers, known: Numbers, weights: Numbers) -> Numbers:
    """Return what a weighted regression on `known` (..., n_pairs, n_controls) leaves of values (..., n_pairs)."""
    design = np.concatenate([np.ones((*known.shape[:-1], 1)), known / known.shape[-2]], axis=-1)
    weighted = np.swapaxes(design * weights[..., None], -1, -2)
    solution = np.linalg.pinv(weighted @ design, rcond=1e-10, hermitian=True) @ (weighted @ values[..., None])
    return np.asarray(values - (design @ solution)[..., 0])

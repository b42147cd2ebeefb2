"""Areas under the curve (AUC) of each class against the rest, and of a score, also of weighted maps."""

from typing import Final

import numpy as np
import numpy.typing as npt

_AT_A_TIME: Final = 1 << 21
"""Weights of maps that are summed up at a time: 16 MB."""

Values = npt.NDArray[np.float64]


def mean_auc(truth: npt.NDArray[np.int64], probability: Values) -> float:
    """Return the mean over the classes of the AUC of each against the rest; NaN where all maps are of one class.

    Parameters
    ----------
    truth
        (n_maps,): place of the true class. A class that no map is of is left out.
    probability
        (n_maps, n_classes): larger where the class is likelier.
    """
    from sklearn.metrics import roc_auc_score

    present = np.unique(truth)
    if len(present) < 2:
        return float("nan")
    return float(np.mean([roc_auc_score(truth == one, probability[:, one]) for one in present]))


def weighted_auc(
    truth: npt.NDArray[np.int64], probability: Values, *, simulation: npt.NDArray[np.int64], weights: Values
) -> Values:
    r"""Return `mean_auc` of maps that count as often as their simulation does, (n_resamples,).

    Parameters
    ----------
    truth, probability
        As in `mean_auc`.
    simulation
        (n_maps,): number of the simulation of each map.
    weights
        (n_resamples, n_simulations), 0 or more.

    Notes
    -----
    With positives i and negatives j of a class, s its probability and a tie half a pair:

    .. math:: \frac{\sum_{ij} w_i w_j \, [s_i > s_j]}{\sum_{ij} w_i w_j}
    """
    step = max(1, _AT_A_TIME // len(truth))
    found = []
    for start in range(0, len(weights), step):
        of_maps = weights[start : start + step][:, simulation]
        pairs, right = np.stack(
            [_ordered_pairs(truth == one, probability[:, one], of_maps) for one in np.unique(truth)], axis=-1
        )
        found.append(mean_over_held(right, pairs, held=pairs > 0))
    return np.concatenate(found)


def score_auc(score: Values, positive: npt.NDArray[np.bool_], *, weights: Values) -> Values:
    """Return the share of pairs of a positive and a negative map in which the positive has the larger score.

    Parameters
    ----------
    score, positive
        (n_maps,) each.
    weights
        (n_resamples, n_maps), 0 or more: how often each map counts.

    Returns
    -------
    (n_resamples,), a tie half a pair; 0.5 by chance, NaN where all that count are of one kind.
    """
    pairs, right = _ordered_pairs(positive, score, weights)
    return np.asarray(np.divide(right, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0))


def _ordered_pairs(positive: npt.NDArray[np.bool_], score: Values, weights: Values) -> tuple[Values, Values]:
    """Return how many pairs of a positive and a negative there are, and in how many the positive has the larger score.

    A tie is half a pair; both are (n_resamples,), for weights (n_resamples, n_maps).
    """
    order = np.argsort(score, kind="stable")
    ranked, is_positive = score[order], positive[order]
    of_positive = weights[:, order[is_positive]]
    below = np.cumsum(np.where(is_positive, 0.0, weights[:, order]), axis=1)
    below = np.hstack([np.zeros((len(weights), 1)), below])
    low, high = (np.searchsorted(ranked, ranked[is_positive], side=side) for side in ("left", "right"))
    right = (of_positive * (below[:, low] + below[:, high])).sum(axis=1) / 2
    return of_positive.sum(axis=1) * below[:, -1], right


def mean_over_held(above: Values, below: Values, *, held: npt.NDArray[np.bool_]) -> Values:
    """Return the mean of ratios (n_resamples, n_classes) over the classes held; NaN where none is."""
    ratios = np.divide(above, below, out=np.zeros_like(above), where=held)
    count = held.sum(axis=1)
    return np.asarray(np.divide(ratios.sum(axis=1), count, out=np.full(len(count), np.nan), where=count > 0))

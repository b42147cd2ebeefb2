"""The numbers of replaced layers, with their intervals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.evidence.pruning.quantities import RELATIONS
from repshift.evidence.pruning.relations import rank_relation
from repshift.evidence.pruning.split_scores import Judgement, split_numbers
from repshift.statistics.resampling import Interval

Values = npt.NDArray[np.float64]


def pruning_numbers(
    judgement: Judgement,
    unchanged: Values,
    changed: Values,
    *,
    layers: Mapping[str, Values],
    compared: npt.NDArray[np.bool_],
    n_resamples: int,
    seed: int,
) -> dict[str, Any]:
    """Return scores, what is lost, and rank correlations of that with the numbers of layers.

    Parameters
    ----------
    judgement
        What is true, and which maps each split judges.
    unchanged
        (splits, n_maps, outputs): predictions of the network that changes are measured against.
    changed
        (changes, ways, splits, n_maps, outputs); NaN where a change is not possible.
    layers
        Of each of `RELATIONS` (changes,) or (changes, ways).
    compared
        (changes,): which changes correlations are over.
    n_resamples, seed
        Of the bootstrap by simulation.

    Returns
    -------
    Values of `repshift.evidence.pruning.quantities.PRUNING_QUANTITIES`: score, score_lost, rank_correlation, and
    ``reference``, the scores of the unchanged network.
    """
    n = judgement.n_judged
    weights = judgement.weights(n_resamples=n_resamples, seed=seed)
    reference = judgement.scores(unchanged, weights)
    scores = judgement.scores(changed, weights)
    lost = reference[:, None, None] - scores
    return {
        "reference": split_numbers(reference, n_simulations=n),
        "score": split_numbers(scores, n_simulations=n),
        "score_lost": split_numbers(lost, n_simulations=n),
        "rank_correlation": _correlations(lost.mean(-2)[:, compared], layers, compared, seed),
    }


def _correlations(
    lost: Values, layers: Mapping[str, Values], compared: npt.NDArray[np.bool_], seed: int
) -> tuple[Values, Interval]:
    """Return the rank correlations of (resamples, layers, ways, parameters) with each number, with their intervals."""
    shape = (len(RELATIONS), *lost.shape[2:])
    value, low, high = (np.full(shape, np.nan) for _ in range(3))
    for row, name in enumerate(RELATIONS):
        for way, parameter in np.ndindex(*lost.shape[2:]):
            number = layers[name][compared] if layers[name].ndim == 1 else layers[name][compared, way]
            place = row, way, parameter
            value[place], ends = rank_relation(number, lost[:, :, way, parameter], seed=seed)
            low[place], high[place] = ends.low, ends.high
    return value, Interval(low, high)

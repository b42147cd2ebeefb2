"""How the matrix of debiased CKA of all layers changes, as `repshift.evidence.shift_scores.block_changes` has it."""

from typing import Final

import numpy as np

from repshift.evidence.level_scores.score import Halves, LevelPair, LevelScore, Rows, Values
from repshift.similarity.gram import u_centre


def cka_matrices(grams: Values, rows: Rows) -> Values:
    """Return debiased CKA of all pairs of layers over some maps of each division, (divisions, layers, layers).

    `rows` are (divisions, n), one map of each simulation. NaN where a layer is constant over them.
    """
    parts = u_centre(grams[:, rows[:, :, None], rows[:, None, :]]).swapaxes(0, 1)
    flat = parts.reshape(*parts.shape[:2], -1)
    cross = flat @ flat.swapaxes(1, 2)
    own = np.diagonal(cross, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(own[:, :, None] * own[:, None] > 0, cross / _root(own), np.nan))


def mean_rise(level: LevelPair, halves: Halves) -> Values:
    """Return the mean of distinct layers, perturbed less unperturbed, (divisions,)."""
    rows, columns = np.triu_indices(len(level.shown.grams), k=1)
    shown, own = (one[:, rows, columns].mean(-1) for one in _both(level, halves))
    return np.asarray(shown - own)


def distance(level: LevelPair, halves: Halves) -> Values:
    """Return the root mean square difference of the two matrices, (divisions,)."""
    shown, own = _both(level, halves)
    return np.asarray(np.sqrt(np.square(shown - own).mean((-2, -1))))


def _both(level: LevelPair, halves: Halves) -> tuple[Values, Values]:
    return level.shown.once(cka_matrices, halves.shown), level.own.once(cka_matrices, halves.own)


def _root(own: Values) -> Values:
    return np.asarray(np.sqrt(own[:, :, None] * own[:, None]))


CHANGES: Final = (
    LevelScore("cka_debiased_mean_rise", "debiased CKA: rise of mean", "cka", mean_rise, frozenset({"pairs"})),
    LevelScore("cka_debiased_distance", "debiased CKA: matrix distance", "cka", distance, frozenset({"pairs"})),
)

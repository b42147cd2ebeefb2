"""How far the perturbed maps are from others in the last layer: the distances of `repshift.evidence.shift_scores`.

All divisions at once: each is a layer of a stack of Gram matrices.
"""

from functools import partial
from typing import Final

import numpy as np

from repshift.evidence.level_scores.score import Halves, LevelPair, LevelScore, Values
from repshift.evidence.shift_scores import LAYER_SCORES
from repshift.evidence.shift_scores.score import LayerScore, pair_of_layers
from repshift.similarity.discrepancy import pooled


def of_last(level: LevelPair, halves: Halves, *, score: LayerScore) -> Values:
    """Return a distance of the last layer, (divisions,); errors as it."""
    import xarray as xr  # what only reads the names of scores need not load it

    rows = np.concatenate([halves.shown, level.shown.grams.shape[-1] + halves.own], axis=1)
    stack = level.pooled[rows[:, :, None], rows[:, None, :]]
    n = rows.shape[1]
    maps = pooled(np.arange(n) < halves.shown.shape[1], np.arange(n))
    how = {"n_components": halves.n_components, "n_folds": halves.n_folds, "seed": halves.seed}
    pair = pair_of_layers(xr.DataArray(stack, dims=("layer", "map", "map_other")), maps, **how)
    return score.function(stack, pair)


LAST: Final = tuple(
    LevelScore(
        name=f"{score.name}_last",
        label=f"{score.label}, last layer",
        family="distances",
        function=partial(of_last, score=score),
        needs=frozenset({"layers"}),
    )
    for score in LAYER_SCORES.values()
)

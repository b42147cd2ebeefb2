"""Numbers of a repaired network that need no label: how far the domains still are from each other in what it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.shift_scores import SHIFT_SCORES
from repshift.evidence.shift_scores.block_changes import debiased_matrices
from repshift.evidence.shift_scores.score import Pair
from repshift.similarity.discrepancy import pooled
from repshift.similarity.gram import linear_gram
from repshift.vocabulary import COMPONENTS, FOLDS

Values = npt.NDArray[np.float64]

OF_LAST_LAYER: Final = ("mmd_linear_last", "mmd_rbf_last", "nearest_last")
OF_FOLDS: Final = ("mahalanobis_last", "auc_last")
OF_MATRICES: Final = ("cka_debiased_mean_rise", "cka_debiased_distance")
OF_STANDARD_DEVIATIONS: Final = ("sigma_ratio",)
OF_CLASSES: Final = ("entropy_rise", "confidence_fall")
"""Shift scores that are computed after a repair, by what they are of; those of folds take most of the time."""


@dataclass(frozen=True)
class RepairedSide:
    """What a network makes of one map of each judged simulation of a domain.

    Attributes
    ----------
    features
        (n_maps, units): of the last layer.
    outputs
        ``mean`` and maybe ``std`` (n_maps, parameters), or ``probability`` (n_maps, classes).
    matrix
        Debiased CKA of its layers, (layers, layers); None: it is not computed.
    """

    features: npt.NDArray[np.floating]
    outputs: Mapping[str, Values]
    matrix: Values | None


def label_free_names(outputs: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the shift scores of networks with some kinds of outputs, in the order of `SHIFT_SCORES`."""
    held = {*OF_LAST_LAYER, *OF_FOLDS, *OF_MATRICES}
    held |= {*OF_STANDARD_DEVIATIONS} if "std" in outputs else set()
    held |= {*OF_CLASSES} if "probability" in outputs else set()
    return tuple(name for name in SHIFT_SCORES if name in held)


def label_free_numbers(target: RepairedSide, home: RepairedSide, *, seed: int) -> dict[str, float]:
    """Return the shift scores of a repaired network, means over what it infers.

    Those of matrices and of folds are NaN where a matrix is not computed, and those of the last layer where that is
    constant at home: a collapsed network has no scale to measure distances by.
    """
    sides = (target, home)
    pair = _pair(target, home, seed=seed)
    left_out = {*OF_MATRICES, *OF_FOLDS} if any(one.matrix is None for one in sides) else set[str]()
    left_out |= {*OF_LAST_LAYER, *OF_FOLDS} if np.ptp(home.features, axis=0).max() == 0 else set()
    return {
        name: float("nan") if name in left_out else float(np.mean(SHIFT_SCORES[name].function(pair)))
        for name in label_free_names(list(target.outputs))
    }


def _pair(target: RepairedSide, home: RepairedSide, *, seed: int) -> Pair:
    """Return both domains beside each other; their simulations are different ones."""
    import xarray as xr  # see `repshift.evidence.shift_scores.score`

    features = np.concatenate([target.features, home.features])
    outside = np.arange(len(features)) < len(target.features)
    names = {"mean": "parameter", "std": "parameter", "probability": "class"}
    outputs = [
        xr.Dataset({name: (("map", names[name]), values) for name, values in side.outputs.items()})
        for side in (target, home)
    ]
    nothing = np.empty((0, 0, 0), dtype=np.float32)
    known: dict[Any, Any] = {debiased_matrices: [target.matrix, home.matrix]}
    return Pair(
        grams=xr.DataArray(linear_gram(features)[None], dims=("layer", "map", "map_other"), coords={"layer": ["last"]}),
        maps=pooled(outside, np.arange(len(features))),
        inputs=(nothing, nothing),
        outputs=(outputs[0], outputs[1]),
        trials=((), ()),
        symmetries=None,
        n_components=COMPONENTS,
        n_folds=FOLDS,
        seed=seed,
        _known=known,
    )

"""How far the layers drift along an axis, with intervals of the jackknife by simulation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.similarity.drift import LeaveOneOut, paired_cka, relative_distance
from repshift.statistics.resampling import LEVEL, student

Values = npt.NDArray[np.float64]

FEWEST: int = 5
"""Maps, one of each simulation, that drift is measured on: one may be left out of them."""


@dataclass(frozen=True)
class LayerDrift:
    """The drift of each layer at one level: (3, layers), the number and its ends.

    Attributes
    ----------
    cka
        Debiased CKA of a layer with itself unperturbed, 1 where nothing changes.
    distance
        How far maps have moved over how far they are apart, 0 where nothing changes.
    """

    cka: Values
    distance: Values


def layer_drift(grams: Values, others: Values, squares: Values, *, resolved: npt.NDArray[np.bool_]) -> LayerDrift:
    """Return the drift of each layer.

    Parameters
    ----------
    grams, others
        (layers, n_maps, n_maps): Gram matrices of the same maps, unperturbed and perturbed, one of each simulation.
    squares
        (layers, n_maps): squared distance of each map from itself unperturbed.
    resolved
        (layers,): whether a layer is more than rounding; NaN where it is not.

    Notes
    -----
    Ends are those of Student's t with the standard error of the jackknife; CKA ends at 1, distance at 0.
    """
    if grams.shape[-1] < FEWEST:
        nothing = np.full((3, len(grams)), np.nan)
        return LayerDrift(nothing, nothing)
    cka, distance = _interval(paired_cka(grams, others)), _interval(relative_distance(grams, squares))
    cka[2], distance[1] = np.minimum(cka[2], np.maximum(cka[0], 1)), np.maximum(distance[1], 0)
    return LayerDrift(np.where(resolved, cka, np.nan), np.where(resolved, distance, np.nan))


def _interval(found: LeaveOneOut) -> Values:
    """Return a number and its ends, (3, layers)."""
    n = found.without.shape[1]
    around = found.without - found.without.mean(1, keepdims=True)
    reach = student(n, LEVEL) * np.sqrt((n - 1) / n * np.square(around).sum(1))
    return np.stack([found.value, found.value - reach, found.value + reach])

"""Shift scores between two random halves of one domain: what they are where there is no shift.

A half has half the maps, so its scores scatter more than those of two whole domains would. The divisions share their
maps, so their range is no test: docs/statistics.md says how often two draws of one distribution lie outside.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.shift_scores import LAYER_SCORES, possible_scores
from repshift.evidence.shift_scores.score import Pair, Values, pixel_gram
from repshift.similarity.discrepancy import FEWEST_OF_DOMAIN, pooled
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Side:
    """The compared maps of one domain, and what a network and its trials say of them.

    Attributes
    ----------
    grams
        (layer, map, map_other), with the coordinate ``simulation``.
    simulations
        (n_maps,) labels.
    inputs
        (n_maps, n_channels, y, x) float32, as the network takes them.
    outputs, trials, symmetries
        As of a `Pair`, of this side alone.
    """

    grams: xr.DataArray
    simulations: npt.NDArray[np.str_]
    inputs: npt.NDArray[np.float32]
    outputs: xr.Dataset
    trials: Sequence[xr.Dataset] = ()
    symmetries: xr.Dataset | None = None


@dataclass(frozen=True)
class Halves:
    """Shift scores of each division: (n_halves,) of the case, (n_halves, layers), (n_halves, parameters), by name.

    NaN where a half is too uniform to have a score.
    """

    value: dict[str, Values]
    layer_value: dict[str, Values]
    parameter_value: dict[str, Values]

    @property
    def n_halves(self) -> int:
        """Number of divisions."""
        return len(next(iter(self.layer_value.values())))


def first_halves(simulations: npt.ArrayLike, *, n_halves: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which maps are of the first half in each of some random divisions, (n_halves, n_maps).

    Parameters
    ----------
    simulations
        (n_maps,) labels: maps of one simulation stay together. Of an odd number the first half has one fewer.
    n_halves
        Number of divisions.
    seed
        Draws them.

    Raises
    ------
    InputError
        If a half would have fewer than four simulations.
    """
    labels = np.asarray(simulations)
    names = np.unique(labels)
    if len(names) < 2 * FEWEST_OF_DOMAIN:
        raise InputError(
            f"{len(names)} simulations do not make two halves: a half needs {FEWEST_OF_DOMAIN} or more, so "
            f"{2 * FEWEST_OF_DOMAIN} are needed."
        )
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(names)[: len(names) // 2] for _ in range(n_halves)]
    return np.array([np.isin(labels, one) for one in drawn], dtype=bool).reshape(n_halves, len(labels))


def scores_of_halves(side: Side, *, n_halves: int, n_components: int, n_folds: int, seed: int) -> Halves:
    """Return every shift score of the first half of a domain against the second, for some random divisions.

    Folds of a cross-validation are at most half the simulations of a half. The other arguments are as of a `Pair`.

    Raises
    ------
    InputError
        As `first_halves`.
    """
    n_folds = min(n_folds, len(np.unique(side.simulations)) // 4)
    known: dict[Any, Any] = {}
    found = []
    for first in first_halves(side.simulations, n_halves=n_halves, seed=seed):
        pair = _pair(side, first, {"n_components": n_components, "n_folds": n_folds, "seed": seed}, known)
        known = {pixel_gram: pair.once(pixel_gram)}  # of all maps, whatever half they are in
        found.append(_scores(pair))
    return Halves(
        *({name: np.stack([one[kind][name] for one in found]) for name in found[0][kind]} for kind in range(3))
    )


def _pair(side: Side, first: npt.NDArray[np.bool_], how: dict[str, int], known: dict[Any, Any]) -> Pair:
    """Return the first half beside the second, which stands for the model's own domain."""
    halves = (first, ~first)
    trials = [[_part(one, half) for one in side.trials] for half in halves]
    scatter = None if side.symmetries is None else [_part(side.symmetries, half) for half in halves]
    return Pair(
        grams=side.grams,
        maps=pooled(first, side.simulations),
        inputs=(side.inputs[first], side.inputs[~first]),
        outputs=(_part(side.outputs, first), _part(side.outputs, ~first)),
        trials=(trials[0], trials[1]),
        symmetries=None if scatter is None else (scatter[0], scatter[1]),
        n_components=how["n_components"],
        n_folds=how["n_folds"],
        seed=how["seed"],
        _known=dict(known),
    )


def _part(dataset: xr.Dataset, half: npt.NDArray[np.bool_]) -> xr.Dataset:
    """Return the maps of a half; a dataset without maps, which stands for no outputs, as it is."""
    return dataset.isel(map=np.flatnonzero(half)) if "map" in dataset.dims else dataset


def _scores(pair: Pair) -> tuple[dict[str, Values], dict[str, Values], dict[str, Values]]:
    """Return the scores of the case, of its layers and of its parameters; NaN where halves have none."""
    possible, layers = possible_scores(pair), (pair.grams.sizes["layer"],)
    parameters = (pair.outputs[0].sizes.get("parameter", 1),)  # a classifier has one, its label
    return (
        {one.name: _or_nan(one.function, pair, ()) for one in possible if not one.is_of_parameters},
        {name: _or_nan(partial(Pair.once, function=one.of_layers), pair, layers) for name, one in LAYER_SCORES.items()},
        {one.name: _or_nan(one.function, pair, parameters) for one in possible if one.is_of_parameters},
    )


def _or_nan(function: Callable[[Pair], Any], pair: Pair, shape: tuple[int, ...]) -> Values:
    """Return a score; NaN where the halves have none, as where a half of a layer is constant."""
    try:
        return np.asarray(function(pair), dtype=np.float64)
    except InputError:
        return np.full(shape, np.nan)

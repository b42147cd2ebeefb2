"""What a network makes of perturbed maps as a dataset, by the functions of the stage stress."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.evidence.stress.levels import Levels
from repshift.evidence.stress.predictions import ClassPredictions, ParameterPredictions
from repshift.evidence.stress.variables import flat_scores, stress_numbers
from repshift.evidence.stress.warning import ScoreCurves
from repshift.networks.classes import OutputScale
from repshift.notebook.axis_arguments import AxisArgument
from repshift.notebook.class_labels import OUTPUT, ClassLabels
from repshift.notebook.truth import Labels, posterior_of
from repshift.perturbation.axes import Sky
from repshift.recording.curves import Curves
from repshift.recording.level_maps import MapsAtZero
from repshift.statistics.resampling import LEVEL, simulation_of
from repshift.vocabulary import about


def stress_dataset(
    axes: Sequence[AxisArgument],
    sky: Sky,
    found: Curves,
    shown: MapsAtZero,
    truth: Labels | ClassLabels | None,
    simulations: npt.NDArray[np.str_],
    *,
    scale: OutputScale | None,
    n_resamples: int,
    seed: int,
) -> xr.Dataset:
    """Return the numbers of the stage, with what the network infers of each map.

    Raises
    ------
    InputError
        If the network returns a number that is not finite.
    """
    levels = Levels(
        tuple(one.name for one in axes for _ in one.strengths), np.array([s for one in axes for s in one.strengths])
    )
    levels.require_finite(found.answers, np.ones(found.answers.shape[:2], dtype=bool), np.arange(shown.n_maps))
    outputs: tuple[str, ...] = (OUTPUT,) if isinstance(truth, ClassLabels) else truth.names if truth else ()
    names, values, null = flat_scores(found.scores, found.null, outputs=outputs)
    halves = np.zeros((len(found.halves), shown.n_maps), dtype=bool)
    index = simulation_of(simulations)
    for number, rows in enumerate(found.halves):
        halves[number] = np.isin(index, index[shown.recorded[rows]])
    predictions, inferred = _inferred(found, truth, simulations, levels, scale)
    numbers = stress_numbers(
        levels,
        predictions=predictions,
        layers=found.layers,
        drift=found.drift,
        names=names,
        scores=ScoreCurves(values, null, halves),
        n_resamples=n_resamples,
        seed=seed,
    )
    attributes = {
        "axes": json.dumps({one.name: one.about(sky) for one in axes}),
        "resamples": n_resamples,
        "halves": len(halves),
        "seed": seed,
        "level": LEVEL,
    }
    no_length = np.full(len(levels.axes), np.nan)
    coords = {
        "map": np.arange(shown.n_maps),
        "simulation": ("map", simulations.astype(object)),
        "physical": ("level", no_length, about("strength in physical units", "see the attribute axes")),
    }
    words = "pixels that had no logarithm left and were set to the least of their map"
    inferred["floored"] = (("level", "map"), found.floored, about(words))
    return numbers.assign(inferred).assign_coords(coords).assign_attrs(attributes)


def _inferred(
    found: Curves,
    truth: Labels | ClassLabels | None,
    simulations: npt.NDArray[np.str_],
    levels: Levels,
    scale: OutputScale | None,
) -> tuple[ParameterPredictions | ClassPredictions | None, dict[str, Any]]:
    """Return what is scored, and what the network infers of each map as variables."""
    if truth is None:
        return None, {}
    if isinstance(truth, ClassLabels):
        probability = np.stack([truth.probabilities(one, scale) for one in found.answers])
        classes = truth.names or tuple(map(str, range(probability.shape[2])))
        variables: dict[str, Any] = {
            "probability": (("level", "map", "class"), probability, about("predicted probability of the class")),
            "truth": (("map",), np.array(classes, dtype=object)[truth.places], about("true value")),
            "class": list(classes),
        }
        return ClassPredictions((OUTPUT,), truth.places, probability, simulations), variables
    mean, std = (np.stack(held) for held in zip(*(posterior_of(one, truth) for one in found.answers), strict=True))
    error = np.sqrt(np.square(mean[levels.base[0]] - truth.values).mean(0))
    dimensions = ("level", "map", "parameter")
    variables = {
        "mean": (dimensions, mean, about("predicted posterior mean", "as labelled")),
        "truth": (dimensions[1:], truth.values, about("true value", "as labelled")),
        "parameter": list(truth.names),
    }
    if np.isfinite(std).all():
        variables["std"] = (dimensions, std, about("predicted posterior standard deviation", "as labelled"))
    widths = np.ptp(truth.values, axis=0)
    return ParameterPredictions(truth.names, truth.values, mean, std, widths, error, simulations), variables

"""What is true of the maps of a case at each level, and what its errors are measured by."""

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.classes import class_places
from repshift.case.errors import errors_at_home
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs
from repshift.case.stress.plan import Plan
from repshift.case.stress.source import Source
from repshift.case.truth import truth_of
from repshift.evidence.stress.predictions import ClassPredictions, ParameterPredictions, Predictions
from repshift.storage.models import CMD_NETWORK
from repshift.vocabulary import PARAMETERS, InputError

Values = npt.NDArray[np.float64]


def true_values(shown: OpenCase, plan: Plan, outputs: Outputs) -> tuple[tuple[str, ...], npt.NDArray[Any]] | None:
    """Return what is true of each map, or of each level where that moves; None where nothing is known."""
    if plan.without_truth:
        return None
    of_simulations = truth_of(shown, outputs, plan.parameters, plan.unscored)
    truth = of_simulations[plan.choice.positions // shown.maps_per_simulation]
    moved = [_moved(shown, plan, outputs, source, strength) for source, strength in plan.pairs]
    if all(one is None for one in moved) or outputs.label is not None:
        return ("map", "parameter")[: truth.ndim], truth
    return ("level", "map", "parameter"), np.stack([truth if one is None else one for one in moved])


def predictions_of(shown: OpenCase, plan: Plan, outputs: Outputs, dataset: xr.Dataset) -> Predictions | None:
    """Return what can be scored of a dataset with predictions and truth; None where nothing can.

    Raises
    ------
    InputError
        If nothing says what errors are in distribution.
    """
    if "truth" not in dataset:
        return None
    simulations = dataset["simulation"].to_numpy()
    if outputs.label is not None:
        return ClassPredictions((outputs.label,), class_places(dataset), dataset["probability"].to_numpy(), simulations)
    mean = dataset["mean"].to_numpy()
    truth = dataset["truth"].to_numpy()
    known = np.flatnonzero(np.isfinite(truth).any(tuple(range(truth.ndim - 1))))
    if not len(known):
        return None
    std = dataset["std"].to_numpy() if "std" in dataset else np.full(mean.shape, np.nan)
    names = tuple(outputs.names[at] for at in known)
    return ParameterPredictions(
        outputs=names,
        truth=truth[..., known],
        mean=mean[..., known],
        std=std[..., known],
        widths=_widths(shown, names),
        rmse=_errors(shown, plan, names, mean[..., known], truth[..., known]),
        simulations=simulations,
    )


def _widths(shown: OpenCase, names: tuple[str, ...]) -> Values:
    """Return the width of the prior of each parameter: of CMD's as they are scaled, else the range of the labels."""
    if shown.description.constructor == CMD_NETWORK:
        return np.array([PARAMETERS[name].maximum - PARAMETERS[name].minimum for name in names])
    labels = shown.simulations
    return np.array([np.ptp(labels.parameters[:, labels.labels.index(name)]) for name in names])


def _errors(shown: OpenCase, plan: Plan, names: tuple[str, ...], mean: Values, truth: Values) -> Values:
    """Return the root mean squared error of each parameter in distribution."""
    if plan.own_predictions is None:
        if not shown.case.in_distribution:
            raise InputError(
                "Nothing says what errors are in distribution, which bias is measured by. Give --own-predictions."
            )
        first = plan.levels.base[0]
        error = mean[first] - (truth if truth.ndim == 2 else truth[first])
        return np.asarray(np.sqrt(np.nanmean(np.square(error), axis=0)))
    errors = errors_at_home(plan.own_predictions, shown, names)
    if np.isnan(errors).all():
        raise InputError(f"{plan.own_predictions} holds no true values, so there is no error that bias is measured by.")
    return errors


def _moved(shown: OpenCase, plan: Plan, outputs: Outputs, source: Source, strength: float) -> Values | None:
    """Return what is true of each map at a level whose labels move, (n_maps, outputs); NaN where none takes part."""
    takes = source.takes(plan.choice.positions)
    labels = source.truth(plan.choice.positions[takes], strength)
    if labels is None:
        return None
    found = np.full((len(takes), len(outputs.names)), np.nan)
    for number, name in enumerate(outputs.names):
        if name in shown.simulations.labels and name not in plan.unscored:
            found[takes, number] = labels[:, shown.simulations.labels.index(name)]
    return found

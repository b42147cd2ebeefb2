"""What is true of the maps of a case: the labels that its network infers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs, true_classes
from repshift.storage.models import CMD_NETWORK
from repshift.storage.simulations import Simulations
from repshift.vocabulary import COSMOLOGY, InputError


def truth_of(shown: OpenCase, outputs: Outputs, parameters: Path | None, unscored: Sequence[str]) -> npt.NDArray[Any]:
    """Return what the table says of each simulation: values (n_simulations, n_names), or names of classes."""
    if outputs.label is None or shown.description.classes is None:
        return _truth(outputs.names, shown, f"Model '{shown.model}' on domain '{shown.domain.name}'", unscored)
    places = true_classes(shown, shown.description.classes, label=outputs.label, parameters=parameters)
    return np.array(outputs.names, dtype=object)[places]


def _truth(names: tuple[str, ...], shown: OpenCase, who: str, unscored: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return what the table says of each simulation, (n_simulations, n_names); NaN where it says nothing."""
    simulations = shown.simulations
    lacks = shown.description.constructor == CMD_NETWORK and not set(names) <= set(simulations.labels)
    known = COSMOLOGY if lacks and set(COSMOLOGY) <= set(simulations.labels) else names
    truth = np.full((len(simulations.parameters), len(names)), np.nan)
    for name, column in zip(known, _columns(known, simulations, who), strict=True):
        if name not in unscored:
            truth[:, names.index(name)] = simulations.parameters[:, column]
    return truth


def _columns(names: tuple[str, ...], simulations: Simulations, who: str) -> list[int]:
    """Return which columns of the labels the network infers."""
    labels = simulations.labels
    for name in names:
        if name in simulations.unusable:
            raise InputError(simulations.unusable[name])
    unknown = [name for name in names if name not in labels]
    if unknown:
        known = f"The labels are {', '.join(labels)}" if labels else "There are no labels"
        raise InputError(f"{who} has the outputs {', '.join(names)}, but {', '.join(unknown)} is no label. {known}.")
    return [labels.index(name) for name in names]

"""The true classes of the simulations of a case, and those of its maps as a file of predictions holds them."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.forward import OpenCase
from repshift.networks.classes import Classes
from repshift.storage.labels import read_classes
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Indices = npt.NDArray[np.int64]


def true_classes(shown: OpenCase, classes: Classes, *, label: str, parameters: Path | None) -> Indices:
    """Return the place of the class of each simulation of a domain's file, (n_simulations,).

    In distribution every class needs a label somewhere in the file: one that has none is written otherwise there, or is
    no class. Out of distribution a class may be missing; means over classes are then over those of the scored maps.

    Raises
    ------
    InputError
        If there are no labels, one is none of the classes, all of the split are of one class, or, in distribution, a
        class has no label.
    """
    who = f"Model '{shown.model}' on domain '{shown.domain.name}'"
    if parameters is None:
        raise InputError(f"{who} has the output {label}, but {label} is no label. There are no labels.")
    found = read_classes(parameters, label, classes=classes)
    scored = np.unique(found[shown.split()])
    if len(scored) < 2:
        raise InputError(
            f"{who}: every simulation of split '{shown.domain.split}' is of the class '{classes.names[scored[0]]}' of "
            f"{label}. Expected labels of two classes or more."
        )
    missing = [name for place, name in enumerate(classes.names) if place not in found]
    if missing and shown.case.in_distribution:
        raise InputError(
            f"{who}: no label of {parameters} is of the class {', '.join(missing)} of {label}. Expected labels of "
            "every class on the network's own suite: is the class written otherwise there?"
        )
    if len(scored) < len(classes.names):
        absent = [name for place, name in enumerate(classes.names) if place not in scored]
        logger.warning("%s: no map is of the class %s, which means over classes leave out", who, ", ".join(absent))
    return found


def class_places(predictions: xr.Dataset) -> Indices:
    """Return the place of the true class of each map of a file of predictions, (n_maps,)."""
    places = {str(name): place for place, name in enumerate(predictions["class"].to_numpy())}
    return np.array([places[str(name)] for name in predictions["truth"].to_numpy()], dtype=np.int64)

"""What the outputs of a network mean: means and standard deviations of parameters, or probabilities of classes."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.networks.classes import Classes, class_probabilities
from repshift.networks.preprocessing import physical_parameters
from repshift.statistics.selection import split_simulations
from repshift.storage.labels import read_classes
from repshift.storage.models import CMD_NETWORK
from repshift.vocabulary import PARAMETERS, InputError, Split

logger = logging.getLogger(__name__)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outputs:
    """What a network infers.

    Attributes
    ----------
    dimension
        What its numbers are along.
    names
        Parameters, or classes, in the order of its outputs.
    units
        Of its numbers.
    label
        Of classes, the label that holds them; None of parameters.
    """

    dimension: Literal["parameter", "class"]
    names: tuple[str, ...]
    units: str
    label: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """What a file says of them beside their names: of classes, the label that holds them."""
        return {} if self.label is None else {"parameter": self.label}


def outputs_of(shown: OpenCase) -> Outputs:
    """Return what the network infers.

    Raises
    ------
    InputError
        If the outputs of the user's network have no names.
    """
    description = shown.description
    names = tuple(PARAMETERS) if description.constructor == CMD_NETWORK else description.outputs
    if not names:
        raise InputError(
            f"Model '{shown.model}' on domain '{shown.domain.name}' infers nothing that can be scored: the outputs of "
            "its network have no names."
        )
    if description.classes is not None:
        return Outputs("class", description.classes.names, "1", names[0])
    return Outputs("parameter", names, units_of(names))


def posterior(
    answers: Values, shown: OpenCase, outputs: Outputs, *, positions: npt.NDArray[np.int64]
) -> dict[str, Values]:
    """Return posterior ``mean`` and, where the network infers it, ``std`` (n_maps, n_outputs), in their units.

    Of classes return their ``probability`` (n_maps, n_classes). `positions` are those of the maps in their file.
    """
    if shown.description.classes is not None:
        return {"probability": class_probabilities(answers, shown.description.classes, positions=positions)}
    mean, std = answers[:, : len(outputs.names)], answers[:, len(outputs.names) :]
    if shown.description.constructor == CMD_NETWORK:
        mean, std = physical_parameters(mean, std)
    return {"mean": mean, "std": std} if std.shape[1] else {"mean": mean}


def answer_units(shown: OpenCase, outputs: Outputs) -> Values:
    """Return what 1 in each answer of a network is in the unit of its output, (n_outputs,)."""
    ones = np.ones((1, len(outputs.names)))
    return np.asarray(
        physical_parameters(ones, ones)[1][0] if shown.description.constructor == CMD_NETWORK else ones[0]
    )


def units_of(names: tuple[str, ...]) -> str:
    """Return the unit of what the network infers: CMD's parameters have none, others that of the user's table."""
    return "1" if names == tuple(PARAMETERS) else "as labelled"


def true_classes(shown: OpenCase, classes: Classes, *, label: str, parameters: Path | None) -> npt.NDArray[np.int64]:
    """Return the place of the class of each simulation of a domain's file, (n_simulations,).

    Raises
    ------
    InputError
        If there are no labels; else as `labelled_classes`.
    """
    if parameters is None:
        raise InputError(
            f"Model '{shown.model}' on domain '{shown.domain.name}' has the output {label}, but {label} is no label. "
            "There are no labels."
        )
    with shown.named():
        return labelled_classes(
            parameters, label, classes=classes, split=shown.domain.split, in_distribution=shown.case.in_distribution
        )


def labelled_classes(
    labels: Path, label: str, *, classes: Classes, split: Split, in_distribution: bool
) -> npt.NDArray[np.int64]:
    """Return the place of the class of each simulation of a table, (n_simulations,), where classes can be scored.

    In distribution every class needs a label somewhere in the file: one that has none is written otherwise there, or is
    no class. Out of distribution a class may be missing; means over classes are then over those of the scored maps.

    Raises
    ------
    InputError
        If a label is none of the classes, all of the split are of one class, or, in distribution, a class has no label.
    """
    found = read_classes(labels, label, classes=classes)
    require_scorable(found, label, classes=classes, split=split, in_distribution=in_distribution, where=str(labels))
    return found


def require_scorable(
    found: npt.NDArray[np.int64], label: str, *, classes: Classes, split: Split, in_distribution: bool, where: str
) -> None:
    """Refuse classes of simulations, (n_simulations,), that cannot be scored; errors as `labelled_classes`."""
    scored = np.unique(found[split_simulations(len(found), split=split)])
    if len(scored) < 2:
        raise InputError(
            f"Every simulation of split '{split}' is of the class '{classes.names[scored[0]]}' of {label}. Expected "
            "labels of two classes or more."
        )
    missing = [name for place, name in enumerate(classes.names) if place not in found]
    if missing and in_distribution:
        raise InputError(
            f"No label of {where} is of the class {', '.join(missing)} of {label}. Expected labels of every class on "
            "the network's own suite: is the class written otherwise there?"
        )
    if len(scored) < len(classes.names):
        absent = [name for place, name in enumerate(classes.names) if place not in scored]
        logger.warning("%s: no map is of the class %s, which means over classes leave out", where, ", ".join(absent))

"""What the outputs of a network mean: means and standard deviations of parameters, or probabilities of classes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.networks.classes import class_probabilities
from repshift.networks.preprocessing import physical_parameters
from repshift.storage.models import CMD_NETWORK
from repshift.vocabulary import PARAMETERS, InputError

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
        If the outputs of a network of one's own have no names.
    """
    description = shown.description
    names = tuple(PARAMETERS) if description.constructor == CMD_NETWORK else description.outputs
    if not names:
        raise InputError(
            f"Model '{shown.model}' on domain '{shown.domain.name}' answers nothing that can be scored: the outputs of "
            "its network have no names."
        )
    if description.classes is not None:
        return Outputs("class", description.classes.names, "1", names[0])
    return Outputs("parameter", names, units_of(names))


def posterior(
    answers: Values, shown: OpenCase, outputs: Outputs, *, positions: npt.NDArray[np.int64]
) -> dict[str, Values]:
    """Return posterior ``mean`` and, where the network answers it, ``std`` (n_maps, n_outputs), in their units.

    Of classes return their ``probability`` (n_maps, n_classes). `positions` are those of the maps in their file.
    """
    if shown.description.classes is not None:
        return {"probability": class_probabilities(answers, shown.description.classes, positions=positions)}
    mean, std = answers[:, : len(outputs.names)], answers[:, len(outputs.names) :]
    if shown.description.constructor == CMD_NETWORK:
        mean, std = physical_parameters(mean, std)
    return {"mean": mean, "std": std} if std.shape[1] else {"mean": mean}


def units_of(names: tuple[str, ...]) -> str:
    """Return the unit of what the network infers: CMD's parameters have none, one's own are as their table has them."""
    return "1" if names == tuple(PARAMETERS) else "as labelled"

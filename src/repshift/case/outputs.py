"""What the answers of a network mean: names, posterior means and standard deviations."""

import numpy as np
import numpy.typing as npt

from repshift.case.forward import OpenCase
from repshift.networks.preprocessing import physical_parameters
from repshift.storage.models import CMD_NETWORK
from repshift.vocabulary import PARAMETERS, InputError


def output_names(shown: OpenCase) -> tuple[str, ...]:
    """Return what the network infers, in the order of its answers.

    Raises
    ------
    InputError
        If the outputs of a network of one's own have no names.
    """
    names = tuple(PARAMETERS) if shown.description.constructor == CMD_NETWORK else shown.description.outputs
    if not names:
        raise InputError(
            f"Model '{shown.model}' on domain '{shown.domain.name}' answers nothing that can be scored: the outputs of "
            "its network have no names."
        )
    return names


def posterior(
    answers: npt.NDArray[np.float64], shown: OpenCase, names: tuple[str, ...]
) -> dict[str, npt.NDArray[np.float64]]:
    """Return posterior ``mean`` and, where the network answers it, ``std`` (n_maps, n_outputs), in their units."""
    mean, std = answers[:, : len(names)], answers[:, len(names) :]
    if shown.description.constructor == CMD_NETWORK:
        mean, std = physical_parameters(mean, std)
    return {"mean": mean, "std": std} if std.shape[1] else {"mean": mean}


def units_of(names: tuple[str, ...]) -> str:
    """Return the unit of what the network infers: CMD's parameters have none, one's own are as their table has them."""
    return "1" if names == tuple(PARAMETERS) else "as labelled"

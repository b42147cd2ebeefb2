"""Whether a network of the user's own can be used: what it calls, what it returns, whether it is built so again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from repshift.case.layers import called_layers
from repshift.networks.classes import Classes, class_probabilities
from repshift.recording.passes import run_network
from repshift.storage.constructors import construct
from repshift.storage.functions import Constructor
from repshift.storage.weights import require_state
from repshift.vocabulary import InputError


def examine(
    network: nn.Module,
    own: Constructor,
    maps: npt.NDArray[np.float32],
    *,
    layers: Sequence[str] | None,
    outputs: Sequence[str],
    classes: Classes | None = None,
) -> tuple[tuple[str, ...], Tensor | None]:
    """Run a network once on a few maps, and return its layers and, where its outputs have names, what it returns.

    Parameters
    ----------
    maps
        (n_maps, channels, y, x), prepared as the network takes them.
    layers
        Names and patterns; None: the network's convention.
    outputs
        What the network infers, in the order of its outputs; none: they may be anything.
    classes
        Of a classifier, in the order of its outputs.

    Raises
    ------
    InputError
        If it takes no such maps, calls no such layers, or answers something else than the outputs.
    """
    try:
        names = called_layers(network, maps, layers)
        return names, _answers(network, maps, outputs) if classes is None else _of_classes(network, maps, classes)
    except RuntimeError as error:
        raise InputError(f"'{own.name}' cannot take maps of shape {maps.shape}: {error}") from error


def _of_classes(network: nn.Module, maps: npt.NDArray[np.float32], classes: Classes) -> Tensor:
    """Return the outputs of a classifier; refuse those that are no logits or probabilities of its classes."""
    answers = run_network(network, maps, batch_size=len(maps))
    class_probabilities(answers.double().numpy(), classes)
    return answers


def require_again(network: nn.Module, own: Constructor, arguments: dict[str, Any]) -> None:
    """Refuse a network that its constructor, called again, does not fit: every later stage builds it so."""
    try:
        require_state(dict(network.state_dict()), construct(own, arguments), "the one that was run")
    except InputError as error:
        raise InputError(f"'{own.name}' does not build the same network again: {error}") from error


def _answers(network: nn.Module, maps: npt.NDArray[np.float32], outputs: Sequence[str]) -> Tensor | None:
    """Return the answers; refuse a network that does not answer the outputs, or each with its standard deviation."""
    if not outputs:
        return None
    answers = run_network(network, maps, batch_size=len(maps))
    shape = tuple(answers.shape)
    if len(shape) != 2 or shape[1] not in (len(outputs), 2 * len(outputs)):
        raise InputError(
            f"The network returns shape {shape} for {len(maps)} maps, but its outputs are {', '.join(outputs)}. "
            f"Expected {len(outputs)} columns, or {2 * len(outputs)} with the standard deviations after the means."
        )
    return answers

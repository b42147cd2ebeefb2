"""What a network does, found by building it and showing it a few maps."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.case import examination
from repshift.case.layers import called_layers
from repshift.networks.architecture import Architecture
from repshift.recording.calls import recording
from repshift.recording.layers import LayerChoice
from repshift.recording.passes import record_layers
from repshift.storage.constructors import construct
from repshift.storage.functions import Constructor
from repshift.storage.weights import load_weights
from repshift.vocabulary import InputError

Maps = npt.NDArray[np.float32]

_MULTIPLYING: Final = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


@contextmanager
def users_code(name: str, when: str) -> Iterator[None]:
    """Say in one sentence what the user's own code raises; what it prints goes to standard error.

    Its modules are imported without leaving a compiled copy beside them.

    Raises
    ------
    InputError
        With the type and the first line of any error.
    """
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with redirect_stdout(sys.stderr):
            yield
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's own code may raise
        reason = (str(error).strip() or "without a word").splitlines()[0][:300].rstrip(".")
        raise InputError(
            f"'{name}' is your own code, and {when} it raised {type(error).__name__}: {reason}."
        ) from error
    finally:
        sys.dont_write_bytecode = writes


def build(own: Constructor, arguments: dict[str, Any], *, weights: Path | None, seed: int) -> nn.Module:
    """Build a network of the user's own, and load its weights strictly, as the stage models does.

    Raises
    ------
    InputError
        If it cannot be imported or called, or its weights do not fit.
    """
    torch.manual_seed(seed)
    with users_code(own.name, "when it was called,"):
        network = construct(own, arguments)
    if weights is not None:
        load_weights(network, weights)
    return network


def require_again(network: nn.Module, own: Constructor, arguments: dict[str, Any]) -> None:
    """Refuse a network that its constructor, called again, does not fit: every stage builds it so.

    Raises
    ------
    InputError
        If it builds another.
    """
    with users_code(own.name, "when it was called again,"):
        examination.require_again(network, own, arguments)


def answers_of(network: nn.Module, maps: Maps, name: str) -> npt.NDArray[np.float64] | None:
    """Run a network on maps (n_maps, bands, y, x) and return its outputs (n_maps, ...); None where they are no array.

    Raises
    ------
    InputError
        If it takes no such maps, or returns a number that is not finite.
    """
    answers: list[object] = []
    with users_code(name, f"shown maps of shape {maps.shape},"):
        record_layers(network, maps, batch_size=len(maps), consume=None, keep=answers.append)
    answer = answers[0]
    if not isinstance(answer, Tensor) or answer.is_complex():
        return None
    found = answer.detach().double().cpu().numpy()
    if not np.isfinite(found).all():
        raise InputError(f"'{name}' gives an output that is not finite for maps of shape {maps.shape}.")
    return np.asarray(found)


def is_sigmoid(network: nn.Module, maps: Maps, name: str) -> bool:
    """Return whether what a network returns is what the last sigmoid in it returned; errors as `answers_of`."""
    last: list[Tensor] = []

    def note(_name: str, output: Tensor) -> None:
        last[:] = [output.double().cpu().clone()]  # of a call in place, before it changes

    choice = LayerChoice({}, (nn.Sigmoid,))
    with recording(network, choice=choice, n_maps=len(maps), consume=note, left_out={}):
        found = answers_of(network, maps, name)
    return found is not None and len(last) > 0 and np.array_equal(last[0].numpy().ravel(), found.ravel())


def layers_of(network: nn.Module, maps: Maps, name: str, *, layers: Sequence[str] | None) -> tuple[str, ...]:
    """Return the layers that a network calls on a few maps, in their order.

    Raises
    ------
    InputError
        If it calls none, or none that names and patterns choose.
    """
    with users_code(name, f"shown maps of shape {maps.shape},"):
        return called_layers(network, maps, layers)


def require_pairs(layers: Sequence[str], name: str) -> None:
    """Refuse a network of one layer: tables and figures are of the similarity of different layers.

    Raises
    ------
    InputError
        With the layer.
    """
    if len(layers) < 2:
        raise InputError(f"'{name}' has one layer, {', '.join(layers)}. Similarity is of two or more: name others.")


def require_varying(network: nn.Module, maps: Maps, layers: Sequence[str], name: str) -> None:
    """Refuse layers that are the same for each of a few different maps: a constant has no CKA, so a run stops at it.

    Raises
    ------
    InputError
        With the layers.
    """
    constant: list[str] = []

    def note(layer: str, output: Tensor) -> None:
        if bool((output == output[:1]).all()):
            constant.append(layer)

    if len(np.unique(maps.reshape(len(maps), -1), axis=0)) > 1:
        record_layers(network, maps, batch_size=len(maps), layers=layers, consume=note)
    if constant:
        raise InputError(
            f"'{name}' has layers that are the same for all maps: {', '.join(constant)}. A constant has no CKA: leave "
            f'them out, as layers: ["!{constant[0]}"].'
        )


def architecture_of(network: nn.Module, maps: Maps, layers: Sequence[str]) -> Architecture:
    """Return a network in numbers, from one forward pass of one map.

    Multiplications are those of convolutions and linear layers, which are nearly all.
    """
    units: list[int] = []
    multiplications: list[int] = []

    def count(module: nn.Module, _inputs: object, output: Tensor) -> None:
        weight = module.weight
        if isinstance(weight, Tensor) and isinstance(output, Tensor):
            multiplications.append(output.numel() * weight.numel() // len(weight))

    hooks = [one.register_forward_hook(count) for one in network.modules() if isinstance(one, _MULTIPLYING)]
    record_layers(
        network, maps[:1], batch_size=1, layers=layers, consume=lambda _name, output: units.append(output.numel())
    )
    for hook in hooks:
        hook.remove()
    parameters = sum(tensor.numel() for tensor in network.state_dict().values())
    return Architecture(len(layers), sum(units), sum(multiplications), parameters)

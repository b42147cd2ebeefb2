"""Networks of the user's own code: a function ``package.module:function`` that returns a ``torch.nn.Module``."""

import inspect
from contextlib import chdir
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from repshift.storage.functions import Constructor, imported
from repshift.vocabulary import InputError


def construct(constructor: Constructor, arguments: dict[str, Any]) -> nn.Module:
    """Import a constructor and call it with keyword arguments.

    What the code itself raises, except what follows, keeps its traceback.

    Raises
    ------
    InputError
        If it cannot be imported, is not callable, does not take the arguments, or returns no ``torch.nn.Module`` whose
        state dict is of tensors.
    """
    function = imported(constructor)
    try:
        inspect.signature(function).bind(**arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"'{constructor.name}' cannot take {arguments}: {error}.") from error
    with chdir(Path.cwd()):  # whatever the user's code changes to
        network = function(**arguments)
    if not isinstance(network, nn.Module):
        raise InputError(f"'{constructor.name}' returned a {type(network).__name__}. Expected a torch.nn.Module.")
    _require_tensors(network, constructor.name)
    return network


def _require_tensors(network: nn.Module, name: str) -> None:
    """Refuse a network whose state is more than tensors, or has some without a shape: no file of weights holds it."""
    for key, value in network.state_dict().items():
        if not isinstance(value, Tensor):
            raise InputError(f"'{name}' keeps '{key}' in its state dict, a {type(value).__name__}. Expected a tensor.")
        if is_lazy(value):
            raise InputError(f"'{name}' leaves the shape of '{key}' open. Run a lazy network once in the constructor.")

"""Networks of the user's own code: a function ``package.module:function`` that returns a ``torch.nn.Module``.

Only the configuration names code to import, never a file of weights or the description beside it.
"""

import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Constructor:
    """What builds a network.

    Attributes
    ----------
    name
        ``package.module:function``; a class will do.
    directory
        Directory that holds the package or module; None: it is installed.
    """

    name: str
    directory: Path | None = None


def construct(constructor: Constructor, arguments: dict[str, Any]) -> nn.Module:
    """Import a constructor and call it with keyword arguments.

    What the code itself raises, but for what follows, keeps its traceback.

    Raises
    ------
    InputError
        If it cannot be imported, is not callable, does not take the arguments, or returns no ``torch.nn.Module``.
    """
    function = _imported(constructor)
    if not callable(function):
        raise InputError(f"'{constructor.name}' is a {type(function).__name__}. A constructor must be callable.")
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise InputError(f"'{constructor.name}' cannot take {arguments}: {error}.") from error
    network = function(**arguments)
    if not isinstance(network, nn.Module):
        raise InputError(f"'{constructor.name}' returned a {type(network).__name__}. Expected a torch.nn.Module.")
    return network


def _imported(constructor: Constructor) -> object:
    """Import the module, from the directory where there is one, and return the function."""
    name, _, function = constructor.name.partition(":")
    where = "the installed packages" if constructor.directory is None else f"'{constructor.directory}'"
    if constructor.directory is not None:
        sys.path.insert(0, str(constructor.directory.resolve()))
    try:
        module = importlib.import_module(name)
    except (ImportError, SyntaxError) as error:
        raise InputError(f"'{constructor.name}' cannot be imported from {where}: {error}.") from error
    if not hasattr(module, function):
        raise InputError(f"'{constructor.name}' cannot be imported: {module.__file__} has no '{function}'.")
    return getattr(module, function)

"""Networks of the user's own code: a function ``package.module:function`` that returns a ``torch.nn.Module``.

Only the configuration names code to import, never a file of weights or the description beside it.
"""

import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

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
        If it cannot be imported, is not callable, does not take the arguments, or returns no ``torch.nn.Module`` whose
        state dict is of tensors.
    """
    function = _imported(constructor)
    if not callable(function):
        raise InputError(f"'{constructor.name}' is a {type(function).__name__}. A constructor must be callable.")
    try:
        inspect.signature(function).bind(**arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"'{constructor.name}' cannot take {arguments}: {error}.") from error
    network = function(**arguments)
    if not isinstance(network, nn.Module):
        raise InputError(f"'{constructor.name}' returned a {type(network).__name__}. Expected a torch.nn.Module.")
    _require_tensors(network, constructor.name)
    return network


def _imported(constructor: Constructor) -> object:
    """Import the module, from the directory where there is one, and return the function.

    The directory stays on the path, for imports that its functions make later, but behind all that is installed: no
    file beside a network stands in for a package that this process has yet to import.
    """
    name, _, function = constructor.name.partition(":")
    if not all(word.isidentifier() for word in (*name.split("."), function)):
        raise InputError(f"'{constructor.name}' names no constructor. Expected package.module:function.")
    where = "the installed packages" if constructor.directory is None else f"'{constructor.directory}'"
    if constructor.directory is not None and (entry := str(constructor.directory.resolve())) not in sys.path:
        sys.path.append(entry)
    try:
        module = importlib.import_module(name)
    except (ImportError, SyntaxError) as error:
        raise InputError(f"'{constructor.name}' cannot be imported from {where}: {error}.") from error
    if constructor.directory is not None and not _is_beneath(module, constructor.directory):
        raise InputError(
            f"'{constructor.name}' cannot be imported from {where}: another module is called '{name}', "
            f"{getattr(module, '__file__', None) or 'built in'}. Rename yours."
        )
    if not hasattr(module, function):
        found = getattr(module, "__file__", None) or f"the module '{name}'"
        raise InputError(f"'{constructor.name}' cannot be imported: {found} has no '{function}'.")
    return getattr(module, function)


def _is_beneath(module: ModuleType, directory: Path) -> bool:
    """Say whether a module is of the package that a directory holds, not of an environment that lies in it as well."""
    file = getattr(module, "__file__", None)
    root = module.__name__.partition(".")[0]
    for path in [] if file is None else [Path(file).absolute(), Path(file).resolve()]:
        if path.is_relative_to(directory.resolve()):
            return path.relative_to(directory.resolve()).parts[0].partition(".")[0] == root
    return False


def _require_tensors(network: nn.Module, name: str) -> None:
    """Refuse a network whose state is more than tensors, or has some without a shape: no file of weights holds it."""
    for key, value in network.state_dict().items():
        if not isinstance(value, Tensor):
            raise InputError(f"'{name}' keeps '{key}' in its state dict, a {type(value).__name__}. Expected a tensor.")
        if is_lazy(value):
            raise InputError(f"'{name}' leaves the shape of '{key}' open. Run a lazy network once in the constructor.")

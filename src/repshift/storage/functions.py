"""Code of the user's own, named as ``package.module:function``.

Only the configuration names code to import, never a file of weights or the description beside it.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from repshift.vocabulary import InputError

_directories: list[Path] = []
"""Directories of the user's code in the order of the path."""


@dataclass(frozen=True)
class Constructor:
    """A function of the user's own, such as one that builds a network.

    Attributes
    ----------
    name
        ``package.module:function``; a class will do.
    directory
        Directory that holds the package or module; None: it is installed.
    """

    name: str
    directory: Path | None = None


def imported(constructor: Constructor) -> Callable[..., Any]:
    """Import the module, from the directory where there is one, and return the function.

    The directory stays on the path, for imports that its functions make later, but behind all that is installed: no
    file beside a network stands in for a package that this process has yet to import. Of several directories the last
    comes first, and modules of the others are forgotten: two may hold modules of one name. What a function imports
    when it is called comes from the last.

    Raises
    ------
    InputError
        If it cannot be imported, whatever it raises, or is not callable.
    """
    name, _, function = constructor.name.partition(":")
    if not all(word.isidentifier() for word in (*name.split("."), function)):
        raise InputError(f"'{constructor.name}' names no constructor. Expected package.module:function.")
    if constructor.directory is not None and not constructor.directory.is_dir():
        raise InputError(f"'{constructor.name}' is to be imported from '{constructor.directory}', which is no folder.")
    where = "the installed packages" if constructor.directory is None else f"'{constructor.directory}'"
    if constructor.directory is not None:
        _put_last(constructor.directory.resolve())
    try:
        with users_own():
            module = importlib.import_module(name)
    except (ImportError, SyntaxError, InputError) as error:
        raise InputError(f"'{constructor.name}' cannot be imported from {where}: {str(error).rstrip('.')}.") from error
    except (Exception, SystemExit) as error:  # whatever the user's own code may raise
        raise InputError(f"'{constructor.name}' cannot be imported from {where}: {_raised(error)}.") from error
    if constructor.directory is not None and not _is_beneath(module, constructor.directory.resolve()):
        raise InputError(
            f"'{constructor.name}' cannot be imported from {where}: another module is called '{name}', "
            f"{getattr(module, '__file__', None) or 'built in'}. Rename yours."
        )
    if not hasattr(module, function):
        found = getattr(module, "__file__", None) or f"the module '{name}'"
        raise InputError(f"'{constructor.name}' cannot be imported: {found} has no '{function}'.")
    called: Any = getattr(module, function)
    if not callable(called):
        raise InputError(f"'{constructor.name}' is a {type(called).__name__}. Expected a function or a class.")
    return cast("Callable[..., Any]", called)


@contextmanager
def users_own() -> Iterator[None]:
    """Let code of the user's own run: it leaves the working directory as it is, and prints to standard error."""
    with chdir(Path.cwd()), redirect_stdout(sys.stderr):
        yield


def _raised(error: BaseException) -> str:
    """Say what a module raised when it was imported, and in which line, the innermost."""
    reason = (str(error).strip() or "without a word").splitlines()[0][:300].rstrip(".")
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"line {last.lineno} of {last.filename} raised {type(error).__name__}: {reason}"


def _put_last(directory: Path) -> None:
    """Put a directory onto the path behind what is installed, but before others of the user's, and forget theirs."""
    others = [one for one in _directories if one != directory]
    for name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType) or name.partition(".")[0] == "repshift":
            continue
        if any(_is_beneath(module, one) for one in others):
            del sys.modules[name]
    sys.path[:] = [entry for entry in sys.path if Path(entry) not in _directories]
    _directories[:] = [directory, *others]
    sys.path += map(str, _directories)


def functions_by_name(functions: Sequence[Constructor]) -> dict[str, Callable[..., Any]]:
    """Import functions of the user's own, and return them by name."""
    return {one.name: imported(one) for one in functions}


def _is_beneath(module: ModuleType, directory: Path) -> bool:
    """Say whether a module is of the package that a directory holds, not of an environment that lies in it as well."""
    file = getattr(module, "__file__", None)
    if file is None:
        return False
    start = str(directory / module.__name__.partition(".")[0])
    return any(place.startswith((f"{start}.", f"{start}{os.sep}")) for place in _places(file))


@cache
def _places(file: str) -> tuple[str, str]:
    """Return where a file is said to lie and where it does: looked up once, for thousands of modules are asked for."""
    return os.path.abspath(file), os.path.realpath(file)  # noqa: PTH100 - paths take ten times as long

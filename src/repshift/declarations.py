"""Objects that modules of a package declare: measures, changes of maps, shift scores, each beside its function.

A package that calls `declared` on its own ``__path__`` holds one module or more of such objects and nothing else has to
name them: a new module is found; packages within it are left alone. The digest of code (`repshift.provenance`) knows:
such a package imports its modules.
"""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, TypeVar

from repshift.vocabulary import InputError


class _Named(Protocol):
    """What is declared has a name."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


def declared(kind: type[T], *, package: str, path: Iterable[str]) -> dict[str, T]:
    """Return the objects of a class that the modules of a package hold, by name.

    Parameters
    ----------
    kind
        The class.
    package, path
        ``__name__`` and ``__path__`` of the package.

    Returns
    -------
    In the order of the modules' names and, within a module, as written there; those in a tuple too.

    Raises
    ------
    InputError
        If two objects have one name.
    """
    found: dict[str, T] = {}
    for module in sorted(module.name for module in iter_modules(path) if not module.ispkg):
        for value in vars(import_module(f"{package}.{module}")).values():
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, kind) and found.setdefault(one.name, one) is not one:
                    raise InputError(f"Two objects of {package} are called '{one.name}': rename one.")
    return found


def require(name: str, table: dict[str, T], *, what: str) -> T:
    """Return the object called `name`.

    Raises
    ------
    InputError
        If there is none: says what it should have been, and which there are.
    """
    if name not in table:
        raise InputError(f"Unknown {what} '{name}'. There are {', '.join(table)}.")
    return table[name]

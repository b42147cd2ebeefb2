"""What the code of a module means: a digest of it and of all that it imports, without comments and docstrings.

The workflow hands each job the digest it was planned with, so an edit that changes no behaviour reruns nothing. Only
import statements count, in functions too; what is loaded by name on first use (``repshift/__init__.py``) does not. A
package that hands on its own ``__path__`` imports all its modules (`repshift.declarations`).
Docstrings count where a module reads its own (``__doc__``); if one reads any other's (``module.__doc__``,
``inspect.getdoc``), those of all that goes into the digest do. The digest depends neither on where the source lies nor
on the version of Python. Standard library only: the workflow imports this before the first job, and every job pays.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from repshift.provenance import meaning
from repshift.provenance.meaning import WHOLE_PACKAGE, Meaning, meaning_of
from repshift.vocabulary import InputError

_CACHE: Final = Path(__file__).parents[1] / "__pycache__" / f"code.{sys.implementation.cache_tag}.json"
_MOST_CACHED: Final = 2000
_PLANNED: Final = "REPSHIFT_CODE"


def code_digest(module: str, *, source: Path) -> str:
    """Return a digest of what `module` and all that it imports mean.

    Parameters
    ----------
    module
        Dotted name, such as ``repshift.stages.cka``. It need not exist, and may have errors: its job will say so.
    source
        Directory that holds the package, or the module itself; what is not in it does not count.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    closure = _closure(module, str(source))
    documented = any(found.reads_docstrings for found in closure.values())
    digest = hashlib.sha256(module.encode())
    for name, found in sorted(closure.items()):
        digest.update(f"\0{name}\0{found.documented if documented else found.meaning}".encode())
    return digest.hexdigest()[:16]


def joint_digest(modules: Iterable[str], *, source: Path) -> str:
    """Return one digest, 16 hexadecimal digits, of what several modules mean; of one it is `code_digest`."""
    digests = [code_digest(module, source=source) for module in sorted(set(modules))]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\0".join(digests).encode()).hexdigest()[:16]


def planned_digests() -> dict[str, str]:
    """Return the digests that a run was planned with, in a process that the run started elsewhere; else nothing."""
    return dict(json.loads(os.environ.get(_PLANNED, "{}")))


def hand_on_digests(digests: Mapping[str, str]) -> None:
    """Hand the digests that a run was planned with on to the processes that it starts."""
    os.environ[_PLANNED] = json.dumps(digests)


def require_code(modules: Iterable[str], expected: str, *, source: Path) -> None:
    """Refuse to go on with other code than a job was planned with.

    Raises
    ------
    InputError
        If the joint digest of the modules is not `expected`.
    """
    names = sorted(set(modules))
    found = joint_digest(names, source=source)
    if found != expected:
        raise InputError(
            f"The code of {', '.join(names)} has changed since the run was planned: planned with {expected}, found "
            f"{found}. Start the run again."
        )


def direct_imports(module: str, *, source: Path) -> frozenset[str]:
    """Return the modules in `source` that `module` imports itself, and the packages that hold them."""
    place = path_of(module, source=source)
    imported = _imported_by(_read(place.read_bytes()), module, str(place))
    return frozenset(name for name in imported if _file_of(name, str(source)))


def import_closure(module: str, *, source: Path) -> set[str]:
    """Return `module` and all in `source` that it imports, directly or not, with the packages that hold them."""
    return {module, *_closure(module, str(source))}


def path_of(module: str, *, source: Path) -> Path:
    """Return the file of a module or package; it need not exist."""
    return Path(_file_of(module, str(source)) or source.joinpath(*module.split(".")).with_suffix(".py"))


def _closure(module: str, source: str) -> dict[str, Meaning]:
    """Return, by name, what is kept of `module` and of all in `source` that it imports."""
    known = len(_cached())
    found: dict[str, Meaning] = {}
    tried: set[str] = set()
    waiting = {module, *_parents(module)}
    while waiting:
        name = waiting.pop()
        tried.add(name)
        if place := _file_of(name, source):
            found[name] = _read(Path(place).read_bytes())
            waiting |= _imported_by(found[name], name, place) - tried
    if len(_cached()) > known:
        _write_cache()
    return found


def _file_of(module: str, source: str) -> str | None:
    """Return the file of a module, where there is one: as for Python, a package goes before a module of its name."""
    start = os.path.join(source, *module.split("."))  # noqa: PTH118 - a Path takes ten times as long, for each name
    return next((place for place in (f"{start}/__init__.py", f"{start}.py") if os.path.isfile(place)), None)  # noqa: PTH113


def _parents(module: str) -> set[str]:
    """Return the packages that hold a module: importing it runs them."""
    words = module.split(".")
    return {".".join(words[:end]) for end in range(1, len(words))}


def _imported_by(found: Meaning, module: str, place: str) -> set[str]:
    """Return the full names of what the file of a module imports."""
    is_package = place.endswith("__init__.py")
    names = _absolute(found.imports, module, is_package=is_package)
    if is_package and WHOLE_PACKAGE in found.imports:
        names |= {f"{module}.{file.stem}" for file in Path(place).parent.glob("*.py") if file.name != "__init__.py"}
    return names


def _absolute(imports: tuple[str, ...], module: str, *, is_package: bool) -> set[str]:
    """Return the full names of what `module` imports, and of the packages that hold them."""
    names = set()
    for written in imports:
        name = written.lstrip(".")
        if level := len(written) - len(name):
            words = module.split(".")
            name = ".".join([*words[: max(len(words) - level + is_package, 0)], *filter(None, [name])])
        names |= {name, *_parents(name)}
    return names - {""}


def _read(content: bytes) -> Meaning:
    """Return what is kept of a file of this content."""
    key = hashlib.sha256(content).hexdigest()[:32]
    cached = _cached()
    if key not in cached:
        cached[key] = meaning_of(content)
    return cached[key]


@cache
def _cached() -> dict[str, Meaning]:
    """Return what is kept of files, by their content; from earlier processes to begin with."""
    try:
        seal, _, text = _CACHE.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return {}
    if seal != _seal(text):
        return {}
    return {
        key: Meaning(plain, documented, reads_docstrings, tuple(imports))
        for key, (plain, documented, reads_docstrings, imports) in json.loads(text).items()
    }


def _seal(text: str) -> str:
    """Return what marks a cache as whole, and as one of digests as they are made today."""
    return hashlib.sha256(Path(meaning.__file__).read_bytes() + text.encode()).hexdigest()


def _write_cache() -> None:
    """Keep the newest of what is known for later processes, where that can be written."""
    text = json.dumps(dict(list(_cached().items())[-_MOST_CACHED:]))
    temporary = _CACHE.with_name(f"{_CACHE.name}.{os.getpid()}")
    with suppress(OSError):
        _CACHE.parent.mkdir(exist_ok=True)
        temporary.write_text(f"{_seal(text)}\n{text}", encoding="utf-8")
        temporary.replace(_CACHE)
    with suppress(OSError):
        temporary.unlink(missing_ok=True)

"""Which modules of a package a module imports, read from the source.

For the workflow, which reruns a rule when the code of its stage changes, and for the test of the layers. Only import
statements count; what is loaded by name on first use (``repshift/__init__.py``) does not.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path


def direct_imports(module: str, *, source: Path) -> frozenset[str]:
    """Return the modules in `source` that `module` imports itself.

    Parameters
    ----------
    module
        Dotted name, such as ``repshift.stages.cka``.
    source
        Directory that holds the package; what is not in it does not count.
    """
    return _imports_in(path_of(module, source=source).read_text(), module, source)


@cache
def _imports_in(text: str, module: str, source: Path) -> frozenset[str]:
    """Return what the text of a module imports; once for all closures that it is in, which share most modules."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, module, source=source)
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    names |= {parent for name in names for parent in _parents(name)}
    return frozenset(name for name in names if name and path_of(name, source=source).is_file())


def _origin(node: ast.ImportFrom, module: str, *, source: Path) -> str:
    """Return the absolute name of what ``from ... import`` imports from; empty where it is outside `source`."""
    if not node.level:
        return node.module or ""
    words = module.split(".")
    kept = len(words) - node.level + (path_of(module, source=source).name == "__init__.py")
    return ".".join([*words[: max(kept, 0)], *filter(None, [node.module])])


def _parents(module: str) -> set[str]:
    """Return the packages that hold a module: importing it runs them."""
    words = module.split(".")
    return {".".join(words[:end]) for end in range(1, len(words))}


def import_closure(module: str, *, source: Path) -> set[str]:
    """Return `module` and all modules in `source` that it imports, directly or not."""
    found: set[str] = set()
    waiting = {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= direct_imports(name, source=source) - found
    return found


def closure_digest(module: str, *, source: Path) -> str:
    """Return a short digest of the source of `module` and of all that it imports."""
    digest = hashlib.sha256()
    for name in sorted(import_closure(module, source=source)):
        digest.update(name.encode() + b"\0" + path_of(name, source=source).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def path_of(module: str, *, source: Path) -> Path:
    """Return the file of a module or package; it need not exist."""
    path = source.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

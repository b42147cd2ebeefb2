"""What a file of code means: its syntax tree without comments, docstrings and layout.

The same for all versions of Python that read it, as far as its syntax goes.
"""

import ast
import hashlib
import warnings
from collections.abc import Iterator
from typing import Final, NamedTuple

_UNSEEN: Final = frozenset({"ctx", "kind", "type_comment"})
"""Fields of a syntax tree that follow from the place of a node, or mean nothing."""

WHOLE_PACKAGE: Final = ".*"
"""What a package imports that hands on its own ``__path__``: whoever gets it loads the modules that lie there."""

_PATH: Final = "__path__"
_READERS: Final = frozenset({"__doc__", "getdoc"})


class Meaning(NamedTuple):
    """What is kept of a file: digests of its code and of its code with docstrings, and what it imports.

    Where it reads its own docstrings, both digests are the second; `reads_docstrings`: whether it reads any other's.
    An import is written as in the file, with leading dots where it is relative; `WHOLE_PACKAGE` stands for all modules
    of the package that the file is of.
    """

    meaning: str
    documented: str
    reads_docstrings: bool
    imports: tuple[str, ...]


def meaning_of(content: bytes) -> Meaning:
    """Return what a file of this content means; of one that Python cannot read, every byte counts."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raw = hashlib.sha256(content).hexdigest()[:32]
        return Meaning(raw, raw, reads_docstrings=False, imports=())
    parts = _written(tree)
    documented = _short("".join(parts))
    meaning = _short("".join(part for part in parts if not part.startswith("\0")))
    reads_own, reads_others = _docstrings_read(tree, content)
    imports = tuple(sorted(_imported(tree, content)))
    return Meaning(documented if reads_own else meaning, documented, reads_others, imports)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _written(tree: ast.AST) -> list[str]:
    """Return a syntax tree as pieces of text; those of statements that do nothing start with a null character.

    As `ast.dump`, but without recursion, which long sums would exhaust, and without what differs between versions of
    Python: fields that are empty, except the body of a module that may lose its docstring.
    """
    pieces: list[str] = []
    waiting: list[ast.AST | list[object] | str] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
        elif isinstance(item, list):
            pieces.append("[")
            waiting += ["]", *map(_piece, reversed(item))]
        else:
            if isinstance(item, ast.JoinedStr):  # Python 3.12 has empty pieces in some
                item.values = [value for value in item.values if getattr(value, "value", None) != ""]
            pieces.append(f"{type(item).__name__}(")
            waiting.append(")")
            for name in reversed(item._fields):
                value = getattr(item, name, None)
                if value is not None and name not in _UNSEEN and (value != [] or name == "body"):
                    waiting += [_piece(value), f"{name}="]
    return pieces


def _piece(value: object) -> ast.AST | list[object] | str:
    """Return a part of a syntax tree, as text where it is written in one piece."""
    if isinstance(value, ast.Pass):
        return "\0pass,"
    if isinstance(value, ast.Expr) and isinstance(value.value, ast.Constant):
        return f"\0{_piece(value.value.value)}"
    if isinstance(value, ast.AST | list):
        return value
    return f"{value:#x}," if type(value) is int else f"{value!a},"


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements, those in functions, classes and branches too."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            waiting += inner if isinstance(inner, list) else []


def _imported(tree: ast.Module, content: bytes) -> set[str]:
    """Return what a file imports, as it is written there."""
    names: set[str] = set()
    nodes = ast.walk(tree) if _PATH.encode() in content else ()
    if any(isinstance(node, ast.Name) and node.id == _PATH for node in nodes):
        names.add(WHOLE_PACKAGE)
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            joint = "." if node.module else ""
            names |= {origin, *(f"{origin}{joint}{alias.name}" for alias in node.names)}
    return names


def _docstrings_read(tree: ast.Module, content: bytes) -> tuple[bool, bool]:
    """Return whether a module reads docstrings of its own by bare ``__doc__``, and whether it reads any other's."""
    own = others = False
    for node in ast.walk(tree) if any(name.encode() in content for name in _READERS) else ():
        own |= isinstance(node, ast.Name) and node.id == "__doc__"
        others |= isinstance(node, ast.Attribute) and node.attr in _READERS
        others |= isinstance(node, ast.alias) and node.name in _READERS
    return own, others

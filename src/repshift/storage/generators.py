"""Generators of the user's own: the code and the tables that the objects of a suite are made from."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

from repshift.simulation.columns import Column
from repshift.simulation.objects import Code, Objects
from repshift.storage.functions import Constructor, imported, users_own
from repshift.storage.labels import read_cells
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Generator:
    """What the objects of a suite are made from, in plain values, which any process can be handed.

    Attributes
    ----------
    function, labels
        The code that makes maps, and that of labels beside the parameters, where there are any.
    label_names
        What that returns.
    arguments
        Keyword arguments of both, as JSON.
    columns, shape, suite, seed
        As those of `repshift.simulation.objects.Objects`.
    tables
        Sets that are not drawn, each with the file of its parameters.
    """

    function: Constructor
    columns: tuple[Column, ...]
    shape: tuple[int, ...]
    suite: str
    seed: int
    arguments: str = "{}"
    tables: tuple[tuple[str, Path], ...] = ()
    labels: Constructor | None = None
    label_names: tuple[str, ...] = ()


def objects_of(generator: Generator) -> Objects:
    """Import the code of a generator, read its tables, and return its objects.

    Raises
    ------
    FileNotFoundError
        If a table is missing.
    InputError
        If the code cannot be imported, or a table has not all parameters.
    """
    return Objects(
        _code(generator.function),
        generator.columns,
        generator.shape,
        generator.suite,
        generator.seed,
        json.loads(generator.arguments),
        {name: read_objects(path, generator.columns) for name, path in generator.tables},
        None if generator.labels is None else _code(generator.labels),
        generator.label_names,
    )


@lru_cache(maxsize=1)
def objects_once(generator: Generator) -> Objects:
    """Return the objects of a generator, made once a process; errors as `objects_of`."""
    return objects_of(generator)


def read_objects(path: Path, columns: tuple[Column, ...]) -> tuple[dict[str, object], ...]:
    """Read the parameters of the objects of a set, a row each, from a table with a header; other columns are left out.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no table, lacks a parameter, or has no rows, or a cell is out of the range of its column.
    """
    header, rows = read_cells(path)
    missing = [column.name for column in columns if column.name not in header]
    if missing:
        raise InputError(f"{path} has no column '{missing[0]}', a parameter of the suite. It has {', '.join(header)}.")
    if not rows:
        raise InputError(f"{path} has no rows. Expected one for each object.")
    found = []
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise InputError(f"{path} has {len(row)} cells in row {number}, but its header names {len(header)}.")
        held: dict[str, object] = {}
        for column in columns:
            cell = row[header.index(column.name)]
            held[column.name] = column.held(cell)
            if held[column.name] is None:
                raise InputError(
                    f"{path} holds '{cell}' in row {number} of column '{column.name}'. Expected {column.expected}."
                )
        found.append(held)
    return tuple(found)


def _code(named: Constructor) -> Code:
    """Import a function of the user's own."""
    return Code(named.name, _staying(imported(named)))


def _staying(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that leaves the working directory and standard output as they are, whatever the code does."""

    @wraps(function)
    def called(*given: Any, **arguments: Any) -> Any:  # noqa: ANN401
        with users_own():
            return function(*given, **arguments)

    return called

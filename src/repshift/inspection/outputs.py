"""Which columns of a table of labels the answers of a network are: values, or the classes of one column."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.storage.labels import Labels
from repshift.vocabulary import InputError

FEWEST_CLASSES: Final = 2
MOST_CLASSES: Final = 100
"""Classes of a column that holds classes."""

_SUM: Final = 0.01
"""How far the probabilities of a map may sum to another number than 1, as bfloat16 rounds them."""

Answers = npt.NDArray[np.float64]

Cells = dict[str, list[str]]
"""The columns of a table, as text."""


@dataclass(frozen=True)
class Outputs:
    """What the answers of a network are.

    Attributes
    ----------
    names
        Columns of the labels, in the order of the answers; none where nothing is scored.
    classes
        Of a classifier, in the order of its answers; none of a regression.
    answers
        What the answers of a classifier are.
    why
        What this was seen by, in words.
    """

    names: tuple[str, ...] = ()
    classes: tuple[str | int, ...] = ()
    answers: Literal["logits", "probabilities"] = "logits"
    why: str = ""


def cells_of(path: Path, labels: Labels) -> Cells:
    """Return the columns of a table that was read before, as text; a table without commas holds numbers alone."""
    if path.suffix.lower() != ".csv":
        return {name: [f"{value:.17g}" for value in labels.values[:, n]] for n, name in enumerate(labels.names)}
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    return {name: [row[number] for row in rows] for number, name in enumerate(header)}


def outputs_of(answers: Answers | None, tables: Sequence[Cells], *, asked: Sequence[str] = ()) -> Outputs:
    """Return which columns the answers are.

    Parameters
    ----------
    answers
        (n_maps, n_answers), of a few maps; None: they are no array.
    tables
        The labels of each suite that has any; a column counts where all have it.
    asked
        Columns that the user named; none: they are found.

    Raises
    ------
    InputError
        If a column that was named is none, or the answers are as many as nothing in the tables.
    """
    columns = {name: [cell for table in tables for cell in table[name]] for name in tables[0] if _in_all(name, tables)}
    missing = [name for name in asked if name not in columns]
    if missing:
        raise InputError(f"--outputs names {', '.join(missing)}; the columns of all labels are {', '.join(columns)}.")
    if answers is None or answers.ndim != 2:
        found = "no array" if answers is None else f"shape {answers.shape[1:]}"
        raise InputError(f"The network answers {found} for a map. Labels need a number each; else leave --labels out.")
    columns = {name: columns[name] for name in asked or columns}
    numbers = [name for name, cells in columns.items() if all(map(_is_number, cells))]
    return _of_words(columns, numbers, answers) or _of_numbers(columns, numbers, answers)


def _of_words(columns: Cells, numbers: Sequence[str], answers: Answers) -> Outputs | None:
    """Return the classes of the first column of words that the answers fit; of two, one answer is the second."""
    n_answers = answers.shape[1]
    for name in (one for one in columns if one not in numbers):
        found = _classes(columns[name])
        if n_answers == len(found) or (n_answers, len(found)) == (1, 2):
            return _of_classes(name, found, answers)
    return None


def _of_numbers(columns: Cells, numbers: Sequence[str], answers: Answers) -> Outputs:
    """Return the columns of numbers that the answers are, or the classes of one; refuse answers that fit nothing."""
    n_answers = answers.shape[1]
    matching = [name for name in numbers if len(_classes(columns[name])) == n_answers]
    fit = len(numbers) > 0 and n_answers in (len(numbers), 2 * len(numbers))
    if matching and (len(numbers) == 1 or not fit):
        return _of_classes(matching[0], _classes(columns[matching[0]]), answers)
    if fit:
        spread = ", then as many standard deviations" if n_answers > len(numbers) else ""
        return Outputs(tuple(numbers), why=f"{n_answers}, the columns of numbers in their order{spread}")
    held = [
        f"'{name}' of {'numbers' if name in numbers else f'{len(set(cells))} different words'}"
        for name, cells in columns.items()
    ]
    raise InputError(
        f"The network answers {n_answers} numbers for a map, which fit no labels: the columns are {', '.join(held)}. "
        "Name those that it infers by --outputs, or leave --labels out."
    )


def _in_all(name: str, tables: Sequence[Cells]) -> bool:
    return all(name in table for table in tables)


def _classes(cells: Sequence[str]) -> tuple[str, ...] | tuple[int, ...]:
    """Return the classes that a column holds, sorted: words, or whole numbers; none where each cell is another."""
    distinct = set(cells)
    if not FEWEST_CLASSES <= len(distinct) <= MOST_CLASSES or len(distinct) == len(cells):
        return ()
    if not any(map(_is_number, distinct)):
        return tuple(sorted(distinct))
    whole = all(_is_number(cell) and float(cell).is_integer() for cell in distinct)
    return tuple(sorted({int(float(cell)) for cell in distinct})) if whole else ()


def _of_classes(name: str, classes: tuple[str | int, ...], answers: Answers) -> Outputs:
    """Return the classes of a column as what a network answers, and whether these are probabilities."""
    sums = answers.sum(axis=1) if answers.shape[1] > 1 else np.ones(len(answers))
    is_share = bool(((answers >= 0) & (answers <= 1)).all() and (np.abs(sums - 1) < _SUM).all())
    kind: Literal["logits", "probabilities"] = "probabilities" if is_share else "logits"
    why = (
        f"{answers.shape[1]}, {kind} by a few maps, of the classes of column '{name}', here sorted: write them in their"
    )
    return Outputs((name,), classes, kind, f"{why} order")


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False

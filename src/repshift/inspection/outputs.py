"""Which columns of a table of labels the outputs of a network are: values, or the classes of one column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.networks.classes import Classes, OutputScale, class_key, sum_to_one
from repshift.storage.labels import is_number
from repshift.vocabulary import InputError, in_short

FEWEST_CLASSES: Final = 2
MOST_CLASSES: Final = 100
"""Classes of a column that holds classes."""

Values = npt.NDArray[np.float64]

Cells = dict[str, list[str]]
"""The columns of a table, as text."""


@dataclass(frozen=True)
class Outputs:
    """What the outputs of a network are.

    Attributes
    ----------
    names
        Columns of the labels, in the order of the outputs; none where nothing is scored.
    classes
        Of a classifier, in the order of its outputs; none of a regression.
    output_scale
        What the outputs of a classifier are.
    why
        What this was seen by, in words.
    """

    names: tuple[str, ...] = ()
    classes: tuple[str | int, ...] = ()
    output_scale: OutputScale = "logits"
    why: str = ""


def outputs_of(
    answers: Sequence[Values | None],
    tables: Sequence[Cells],
    *,
    asked: Sequence[str] = (),
    classes: Sequence[str] = (),
    is_sigmoid: bool = False,
) -> Outputs:
    """Return which columns the answers are.

    Parameters
    ----------
    answers
        (n_maps, n_answers), of a few maps of each suite; None: they are no array.
    tables
        The labels of each suite that has any; a column counts where all have it.
    asked
        Columns that the user named; none: they are found.
    classes
        Classes that the user named, in the order of the outputs; none: those that a column holds, sorted.
    is_sigmoid
        Whether the outputs are what a sigmoid returns.

    Raises
    ------
    InputError
        If a column that was named is none, or the answers are as many as nothing in the tables.
    """
    columns = {name: [cell for table in tables for cell in table[name]] for name in tables[0] if _in_all(name, tables)}
    missing = [name for name in asked if name not in columns]
    if missing:
        raise InputError(f"--outputs names {', '.join(missing)}; the columns of all labels are {', '.join(columns)}.")
    found = _together(answers)
    columns = {name: columns[name] for name in asked or columns}
    numbers = [name for name, cells in columns.items() if all(map(is_number, cells))]
    if classes:
        return _judged(_of_classes(columns, classes, found.shape[1]), found, is_sigmoid=is_sigmoid)
    chosen = _of_words(columns, numbers, found.shape[1]) or _of_numbers(columns, numbers, found.shape[1])
    if not chosen.classes:
        return chosen
    judged = _judged(chosen, found, is_sigmoid=is_sigmoid)
    return replace(judged, why=f"{judged.why}. The classes are sorted: --classes says the network's order")


def _together(answers: Sequence[Values | None]) -> Values:
    """Return the answers of all suites, (n_maps, n_answers); refuse those that are no table of numbers."""
    shape = None if answers[0] is None else answers[0].shape[1:]
    tables = [one for one in answers if one is not None and one.ndim == 2 and one.shape[1:] == shape]
    if len(tables) < len(answers):
        found = "no array" if shape is None else f"shape {shape}"
        raise InputError(f"The network returns {found} for a map. Labels need a number each; else leave --labels out.")
    return np.vstack(tables)


def _of_classes(columns: Cells, classes: Sequence[str], n_answers: int) -> Outputs:
    """Return the first column that holds nothing but some of the classes; refuse classes that fit no answers."""
    known = Classes(tuple(classes))
    if not known.fit((1, n_answers)):
        raise InputError(f"The network returns {n_answers} numbers for a map. Expected {known.expected}.")
    name = next((one for one in columns if all(known.index_of(cell) is not None for cell in columns[one])), None)
    if name is None:
        held = "; ".join(
            f"'{one}' also has {in_short([cell for cell in dict.fromkeys(cells) if known.index_of(cell) is None], 3)}"
            for one, cells in columns.items()
        )
        raise InputError(f"--classes names {in_short(classes)}. Expected a column of these alone: {held}.")
    return Outputs((name,), tuple(int(one) if one.isdecimal() else one for one in classes))


def _of_words(columns: Cells, numbers: Sequence[str], n_answers: int) -> Outputs | None:
    """Return the classes of the first column of words that the answers fit; of two, one answer is the second."""
    for name in (one for one in columns if one not in numbers):
        found = _classes(columns[name])
        if n_answers == len(found) or (n_answers, len(found)) == (1, 2):
            return Outputs((name,), found)
    return None


def _of_numbers(columns: Cells, numbers: Sequence[str], n_answers: int) -> Outputs:
    """Return the columns of numbers that the answers are, or the classes of one; refuse answers that fit nothing."""
    matching = [name for name in numbers if len(_classes(columns[name])) == n_answers]
    fit = len(numbers) > 0 and n_answers in (len(numbers), 2 * len(numbers))
    if matching and (len(numbers) == 1 or not fit):
        return Outputs((matching[0],), _classes(columns[matching[0]]))
    if fit:
        spread = ", then as many standard deviations" if n_answers > len(numbers) else ""
        return Outputs(tuple(numbers), why=f"{n_answers}, the columns of numbers in their order{spread}")
    held = [
        f"'{name}' of {'numbers' if name in numbers else f'{len(set(cells))} different words'}"
        for name, cells in columns.items()
    ]
    raise InputError(
        f"The network returns {n_answers} numbers for a map, which fit no labels: the columns are {', '.join(held)}. "
        "Name those that it infers by --outputs, or leave --labels out."
    )


def _in_all(name: str, tables: Sequence[Cells]) -> bool:
    return all(name in table for table in tables)


def _classes(cells: Sequence[str]) -> tuple[str, ...] | tuple[int, ...]:
    """Return the classes that a column holds, sorted: words, or whole numbers; none where each cell is another."""
    distinct = set(map(class_key, cells))
    words = sorted(key for key in distinct if isinstance(key, str))
    numbers = sorted(key for key in distinct if isinstance(key, float))
    if not FEWEST_CLASSES <= len(distinct) <= MOST_CLASSES or len(distinct) == len(cells) or (words and numbers):
        return ()
    if words:
        return tuple(words)
    return tuple(map(int, numbers)) if all(number.is_integer() for number in numbers) else ()


def _judged(outputs: Outputs, answers: Values, *, is_sigmoid: bool) -> Outputs:
    """Say whether the outputs of a classifier are logits or probabilities, and what this was seen by."""
    n_answers, (name,) = answers.shape[1], outputs.names
    kind: OutputScale = "probabilities" if (is_sigmoid if n_answers == 1 else sum_to_one(answers)) else "logits"
    if n_answers > 1:
        of = f"{n_answers}, {kind} by a few maps of each suite, of the classes of column '{name}'"
    elif is_sigmoid:
        of = f"1, what a sigmoid returns, so the probability of '{outputs.classes[1]}' of column '{name}'"
    else:
        of = (
            f"1, taken for the logit of '{outputs.classes[1]}' of column '{name}', for no sigmoid returns it; of a "
            "probability write output_scale: probabilities"
        )
    return replace(outputs, output_scale=kind, why=of)

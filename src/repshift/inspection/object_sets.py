"""What a suite of a function will hold: a few of its objects are made, and nothing is written."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.case.outputs import require_scorable
from repshift.inspection.maps import SHOWN, Contents
from repshift.inspection.networks import users_code
from repshift.inspection.sets import SetReport
from repshift.networks.classes import Classes
from repshift.simulation.repetition import TRIALS, objects_tried, require_repeatable
from repshift.storage.generators import objects_of
from repshift.storage.labels import Labels, is_number, places_of
from repshift.study.configuration import Study
from repshift.study.generation import function_suite, generator_of, n_objects
from repshift.vocabulary import Split

_ROWS: Final = 2000
"""Objects of which the row is looked at, at most: a look takes a part of a second."""


def made_report(study: Study, suite: str, set_name: str) -> SetReport:
    """Make a few objects of a set twice, and draw its table.

    Raises
    ------
    FileNotFoundError
        If the table of the set is missing, or a file that the generator reads.
    InputError
        If the code cannot be imported or called, or the maps or labels are none, as the stage maps has it.
    """
    entry, generator = function_suite(study, suite), generator_of(study, suite)
    missing = [path for path in entry.files or () if not Path(path).is_file()]
    if missing:
        raise FileNotFoundError(f"No such file, which the generator of suites.{suite} reads: {', '.join(missing)}")
    found = n_objects(study, suite, set_name) or 0
    with users_code(entry.generator, "when it was called,"):
        objects = objects_of(generator)
        start = time.perf_counter()
        tried = objects_tried(objects, set_name, found)
        for index in tried:
            require_repeatable(objects, set_name, index=index, other=found - 1)
        seconds = (time.perf_counter() - start) / (TRIALS * len(tried))
        sample = np.stack([objects.maps(set_name, index) for index in range(min(SHOWN, found))])
        rows = tuple(objects.row(set_name, index) for index in range(min(_ROWS, found)))
    each, bands = entry.maps_per_simulation, len(entry.bands or ("",))
    images = sample.reshape(-1, bands, *entry.sides)
    contents = Contents(entry.generator, found * each, (bands, *entry.sides), "float32", images, ())
    return SetReport(
        f"{contents.words}, to be made in {_in_words(seconds)} an object",
        entry.sides,
        bands,
        contents,
        _labels(rows, f"suites.{suite}"),
        f"suites.{suite}",
        each,
        tuple(entry.bands or ()),
        rows=rows,
        seconds=seconds,
    )


def classes_made(
    shown: SetReport, label: str, *, classes: Classes, split: Split, in_distribution: bool
) -> npt.NDArray[np.int64]:
    """Return the place of the class of each object, (n_objects,), where classes can be scored.

    Raises
    ------
    InputError
        As `repshift.case.outputs.labelled_classes`.
    """
    where = shown.labels_path
    found = places_of([str(row[label]) for row in shown.rows], label, classes=classes, where=where)
    require_scorable(found, label, classes=classes, split=split, in_distribution=in_distribution, where=where)
    return found


def _labels(rows: Sequence[dict[str, float | int | str]], where: str) -> Labels:
    """Return the columns of a table that are numbers, and why others are no labels."""
    words = {
        name: f"{where} has words in its column '{name}'. Labels are finite numbers."
        for name in rows[0]
        if not all(is_number(str(row[name])) for row in rows)
    }
    names = tuple(name for name in rows[0] if name not in words)
    values = np.array([[float(row[name]) for name in names] for row in rows])
    return Labels(names, values, words)


def _in_words(seconds: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> _in_words(0.00234), _in_words(2.5)
    ('2.3 ms', '2.5 s')
    """
    return f"{seconds:.2g} s" if seconds >= 1 else f"{1e3 * seconds:.2g} ms"

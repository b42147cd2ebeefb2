"""Action of the stage maps: ``generate`` the objects of a suite by a function of the user's own.

Rules ``generate_{suite}``. Outputs, of each set: a ``.npy`` of all maps of one band, (n_maps, y, x) float32, for each
band; and a ``.csv``, a row an object: its parameters, then its labels.
"""

import argparse
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, Final

from repshift.cli.arguments import at_least
from repshift.cli.generators import add_generator, generator_of
from repshift.cli.processes import mapped
from repshift.cli.progress import progress
from repshift.simulation.columns import Value
from repshift.simulation.objects import Maps, Objects
from repshift.simulation.repetition import TRIALS, objects_tried, require_repeatable, require_same
from repshift.storage.generators import Generator, objects_of, objects_once
from repshift.storage.labels import write_columns
from repshift.storage.maps import writing_maps
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

WORTH: Final = 2.0
"""Seconds of one core, of all objects, from which several processes are worth their start."""

_AT_ONCE: Final = 32
"""Objects that a process takes at a time, at most."""

Made = tuple[Maps, dict[str, Value]]
"""The maps of an object, and its row in the table."""


@dataclass(frozen=True)
class Request:
    """A set to make.

    Attributes
    ----------
    name
        Of the set.
    n_objects
        How many objects; None: as many as its table has rows.
    maps
        A file to write for each band.
    parameters
        The table to write.
    """

    name: str
    n_objects: int | None
    maps: tuple[Path, ...]
    parameters: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_generator(parser)
    each: dict[str, Any] = {"action": "append", "required": True}
    parser.add_argument(
        "--set", nargs=2, metavar=("NAME", "OBJECTS"), help="a set, and its number of objects or a .csv of them", **each
    )
    parser.add_argument("--output", type=Path, nargs="+", help="of that set, .npy to write, one a band", **each)
    parser.add_argument("--output-parameters", type=Path, help="of that set, .csv to write", **each)
    parser.add_argument(
        "--processes", type=at_least(1), required=True, help="number of objects at a time; changes no result"
    )


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    sets, outputs, tables = (given.pop(name) for name in ("set", "output", "output_parameters"))
    if not len(sets) == len(outputs) == len(tables):
        raise InputError(f"{len(sets)} sets, {len(outputs)} --output, {len(tables)} --output-parameters. Expected one.")
    generator = generator_of(given, {name: Path(held) for name, held in sets if not held.isdecimal()})
    requests = [
        Request(name, int(held) if held.isdecimal() else None, tuple(maps), table)
        for (name, held), maps, table in zip(sets, outputs, tables, strict=True)
    ]
    run(generator=generator, sets=requests, **given)


def run(*, generator: Generator, sets: Sequence[Request], processes: int) -> None:
    """Make the sets of a suite: an object depends on seed, suite, set and number alone, not on `processes`.

    All files are given their names at the end: none is there where an object is refused.

    Raises
    ------
    InputError
        If the code cannot be imported, depends on more than its arguments, raises, or returns something else than
        finite maps of the shape; or a parameter is out of its range. Says of which object.
    """
    objects = objects_of(generator)
    numbers = {one.name: _number_of(objects, one) for one in sets}
    wanted = [(one.name, index) for one in sets for index in range(numbers[one.name])]
    start = time.process_time()
    tried = [(name, index) for name, number in numbers.items() for index in objects_tried(objects, name, number)]
    first = {
        (name, index): require_repeatable(objects, name, index=index, other=numbers[name] - 1) for name, index in tried
    }
    seconds = (time.process_time() - start) / (TRIALS * len(tried)) * len(wanted)
    processes = min(processes, len(wanted)) if seconds > WORTH else 1
    with ExitStack() as stack:
        append = {one.name: stack.enter_context(_writing(objects, one, numbers[one.name])) for one in sets}
        job: Callable[[tuple[str, int]], Made] = partial(_make, objects)
        if processes > 1:
            job = partial(_make_anywhere, generator)
        at_once = max(1, min(_AT_ONCE, len(wanted) // (4 * processes)))
        made = stack.enter_context(mapped(job, wanted, processes, at_once=at_once))
        advance = stack.enter_context(progress(len(wanted), f"objects of {generator.function.name}"))
        for (name, index), (maps, row) in zip(wanted, made, strict=True):
            if (name, index) in first:
                require_same(objects, first[name, index], maps, name, index=index)
            append[name](maps, row)
            advance()
    logger.info("%d objects of %s: sets %s", len(wanted), generator.function.name, ", ".join(numbers))


def _number_of(objects: Objects, request: Request) -> int:
    """Return how many objects a set has."""
    found = len(objects.tables[request.name]) if request.n_objects is None else request.n_objects
    if found < 1:
        raise InputError(f"Set '{request.name}' has {found} objects. Expected one or more.")
    return found


def _make(objects: Objects, wanted: tuple[str, int]) -> Made:
    """Return the maps of an object, and its row."""
    return objects.maps(*wanted), objects.row(*wanted)


def _make_anywhere(generator: Generator, wanted: tuple[str, int]) -> Made:
    """Return the maps of an object and its row, in a process that has nothing yet."""
    return _make(objects_once(generator), wanted)


@contextmanager
def _writing(objects: Objects, request: Request, n_objects: int) -> Iterator[Callable[[Maps, dict[str, Value]], None]]:
    """Yield a function that takes the maps and the row of each object in turn, and writes both."""
    *several, height, width = objects.shape
    n_bands = len(request.maps)
    each = prod(several) // n_bands
    form: dict[str, Any] = {"n_simulations": n_objects, "size": (height, width), "maps_per_simulation": each}
    rows: list[dict[str, Value]] = []
    with ExitStack() as stack:
        files = [stack.enter_context(writing_maps(path, **form)) for path in request.maps]

        def append(maps: Maps, row: dict[str, Value]) -> None:
            images = maps.reshape(each, n_bands, height, width)
            for band, write in enumerate(files):
                write(images[:, band])
            rows.append(row)

        yield append
        write_columns(rows, request.parameters)

"""Action of the stage maps that makes the maps of a suite from those of another: ``run``.

Output: a ``.npy`` of as many maps, (n_maps, y, x) float32, in the unit of the field.
"""

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from repshift.cli.arguments import at_least
from repshift.declarations import require
from repshift.networks.channels import Preprocessing
from repshift.networks.moments import log_moments
from repshift.networks.preprocessing import preprocess, without_logarithm
from repshift.perturbation import CHANGES
from repshift.perturbation.change import Change, Strength, Values
from repshift.simulation.seeds import entropy_of
from repshift.storage.maps import chunks_of, open_maps, writing_maps
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Source:
    """A file of maps, read in the space in which pixels are changed."""

    path: Path
    field: str
    logarithm: bool

    @property
    def preprocessing(self) -> Preprocessing:
        """What happens to pixels on the way there."""
        return Preprocessing(logarithm=self.logarithm)

    def __call__(self) -> Iterator[Values]:
        """Yield all pixels (n, y, x), in dex or, without the logarithm, in the unit of the field."""
        start = 0
        for piece in chunks_of(self.path):
            positions = range(start, start + len(piece))
            try:
                yield preprocess(piece, self.field, preprocessing=self.preprocessing, positions=positions)
            except InputError as error:
                raise InputError(f"{self.path}: {error}") from error
            start += len(piece)

    def std(self) -> float:
        """Return the standard deviation of all pixels."""
        try:
            return log_moments(chunks_of(self.path), self.field, preprocessing=self.preprocessing).std
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from error

    def maps(self, values: Values) -> Values:
        """Return such pixels in the unit of the field."""
        return without_logarithm(values, self.field) if self.logarithm else values


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--maps", type=Path, required=True, help=".npy of the maps to change")
    parser.add_argument("--field", required=True, help="name of the field")
    parser.add_argument("--no-logarithm", action="store_false", dest="logarithm", help="change pixels as they are")
    changes = parser.add_mutually_exclusive_group(required=True)
    for name, change in CHANGES.items():
        how: dict[str, Any] = {"dest": "change", "type": _strength_of(change), "metavar": "STRENGTH"}
        changes.add_argument(f"--{name}", help=change.description, **how)
    parser.add_argument("--like", type=Path, help=".npy of the maps to be like, with --matching")
    parser.add_argument("--seed", type=at_least(0), default=0, help="random seed: with --names, draws random numbers")
    parser.add_argument("--names", nargs="*", default=[], help="of suite, set and field: each draws other numbers")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")


def run(
    *,
    maps: Path,
    field: str,
    output: Path,
    change: tuple[str, Strength],
    like: Path | None = None,
    seed: int = 0,
    names: Sequence[str] = (),
    logarithm: bool = True,
) -> None:
    """Write maps changed, all in the same way, one piece in memory at a time; `change` is its name and its strength.

    Raises
    ------
    InputError
        If the change or its strength is unknown, maps to be like are missing or one too many, a pixel has no logarithm,
        or maps cannot be matched; names the file.
    """
    about, strength = require(change[0], CHANGES, what="change of maps"), change[1]
    if ("like" in about.needs) != (like is not None):
        takes = "maps to be like" if like is None else "no maps to be like"
        raise InputError(f"{maps}: the change '{about.name}' takes {takes}; found {like or 'none'}.")
    source = _Source(maps, field, logarithm and about.on_logarithm)
    given: dict[str, Callable[[], Any]] = {
        "std": source.std,
        "rng": lambda: np.random.default_rng(entropy_of(seed, *names)),
        "like": lambda: like and _Source(like, field, source.logarithm),
    }
    changed = about.function(source, about.strength(strength), **{name: given[name]() for name in about.needs})
    n_maps, *size = open_maps(maps, maps_per_simulation=1).shape
    with writing_maps(output, n_simulations=n_maps, size=(size[0], size[1]), maps_per_simulation=1) as append:
        for piece in _naming(changed, maps, like):
            append(source.maps(piece).astype(np.float32))
    logger.info("%s: %d maps made from %s", output, n_maps, maps)


def _strength_of(change: Change) -> Callable[[str], tuple[str, Strength]]:
    """Return what reads a change and its strength from the command line."""

    def read(text: str) -> tuple[str, Strength]:
        try:
            return change.name, change.strength(text)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _naming(changed: Iterator[Values], maps: Path, like: Path | None) -> Iterator[Values]:
    """Yield the pieces; where they are to be like others, an error names both files."""
    try:
        yield from changed
    except InputError as error:
        raise error if like is None else InputError(f"{maps} cannot be made like {like}: {error}") from error

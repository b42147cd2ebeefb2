"""Arguments that name the code of a generator of the user's own, and say what its objects are."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from repshift.cli.arguments import at_least
from repshift.simulation.columns import DISTRIBUTIONS, Column
from repshift.storage.functions import Constructor
from repshift.storage.generators import Generator
from repshift.vocabulary import InputError


def add_generator(parser: argparse.ArgumentParser) -> None:
    """Add what the objects of a suite are made from; `generator_of` collects it."""
    parser.add_argument("--generator", required=True, help="package.module:function that makes the maps of an object")
    parser.add_argument("--source", type=Path, help="directory that holds the package; left out, it is installed")
    parser.add_argument("--arguments", default="{}", help="keyword arguments of the functions, as JSON")
    parser.add_argument(
        "--parameters", type=_columns, required=True, help="JSON list: name, and range [low, high, how] or values"
    )
    parser.add_argument("--label-function", help="package.module:function of labels beside the parameters")
    parser.add_argument("--labels", nargs="+", default=[], help="names of the labels that it returns")
    several: dict[str, Any] = {"type": at_least(1), "nargs": "+", "required": True}
    parser.add_argument("--shape", help="of the maps of an object: maps, bands (where several), y, x", **several)
    parser.add_argument("--suite", required=True, help="name of the suite that draws the objects")
    parser.add_argument(
        "--seed", type=at_least(0), required=True, help="random seed: with suite, set and number draws an object"
    )


def generator_of(arguments: dict[str, Any], tables: dict[str, Path]) -> Generator:
    """Take what the objects are made from out of `arguments` and return it; `tables` are of sets that are not drawn."""
    folder, labels = arguments.pop("source"), arguments.pop("label_function")
    return Generator(
        Constructor(arguments.pop("generator"), folder),
        arguments.pop("parameters"),
        tuple(arguments.pop("shape")),
        arguments.pop("suite"),
        arguments.pop("seed"),
        arguments.pop("arguments"),
        tuple(tables.items()),
        None if labels is None else Constructor(labels, folder),
        tuple(arguments.pop("labels")),
    )


def generator_from(words: Sequence[str], tables: Mapping[str, Path]) -> Generator:
    """Return what the objects of a suite are made from, of the options of `add_generator` in words.

    Raises
    ------
    InputError
        If an option is missing, unknown or not readable.
    """
    parser = _Parser(add_help=False)
    add_generator(parser)
    return generator_of(vars(parser.parse_args(words)), dict(tables))


class _Parser(argparse.ArgumentParser):
    """Reads options that came from another command, so an error is one of what called it."""

    def error(self, message: str) -> NoReturn:
        """Raise the error instead of leaving."""
        raise InputError(f"What the objects of an axis are made from cannot be read: {message}.")


def _columns(text: str) -> tuple[Column, ...]:
    """Read the parameters of the objects."""
    try:
        return tuple(_column(**one) for one in json.loads(text))
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"found {text[:200]!r}: {error}.") from error


def _column(name: str, range: list[Any] | None = None, values: list[Any] | None = None) -> Column:  # noqa: A002
    """Return a parameter by its name and its range, or its values."""
    if values is not None:
        return Column(name, values=tuple(values))
    low, high, how = range or [0, 0, None]
    if how not in DISTRIBUTIONS:
        raise ValueError(f"'{how}' is none of {', '.join(DISTRIBUTIONS)}")
    return Column(name, float(low), float(high), how)

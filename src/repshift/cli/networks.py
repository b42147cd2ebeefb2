"""Arguments that name a network of the user's own code, and its layers."""

import argparse
from pathlib import Path
from typing import Any

from repshift.storage.functions import Constructor
from repshift.vocabulary import InputError


def add_constructor(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add the code of a network of the user's own; `constructor_of` collects it."""
    parser.add_argument("--constructor", required=required, help="package.module:function that returns the network")
    parser.add_argument("--source", type=Path, help="directory that holds the package; left out, it is installed")


def constructor_of(arguments: dict[str, Any]) -> Constructor | None:
    """Take the code of a network of the user's own out of `arguments` and return it; None for CMD's network.

    Raises
    ------
    InputError
        If there is a directory of code, but no constructor.
    """
    name, directory = arguments.pop("constructor"), arguments.pop("source")
    if name is None and directory is not None:
        raise InputError(f"--source is '{directory}', but --constructor is missing. It says what to import from there.")
    return None if name is None else Constructor(name, directory)


def add_layers(parser: argparse.ArgumentParser) -> None:
    """Add which calls of a network are its layers."""
    parser.add_argument("--layers", nargs="+", help="names and patterns of layers; left out, the network's convention")

"""Arguments of stages that show a model its own domain beside another."""

import argparse
from pathlib import Path
from typing import Any, Final, get_args

from repshift.cli.arguments import domain_of
from repshift.vocabulary import Domain, InputError, Split, Standardisation

_WORDS: Final = ("domain", "suite", "set", "split", "standardisation")


def add_own_domain(parser: argparse.ArgumentParser, *, purpose: str) -> None:
    """Add the model's own domain and its files; `purpose` says what its maps are for, `own_domain_of` collects it."""
    choices = {"split": get_args(Split), "standardisation": get_args(Standardisation)}
    for name in _WORDS:
        text = f"{name} of the model's own domain, {purpose}"
        parser.add_argument(f"--reference-{name}", choices=choices.get(name), help=text)
    for name, text in (("maps", ".npy of maps"), ("measured", ".json of the maps")):
        parser.add_argument(f"--reference-{name}", type=Path, nargs="+", help=f"{text} of that domain, one a channel")


def own_domain_of(arguments: dict[str, Any]) -> Domain | None:
    """Take what names the model's own domain out of `arguments`, and return it; None where nothing does.

    Raises
    ------
    InputError
        If a part is missing.
    """
    words = {name: arguments.pop(f"reference_{name}") for name in _WORDS}
    missing = [f"--reference-{name}" for name, value in words.items() if value is None]
    if 0 < len(missing) < len(words):
        raise InputError(f"The model's own domain lacks {', '.join(missing)}. Give all of it, or nothing.")
    return None if missing else domain_of(words)

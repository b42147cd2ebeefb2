"""Arguments of stages that show a model its own domain beside another."""

import argparse
from pathlib import Path
from typing import Final, get_args

from repshift.vocabulary import Split, Standardisation

_WORDS: Final = ("domain", "suite", "set", "split", "standardisation")


def add_own_domain(parser: argparse.ArgumentParser, *, purpose: str) -> None:
    """Add the model's own domain and its files; `purpose` says what its maps are for, `case_inputs_of` collects it."""
    choices = {"split": get_args(Split), "standardisation": get_args(Standardisation)}
    for name in _WORDS:
        text = f"{name} of the model's own domain, {purpose}"
        parser.add_argument(f"--reference-{name}", choices=choices.get(name), help=text)
    for name, text in (("maps", ".npy of maps"), ("measured", ".json of the maps")):
        parser.add_argument(f"--reference-{name}", type=Path, nargs="+", help=f"{text} of that domain, one a channel")

"""What a user of `repshift new` asks for, and what is wrong with it whatever the files hold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repshift.inspection.problems import Problems
from repshift.study.values import FIELD, NAME


@dataclass(frozen=True)
class Request:
    """What the user asks for: the options of the command, names with their files as they were typed."""

    network: str
    maps: Sequence[str]
    output: Path
    labels: Sequence[str] = ()
    path: Path | None = None
    arguments: Mapping[str, Any] | None = None
    weights: Path | None = None
    trained: bool = False
    seed: int = 1
    field: str | None = None
    bands: Sequence[str] = ()
    maps_per_simulation: int | None = None
    layers: Sequence[str] = ()
    outputs: Sequence[str] = ()
    classes: Sequence[str] = ()


def named_paths(words: Sequence[str], flag: str, problems: Problems) -> dict[str, str]:
    """Return names and the paths behind their first equals sign; what is none, or stands twice, is noted."""
    found: dict[str, str] = {}
    for word in words:
        name, sign, path = word.partition("=")
        problems.note(sign and path, f"{flag} has '{word}'. Expected NAME=PATH.")
        problems.note(re.fullmatch(NAME, name), f"{flag} has the name '{name}'. Names are letters, digits, - and _.")
        problems.note(name not in found, f"{flag} names '{name}' twice.")
        if sign and path:
            found.setdefault(name, path)
    return found


def check_words(asked: Request, maps: Mapping[str, str], labels: Mapping[str, str], problems: Problems) -> None:
    """Note what is wrong with the options themselves, whatever the files hold."""
    held = f"only {next(iter(maps))}" if maps else "no suite"
    problems.note(len(maps) > 1, f"--maps names {held}. Expected two or more suites, as in=PATH out=PATH.")
    paths = list(maps.values())
    twice = next((path for path in paths if paths.count(path) > 1), None)
    problems.note(twice is None, f"--maps names {twice} for two suites. Expected other maps for each.")
    unknown = [name for name in labels if name not in maps]
    problems.note(not unknown, f"--labels names {', '.join(unknown)}; --maps names {', '.join(maps)}.")
    problems.note(
        asked.field is None or re.fullmatch(FIELD, asked.field), f"--field is '{asked.field}'. Expected letters alone."
    )
    problems.note(not asked.output.exists(), f"{asked.output} exists. Choose another --output, or take it away.")
    problems.note(
        asked.output.parent.is_dir(), f"There is no folder '{asked.output.parent}' for {asked.output}. Make it first."
    )
    problems.note(asked.output.suffix in (".yaml", ".yml"), f"--output is '{asked.output}'. Expected a .yaml.")

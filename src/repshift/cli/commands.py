"""Which stages and commands there are, and how the words of a command line become a call of one of them.

A stage is a module with ``add_arguments`` and ``run``, or a package of actions, each such a module; only what is asked
for is imported, so that a job loads no package that it does not use.
"""

import argparse
import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

_FOLDER: Final = Path(__file__).parents[1] / "stages"

STAGES: Final = tuple(sorted(one.name for one in iter_modules([str(_FOLDER)])))
"""Stages: the modules and packages of `repshift.stages`, none of which is imported to know."""

COMMANDS: Final = {
    "new": ("inspection.new", "a configuration for your own network and maps"),
    "check": ("inspection.check", "whether a configuration can be run: its files, networks and cost"),
    "costs": ("costs.command", "costs of a run, and their estimate"),
    "provenance": ("provenance.command", "origin of results, their verification, and one archive of them all"),
}
"""Commands of a run as a whole, which no rule calls: the module of each, and what it does."""

THEN: Final = "then"
"""What stands between the commands of one process: ``run activations ... then grams multiply ...``."""


@dataclass(frozen=True)
class Call:
    """A call of a stage, of one of its actions or of a command: its module, the function, the arguments."""

    module: str
    run: Callable[..., None]
    arguments: dict[str, Any]

    @property
    def words(self) -> str:
        """The stage and its action, or the command."""
        return " ".join(self.module.removeprefix("repshift.").removeprefix("stages.").split("."))


def calls_of(words: Sequence[str]) -> list[Call]:
    """Return what a command line asks for, its arguments read; ``run`` asks for several in one process."""
    if words[:1] != ["run"]:
        return [call_of(words)]
    gpus, parts = _granted(words[1:])
    calls = [call_of(part) for part in _parts(parts)]
    for call in calls:
        if "gpus" in call.arguments and gpus is not None:
            call.arguments["gpus"] = gpus
    return calls


def call_of(words: Sequence[str]) -> Call:
    """Return the one call that words ask for; what they get wrong ends the program as argparse does."""
    module = module_of(words)
    parsed = vars(_parser(words, module).parse_args(words))
    return Call(module, parsed.pop("run"), parsed)


def module_of(words: Sequence[str]) -> str:
    """Return the module that words ask for, as far as they name one; empty where they name none."""
    stage = words[0] if words else ""
    if stage in COMMANDS:
        return f"repshift.{COMMANDS[stage][0]}"
    if stage not in STAGES:
        return ""
    actions = actions_of(stage)
    if not actions:
        return f"repshift.stages.{stage}"
    action = words[1] if len(words) > 1 else ""
    return f"repshift.stages.{stage}.{action}" if action in actions else ""


def actions_of(stage: str) -> dict[str, str]:
    """Return the actions of a stage and what they do; none where it is a single module, which is not imported."""
    spec = importlib.util.find_spec(f"repshift.stages.{stage}")
    if spec is None or spec.submodule_search_locations is None:
        return {}
    return dict(importlib.import_module(f"repshift.stages.{stage}").ACTIONS)


def about(stage: str) -> str:
    """Return what a stage does, as its docstring begins, after its name.

    Examples
    --------
    >>> about("scores")
    'how good the predictions of a case are'
    """
    place = next(path for path in (_FOLDER / f"{stage}.py", _FOLDER / stage / "__init__.py") if path.exists())
    first = (ast.get_docstring(ast.parse(place.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
    return " ".join(first.partition(": ")[2].split()).partition(". ")[0].removesuffix(".")


def modules_of(words: Sequence[str]) -> list[str]:
    """Return the modules that a command line asks for, each once, sorted."""
    parts = _parts(_granted(words[1:])[1]) if words[:1] == ["run"] else [words]
    return sorted({module_of(part) for part in parts} - {""})


def _granted(words: Sequence[str]) -> tuple[int | None, Sequence[str]]:
    """Return how many GPUs a job of several stages was granted, where that is said, and the other words."""
    if words[:1] != ["--gpus"] or len(words) < 2 or not words[1].isdecimal():
        return None, words
    return int(words[1]), words[2:]


def _parts(words: Sequence[str]) -> list[list[str]]:
    """Return the commands that stand between ``then``."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == THEN:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _parser(words: Sequence[str], module: str) -> argparse.ArgumentParser:
    """Build the parser; only the module that is asked for says its arguments."""
    text = "Layer by layer, how a network's representations change when the data shift, and what that costs."
    many = f"several in one process: run [--gpus N] STAGE ... {THEN} STAGE ..."
    program = "repshift" if Path(sys.argv[0]).stem == "repshift" else "python -m repshift"
    parser = argparse.ArgumentParser(prog=program, description=text, epilog=many)
    stages = parser.add_subparsers(required=True, metavar="COMMAND or STAGE")
    asked = [name for name in (*COMMANDS, *STAGES) if words and name == words[0]]
    for name in asked or (*COMMANDS, *STAGES):
        help_text = COMMANDS[name][1] if name in COMMANDS else about(name)
        subparser = stages.add_parser(name, help=help_text.replace("%", "%%"), description=help_text)
        if asked:
            _fill(subparser, name, module)
    return parser


def _fill(parser: argparse.ArgumentParser, name: str, module: str) -> None:
    """Add the arguments of a stage or command, or its actions, of which one may be asked for."""
    actions = actions_of(name) if name in STAGES else {}
    if not actions:
        importlib.import_module(module).add_arguments(parser)
        return
    subparsers = parser.add_subparsers(required=True, metavar="ACTION")
    for action, text in actions.items():
        subparser = subparsers.add_parser(action, help=text, description=text)
        if module.endswith(f".{action}"):
            importlib.import_module(module).add_arguments(subparser)

"""The command line: ``python -m repshift STAGE ...``, one subcommand a stage, and commands that make no result."""

import gc
import sys
from pathlib import Path
from typing import Final

from repshift.cli.commands import Call, calls_of, modules_of
from repshift.cli.exits import exit_status
from repshift.cli.freed_memory import keep_freed_memory
from repshift.cli.meter import Meter
from repshift.provenance.code import require_code
from repshift.storage.benchmarks import usage_beside, write_usage

SOURCE = Path(__file__).parents[1]
LEADING: Final = {"--code": 1, "--own-code": 3, "--costs": 1}
"""Options that stand before all others, and how many words each takes."""


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for, and return the exit status.

    With ``--code DIGEST`` before it, nothing runs by other code than it was planned with, and nothing is left of what
    ran while the code changed; with ``--own-code DIGEST MODULES FOLDER`` the same of the user's own code, modules with
    commas between them; once for each folder.
    With ``--costs LOG`` before it, a file beside the log says what each call took.
    """
    words = sys.argv[1:] if arguments is None else arguments
    leading: dict[str, list[str]] = {}
    while words[:1] and words[0] in LEADING and len(words) > LEADING[words[0]]:
        end = 1 + LEADING[words[0]]
        leading[words[0]], words = [*leading.get(words[0], []), *words[1:end]], words[end:]
    calls = calls_of(words)
    return exit_status(lambda: _run(calls, modules_of(words), leading))


def _run(calls: list[Call], modules: list[str], leading: dict[str, list[str]]) -> None:
    """Call one stage after the other, by the code that was planned before and after."""
    _require_planned(modules, leading)
    meter = Meter() if "--costs" in leading else None
    keep_freed_memory()
    gc.freeze()  # modules stay, so that a collection looks at nothing but what calls made
    for call in calls:
        call.run(**call.arguments)
        gc.collect()  # rewritten networks refer to themselves, and would stay beside those of the next call
        if meter:
            meter.note(call.words)
    if meter:
        write_usage(meter.calls, usage_beside(Path(*leading["--costs"])))
    _require_planned(modules, leading)


def _require_planned(modules: list[str], leading: dict[str, list[str]]) -> None:
    """Refuse other code than was planned with, of the package and of the user's own network."""
    for planned in leading.get("--code", []):
        require_code(modules, planned, source=SOURCE)
    own = iter(leading.get("--own-code", []))
    for planned, module, folder in zip(own, own, own, strict=True):
        require_code(module.split(","), planned, source=Path(folder))


if __name__ == "__main__":
    sys.exit(main())

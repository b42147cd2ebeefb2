"""The command line: ``python -m repshift STAGE ...``, one subcommand a stage, and commands that make no result."""

import sys
from pathlib import Path
from typing import Final

from repshift.cli.commands import Call, calls_of, modules_of
from repshift.cli.exits import exit_status
from repshift.cli.meter import Meter
from repshift.provenance.code import require_code
from repshift.storage.benchmarks import write_usage

SOURCE = Path(__file__).parents[1]
LEADING: Final = ("--code", "--costs")
"""Options that stand before all others."""


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for, and return the exit status.

    With ``--code DIGEST`` before it, nothing runs by other code than it was planned with, and nothing is left of what
    ran while the code changed. With ``--costs FILE`` before it, the file says what each call took.
    """
    words = sys.argv[1:] if arguments is None else arguments
    leading: dict[str, str] = {}
    while words[:1] and words[0] in LEADING and len(words) > 1:
        leading[words[0]] = words[1]
        words = words[2:]
    calls = calls_of(words)
    return exit_status(lambda: _run(calls, modules_of(words), leading))


def _run(calls: list[Call], modules: list[str], leading: dict[str, str]) -> None:
    """Call one stage after the other."""
    planned, costs = leading.get("--code"), leading.get("--costs")
    if planned is not None:
        require_code(modules, planned, source=SOURCE)
    if costs is None:
        for call in calls:
            call.run(**call.arguments)
    else:
        _measure(calls, Path(costs))
    if planned is not None:
        require_code(modules, planned, source=SOURCE)


def _measure(calls: list[Call], path: Path) -> None:
    """Call one stage after the other, and write what each took."""
    meter = Meter()
    for call in calls:
        call.run(**call.arguments)
        meter.note(call.words)
    write_usage(meter.calls, path)


if __name__ == "__main__":
    sys.exit(main())

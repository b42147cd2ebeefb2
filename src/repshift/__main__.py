"""The command line: ``python -m repshift STAGE ...``, one subcommand a stage, and commands that make no result."""

import sys
from pathlib import Path

from repshift.cli.commands import Call, calls_of, modules_of
from repshift.cli.exits import exit_status
from repshift.provenance.code import require_code

SOURCE = Path(__file__).parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for, and return the exit status.

    With ``--code DIGEST`` before it, nothing runs by other code than it was planned with, and nothing is left of what
    ran while the code changed.
    """
    words = sys.argv[1:] if arguments is None else arguments
    planned = words[1] if words[:1] == ["--code"] and len(words) > 1 else None
    words = words if planned is None else words[2:]
    calls = calls_of(words)
    return exit_status(lambda: _run(calls, modules_of(words), planned))


def _run(calls: list[Call], modules: list[str], planned: str | None) -> None:
    """Call one stage after the other."""
    if planned is not None:
        require_code(modules, planned, source=SOURCE)
    for call in calls:
        call.run(**call.arguments)
    if planned is not None:
        require_code(modules, planned, source=SOURCE)


if __name__ == "__main__":
    sys.exit(main())

"""The command check: all that can be known of a configuration before its run; with ``--quick``, of the file alone.

Opens what the configuration names, builds each network, which runs the user's constructor, shows it a few maps, and
estimates the cost. Writes nothing. ``make figures`` makes the quick one: Snakemake reads the file before this package
does, and fails with a traceback of its own where an anchor of YAML holds itself.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from repshift.cli.exits import printable
from repshift.study.cases import cases
from repshift.study.configuration import Study
from repshift.study.reading import read_whole, read_yaml
from repshift.study.refusals import require

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("configuration", type=Path, help=".yaml of a run")
    parser.add_argument("--quick", action="store_true", help="check the file alone: open no maps, build no network")


def run(*, configuration: Path, quick: bool = False) -> None:
    """Read a configuration as the workflow does and, unless it is to be quick, look at all that it names."""
    require(configuration.is_file(), f"there is no file '{configuration}'.")
    held = read_yaml(configuration)
    require(isinstance(held, dict), f"{configuration} holds no sections.")
    if quick:
        study = read_whole(held, files=[configuration])
    else:
        study = _surveyed(read_whole(held, files=[configuration], archived=True))
        read_whole(held, files=[configuration])
    logger.info("%s: %d models, %d cases", configuration, len(study.models), len(cases(study)))


def _surveyed(study: Study) -> Study:
    """Show what was found of a study whose files nobody has looked at yet; stop where something is to be mended."""
    from repshift.inspection.survey import survey  # torch takes seconds, which a quick check does without

    found = survey(study.placed(study.catalogue, archived=False))
    _show(found.rows)
    found.problems.require_none()
    return study


def _show(rows: Sequence[tuple[str, str, str]]) -> None:
    """Write rows as a table: what, its name, what was found."""
    held = [tuple(map(printable, row)) for row in [("what", "name", "found"), *rows]]
    widths = [max(len(row[column]) for row in held) for column in range(2)]
    sys.stdout.writelines(f"{what:{widths[0]}}  {name:{widths[1]}}  {found}\n" for what, name, found in held)

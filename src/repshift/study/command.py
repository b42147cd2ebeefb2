"""The command study: ``check`` a configuration before a run; ``make figures`` does so.

Snakemake reads the file before this package does, and fails with a traceback of its own where an anchor of YAML holds
itself; here that, too, is one sentence.
"""

import argparse
import logging
from pathlib import Path

from repshift.study.cases import cases
from repshift.study.reading import read_study, read_yaml
from repshift.study.refusals import require

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the one action."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="whether a configuration can be run")
    check.set_defaults(run=run)
    check.add_argument("configuration", type=Path, help=".yaml of a run")


def run(*, configuration: Path) -> None:
    """Read a configuration as the workflow does, and say how many cases it has."""
    require(configuration.is_file(), f"there is no file '{configuration}'.")
    held = read_yaml(configuration)
    require(isinstance(held, dict), f"{configuration} holds no sections.")
    study = read_study(held, files=[configuration])
    logger.info("%s: %d models, %d cases", configuration, len(study.models), len(cases(study)))

"""The command check: all that can be known of a configuration before its run; with ``--quick``, of the file alone.

Opens what the configuration names, builds each network, which runs the user's constructor, shows it a few maps, and
estimates the cost. Writes nothing. ``make figures`` makes the quick one: Snakemake reads the file before this package
does, and fails with a traceback of its own where an anchor of YAML holds itself.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

from repshift.inspection.table import counted, show
from repshift.study.cases import cases
from repshift.study.reading import read_whole, read_yaml
from repshift.study.refusals import require

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`, and of `run_quick` in its place."""
    parser.set_defaults(run=run)
    parser.add_argument("configuration", type=Path, help=".yaml of a run")
    words = "check the file alone: open no maps, build no network"
    parser.add_argument("--quick", action="store_const", dest="run", const=run_quick, help=words)


def run(*, configuration: Path) -> None:
    """Look at all that a configuration names, then read it as the workflow does."""
    from repshift.inspection.survey import survey  # torch takes seconds, which a quick check does without

    study = read_whole(_sections(configuration), archived=True)  # nothing is expected of files that are looked at here
    found = survey(study.placed(study.catalogue, archived=False))
    show(found.rows)
    found.problems.require_none()
    run_quick(configuration=configuration)


def run_quick(*, configuration: Path) -> None:
    """Read a configuration as the workflow does."""
    study = read_whole(_sections(configuration))
    what = f"{counted(len(study.models), 'model')}, {counted(len(cases(study)), 'case')}"
    logger.info("%s: %s", configuration, what)


def _sections(configuration: Path) -> dict[str, Any]:
    """Return what the file holds."""
    require(configuration.is_file(), f"there is no file '{configuration}'.")
    held = read_yaml(configuration)
    require(isinstance(held, dict), f"{configuration} holds no sections.")
    return dict(held)

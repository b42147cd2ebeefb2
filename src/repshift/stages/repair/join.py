"""Action of the stage repair: ``join`` the parts of a trained rung. Rule ``repair_join``.

Output: ``{model}/{domain}_{rung}.nc``, as the action ``train`` would have written it of all its splits.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from repshift.case.grams import read_case
from repshift.case.repair.run_table import file_of_rung, joined, require_same_maps, runs_as_it_is, runs_of_rung
from repshift.storage.datasets import write_dataset

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--parts", type=Path, nargs="+", required=True, help=".nc of the action train, split by split")
    parser.add_argument("--control", type=Path, help=".nc of the control, whole")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, parts: Sequence[Path], control: Path | None = None, output: Path) -> None:
    """Join the runs of parts, and write the numbers of their entries."""
    found = [read_case(path) for path in parts]
    for one in found[1:]:
        require_same_maps(found[0], one)
    runs = joined([runs_as_it_is(found[0]), *map(runs_of_rung, found)])
    beside = None if control is None else read_case(control)
    dataset = file_of_rung(runs, control=beside)
    write_dataset(dataset, output)
    logger.info("%s: %d parts, %d runs", output, len(found), dataset.sizes["run"])

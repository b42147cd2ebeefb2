"""Action of the stage summary: ``influence``, which maps have most influence, and what the block is without them."""

import argparse
import logging
from pathlib import Path

import pandas as pd

from repshift.case.grams import case_row, read_case
from repshift.stages.summary.rows import influence_rows, influential_map_rows
from repshift.storage.tables import write_table

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--influence", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--output-influential-maps", type=Path, required=True, help=".csv to write")
    parser.add_argument("--output-influence", type=Path, required=True, help=".csv to write")


def run(*, influence: list[Path], output_influential_maps: Path, output_influence: Path) -> None:
    """Name the maps of largest share of every case, and sum up what the block is without them."""
    cases = [read_case(path) for path in influence]
    influential_maps = [{**case_row(case), **row} for case in cases for row in influential_map_rows(case)]
    write_table(pd.DataFrame(influential_maps), output_influential_maps)
    write_table(
        pd.DataFrame([{**case_row(case), **row} for case in cases for row in influence_rows(case)]), output_influence
    )
    logger.info("%s, %s: %d cases", output_influential_maps, output_influence, len(cases))

"""Action of the stage figures: ``comparisons``, networks compared with each other, a panel for each two.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from pathlib import Path

from repshift.drawing.comparisons import draw_comparisons
from repshift.stages.figures.sources import (
    add_outputs,
    read_drawn,
    write,
)
from repshift.storage.tables import as_numbers, read_table

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of shift_steps.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--comparisons", type=Path, nargs="+", required=True, help=".nc of CKA of each two")
    parser.add_argument("--table", type=Path, required=True, help=".csv of their means")
    parser.add_argument("--estimator", choices=_ESTIMATORS, required=True)
    add_outputs(parser)


def run(*, comparisons: list[Path], table: Path, estimator: str, outputs: list[Path]) -> None:
    """Draw networks compared with each other."""
    columns = ("model", "domain", "model_other", "domain_other", "measure", "mean", "diagonal_mean")
    means = as_numbers(read_table(table, columns=columns), ["diagonal_mean"])
    write(draw_comparisons([read_drawn(path) for path in comparisons], means, estimator=estimator), outputs)

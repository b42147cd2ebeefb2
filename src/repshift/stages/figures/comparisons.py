"""Action of the stage figures: ``comparisons``, networks compared with each other, a panel for each two.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.case.comparisons import COMPARISONS, stack_comparisons
from repshift.case.tables import table_of
from repshift.drawing.comparisons import draw_comparisons
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import ESTIMATORS, add_outputs, add_plotting, read_whole, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--comparisons", type=Path, nargs="+", required=True, help=".nc of CKA of each two")
    parser.add_argument("--estimator", choices=ESTIMATORS, required=True)
    add_outputs(parser)


def run(*, comparisons: Sequence[Path], estimator: str, plotting: Plotting = HOUSE, outputs: Sequence[Path]) -> None:
    """Draw networks compared with each other."""
    pairs = [read_whole(path) for path in comparisons]
    means = table_of(stack_comparisons(pairs), COMPARISONS)
    write(draw_comparisons(pairs, means, estimator=estimator, plotting=plotting), outputs)

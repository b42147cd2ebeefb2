"""Action of the stage figures: ``shift_scores``, every score of a shift beside its range between halves of one domain.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.score_panels import draw_shift_scores
from repshift.stages.figures.sources import add_outputs, add_plotting, read_whole, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--shift-scores", type=Path, nargs="+", required=True, help=".nc of each case, model by model")
    add_outputs(parser)


def run(*, shift_scores: Sequence[Path], plotting: Plotting = HOUSE, outputs: Sequence[Path]) -> None:
    """Draw the shift scores of some models."""
    write(draw_shift_scores([read_whole(path) for path in shift_scores], plotting=plotting), outputs)

"""Action of the stage figures: ``learning_curve``, losses of each epoch, a panel a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from pathlib import Path

from repshift.drawing.learning_curve import draw_learning_curve
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_outputs, add_plotting, write
from repshift.storage.tables import read_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--curves", type=Path, nargs="+", required=True, help=".csv of each model")
    parser.add_argument("--models", nargs="+", required=True, help="labels of the models, same order")
    add_outputs(parser)


def run(*, curves: list[Path], models: list[str], plotting: Plotting = HOUSE, outputs: list[Path]) -> None:
    """Draw the learning curve of each model."""
    columns = ("epoch", "learning_rate", "training_loss", "validation_loss")
    tables = [read_table(path, columns=columns) for path in curves]
    write(draw_learning_curve(dict(zip(models, tables, strict=True)), plotting=plotting), outputs)

"""Action of the stage figures: ``features``, sheets of feature maps, optimised maps and dreams, a file a model.

Outputs: of each model ``.pdf``, in pages of A4, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.drawing.feature_sheet import feature_strips
from repshift.drawing.feature_strips import draw_strips, pages_of_strips
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_outputs, add_plotting, files_of_models, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    text = ".nc of the action features, of each case, model by model"
    parser.add_argument("--features", type=Path, nargs="+", required=True, help=text)
    add_outputs(parser)


def run(*, features: Sequence[Path], plotting: Plotting = HOUSE, outputs: Sequence[Path]) -> None:
    """Draw what the channels of some models respond to, and what moves their outputs."""
    for cases, pair in files_of_models(features, outputs):
        strips = [strip for case in cases for strip in feature_strips(case, plotting=plotting)]
        pages = [draw_strips(page) for page in pages_of_strips(strips)]
        write_whole(draw_strips(strips) if len(pages) > 1 else pages[0], pages, pair)

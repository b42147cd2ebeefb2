"""Action of the stage figures: ``figure8``, what layers are worth and whether CKA is a cause, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there is much to draw, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.figure8 import draw_figure8
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_models, files_of_models, words_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_models(parser, files="pruning", made_by="the actions replace, retrain and cause, of each case")


def run(
    *,
    pruning: Sequence[Path],
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw what replaced layers of some models cost, and what moving CKA does."""
    about: dict[str, Any] = {"fields": words_of(fields), "plotting": plotting}
    for cases, pair in files_of_models(pruning, outputs):
        figure = draw_figure8(cases, outputs=parameters, **about)
        write_whole(figure, [figure], pair)

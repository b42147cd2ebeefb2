"""Action of the stage figures: ``figure7``, what brings a network home and at what price, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there is much to draw, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.figure7 import draw_figure7, n_pages
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_models, files_of_models, words_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_models(parser, files="repair", made_by="the actions ladder and train, or join, of each target")


def run(
    *,
    repair: Sequence[Path],
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw the ladders of repairs of some models."""
    about: dict[str, Any] = {"fields": words_of(fields), "plotting": plotting}
    for cases, pair in files_of_models(repair, outputs):
        whole = draw_figure7(cases, outputs=parameters, **about)
        count = n_pages(cases, outputs=parameters)
        pages = (
            [draw_figure7(cases, outputs=parameters, page=page, **about) for page in range(count)]
            if count > 1
            else [whole]
        )
        write_whole(whole, pages, pair)

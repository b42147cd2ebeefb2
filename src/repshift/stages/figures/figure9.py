"""Action of the stage figures: ``figure9``, which scores and intervals of a network to trust, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there is much to draw, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.figure9 import draw_figure9, pages_of_outputs
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_models, files_of_models, words_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_models(parser, files="trust", made_by="the stage trust, of each case")


def run(
    *,
    trust: Sequence[Path],
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw what trust scores and intervals of some models are worth."""
    about: dict[str, Any] = {"fields": words_of(fields), "plotting": plotting}
    for cases, pair in files_of_models(trust, outputs):
        pages = [draw_figure9(cases, outputs=page, **about) for page in pages_of_outputs(cases, outputs=parameters)]
        write_whole(draw_figure9(cases, outputs=parameters, **about) if len(pages) > 1 else pages[0], pages, pair)

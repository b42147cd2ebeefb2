"""Action of the stage figures: ``figure5``, what a network looks at and whether that is worth anything, a model each.

Outputs: of each model ``.pdf``, in pages of A4 where there are many methods, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.attribution_page import pages_of_sections
from repshift.drawing.figure5 import draw_figure5
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_models, files_of_models, words_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_models(parser, files="attribution", made_by="the action maps, of each case")


def run(
    *,
    attribution: Sequence[Path],
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw maps of attribution, what they fall on, and their nulls, of some models."""
    about: dict[str, Any] = {"fields": words_of(fields), "plotting": plotting}
    for cases, pair in files_of_models(attribution, outputs):
        pages = [
            draw_figure5(cases, outputs=shown, methods=methods, **about)
            for methods, shown in pages_of_sections(cases, outputs=parameters)
        ]
        whole = draw_figure5(cases, outputs=parameters, **about) if len(pages) > 1 else pages[0]
        write_whole(whole, pages, pair)

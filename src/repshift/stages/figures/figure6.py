"""Action of the stage figures: ``figure6``, which pixels carry the shift of a network's outputs, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there are several twins, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.attribution_shift_page import pages_of_shifts
from repshift.drawing.figure6 import draw_figure6
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_models, files_of_models, words_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_models(parser, files="attribution-of-shift", made_by="the action shift, of each domain and twin")


def run(
    *,
    attribution_of_shift: Sequence[Path],
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw the shift between domains and their twins, and its parts, of some models."""
    about: dict[str, Any] = {"outputs": parameters, "fields": words_of(fields), "plotting": plotting}
    for shifts, pair in files_of_models(attribution_of_shift, outputs):
        pages = [draw_figure6(page, **about) for page in pages_of_shifts(shifts, outputs=parameters)]
        write_whole(draw_figure6(shifts, **about) if len(pages) > 1 else pages[0], pages, pair)

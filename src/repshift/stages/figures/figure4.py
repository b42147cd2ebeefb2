"""Action of the stage figures: ``figure4``, how far the sky may move before a network breaks, a figure a model.

Outputs: of each model ``.pdf``, in pages of A4 where there are many axes, and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.drawing.figure4 import draw_figure4, pages_of_axes
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_outputs, add_plotting, add_stress, stress_of, write_whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    add_stress(parser)
    parser.add_argument("--parameters", nargs="*", default=[], help="outputs drawn; without any, the first two")
    add_outputs(parser)


def run(
    *, stress: Sequence[Path], parameters: Sequence[str] = (), plotting: Plotting = HOUSE, outputs: Sequence[Path]
) -> None:
    """Draw the curves, the early warnings and the places of other suites of some models."""
    for cases, pair in stress_of(stress, outputs):
        pages = [
            draw_figure4(cases, outputs=parameters, axes=axes, plotting=plotting)
            for axes in pages_of_axes(cases, outputs=parameters)
        ]
        whole = draw_figure4(cases, outputs=parameters, plotting=plotting) if len(pages) > 1 else pages[0]
        write_whole(whole, pages, pair)

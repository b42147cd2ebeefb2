"""Action of the stage figures: ``predictions``, predicted against true parameters, a panel a case.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.predictions import draw_predictions
from repshift.stages.figures.sources import add_outputs, add_plotting, case_of, read_whole, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help=".nc of each case, in any order")
    parser.add_argument("--parameters", nargs="+", required=True, help="parameters of the panels")
    add_outputs(parser)


def run(
    *,
    predictions: Sequence[Path],
    scores: Sequence[Path],
    parameters: Sequence[str],
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw predicted against true parameters, with the scores of the whole split."""
    r2 = {
        (*case_of(store), parameter): float(store["r2"].sel(maps="split", parameter=parameter))
        for store in map(read_whole, scores)
        for parameter in parameters
        if parameter in store["parameter"]
    }
    write(
        draw_predictions([read_whole(path) for path in predictions], parameters=parameters, r2=r2, plotting=plotting),
        outputs,
    )

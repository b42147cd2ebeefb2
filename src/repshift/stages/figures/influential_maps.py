"""Action of the stage figures: ``influential_maps``, the maps of most influence, and what is left without.

Outputs: of each case ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from matplotlib.figure import Figure

from repshift.drawing.influential_maps import draw_influential_maps
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import add_plotting, channels_of, is_logarithmic, own_field, read_whole, write
from repshift.vocabulary import Estimator, InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--influence", type=Path, nargs="+", required=True, help=".nc of each case, a sheet each")
    parser.add_argument(
        "--estimator", choices=get_args(Estimator), required=True, help="estimator of CKA of the matrices"
    )
    parser.add_argument("--boxes", type=float, nargs="+", required=True, help="side of the maps [Mpc/h], 0: none")
    text = ".pdf and .png of each case, one after the other, same order"
    parser.add_argument("--outputs", type=Path, nargs="+", required=True, help=text)


def run(
    *,
    influence: Sequence[Path],
    estimator: str,
    boxes: Sequence[float],
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw, of each case, the maps of largest share, and what is left of its block without them."""
    if len(influence) != len(boxes) or len(outputs) != 2 * len(influence):
        raise InputError(
            f"{len(influence)} files of influence, {len(boxes)} boxes and {len(outputs)} outputs: a case needs "
            "one, one and two."
        )
    for index, (path, box) in enumerate(zip(influence, boxes, strict=True)):
        write(_sheet(path, estimator, box, plotting), outputs[2 * index : 2 * index + 2])


def _sheet(influence: Path, estimator: str, box: float, plotting: Plotting) -> Figure:
    """Return the sheet of a case."""
    case = read_whole(influence)
    return draw_influential_maps(
        case,
        list(case["influential_map"].to_numpy()),
        estimator=estimator,
        field=own_field(case, "influential_map"),
        box=box if box > 0 else None,
        logarithmic=is_logarithmic(case),
        channels=channels_of(case),
        plotting=plotting,
    )

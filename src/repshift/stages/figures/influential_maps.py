"""Action of the stage figures: ``influential_maps``, the maps of most influence, and what is left without.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from pathlib import Path
from typing import get_args

from repshift.drawing.influential_maps import draw_influential_maps
from repshift.stages.figures.sources import (
    add_outputs,
    is_logarithmic,
    own_field,
    read_drawn,
    write,
)
from repshift.vocabulary import Estimator

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of shift_steps.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--influence", type=Path, required=True, help=".nc of the case")
    parser.add_argument("--estimator", choices=get_args(Estimator), required=True, help="of the matrices")
    parser.add_argument("--box", type=float, required=True, help="side of the maps [Mpc/h], 0: none")
    add_outputs(parser)


def run(*, influence: Path, estimator: str, box: float, outputs: list[Path]) -> None:
    """Draw the maps that dominate a case, and what is left of its block without them."""
    case = read_drawn(influence)
    figure = draw_influential_maps(
        case,
        list(case["influential_map"].to_numpy()),
        estimator=estimator,
        field=own_field(case, "influential_map"),
        box=box if box > 0 else None,
        logarithmic=is_logarithmic(case),
    )
    write(figure, outputs)

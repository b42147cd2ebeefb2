"""Action of the stage figures: ``predictions``, predicted against true parameters, a panel a case.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from pathlib import Path

from repshift.drawing.predictions import draw_predictions
from repshift.stages.figures.sources import (
    add_outputs,
    case_of,
    only_cases,
    read_drawn,
    read_summary,
    write,
)

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of shift_steps.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--summary", type=Path, required=True, help=".nc of all cases, which scores them")
    parser.add_argument("--parameters", nargs="+", required=True, help="parameters drawn")
    add_outputs(parser)


def run(*, predictions: list[Path], summary: Path, parameters: list[str], outputs: list[Path]) -> None:
    """Draw predicted against true parameters, with the scores of the whole split."""
    cases = [read_drawn(path) for path in predictions]
    rows = only_cases(read_summary(summary), [case_of(case) for case in cases])["r2"].sel(maps="split")
    scored = {
        (str(row["model"].item()), str(row["domain"].item()), parameter): float(row.sel(parameter=parameter))
        for row in rows
        for parameter in parameters
        if parameter in row["parameter"]
    }
    write(draw_predictions(cases, parameters=parameters, r2=scored), outputs)

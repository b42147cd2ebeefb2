"""Action of the stage figures: ``measures``, the same cases by several measures, a group of rows a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.case.stack import stack_cases
from repshift.drawing.measures import draw_measures
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import cka_measure
from repshift.stages.figures.sources import (
    ESTIMATORS,
    add_cases,
    add_fields,
    add_outputs,
    add_plotting,
    words_of,
    write,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    add_cases(parser, "intervals")
    parser.add_argument("--estimator", choices=ESTIMATORS, required=True, help="estimator of CKA, in the first column")
    parser.add_argument("--measures", nargs="+", required=True, help="measures of the other columns")
    add_fields(parser)
    add_outputs(parser)


def run(
    *,
    cka: Sequence[Path],
    estimator: str,
    measures: Sequence[str],
    intervals: Sequence[Path] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw the matrices of some cases by CKA and by other measures."""
    cases = stack_cases(cka, intervals=intervals)
    models = list(dict.fromkeys(cases["model"].to_numpy().tolist()))
    names = [cka_measure(estimator), *measures]
    write(draw_measures(cases, models=models, measures=names, fields=words_of(fields), plotting=plotting), outputs)

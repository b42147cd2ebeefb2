"""Action of the stage figures: ``measures``, the same cases by several measures, a group of rows a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.measures import draw_measures
from repshift.drawing.style import cka_measure
from repshift.stages.figures.sources import (
    add_outputs,
    only_cases,
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
    name_and_words: dict[str, Any] = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "WORDS")}
    case: dict[str, Any] = {"nargs": 2, "action": "append", "required": True, "metavar": ("MODEL", "DOMAIN")}
    parser.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    parser.add_argument("--case", dest="cases", **case, help="labels of a case drawn")
    parser.add_argument("--estimator", choices=_ESTIMATORS, required=True, help="of CKA, in the first column")
    parser.add_argument("--measures", nargs="+", required=True, help="in the other columns")
    parser.add_argument("--field", dest="fields", **name_and_words, help="what a field is that CMD has not")
    add_outputs(parser)


def run(
    *,
    summary: Path,
    cases: Sequence[Sequence[str]],
    estimator: str,
    measures: list[str],
    fields: Sequence[Sequence[str]] = (),
    outputs: list[Path],
) -> None:
    """Draw the matrices of some models by CKA and by other measures."""
    dataset = read_summary(summary)
    names, models = [cka_measure(estimator), *measures], list(dict.fromkeys(model for model, _ in cases))
    drawn = only_cases(dataset, [(model, domain) for model, domain in cases])
    words = {pair[0]: pair[1] for pair in fields}
    write(draw_measures(drawn, models=models, measures=names, fields=words), outputs)

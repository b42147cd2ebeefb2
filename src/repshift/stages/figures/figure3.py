"""Action of the stage figures: ``figure3``, what goes with the loss of accuracy, and the pairs themselves.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.figure3 import draw_figure3
from repshift.stages.figures.sources import add_outputs, write
from repshift.storage.tables import as_numbers, read_table

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of shift_steps.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    name_and_words: dict[str, Any] = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "WORDS")}
    parser.add_argument("--failures", type=Path, required=True, help=".csv of all pairs")
    parser.add_argument("--correlations", type=Path, required=True, help=".csv of all shift_scores")
    parser.add_argument("--transfers", type=Path, required=True, help=".csv of each field left out")
    parser.add_argument("--field", dest="fields", **name_and_words, help="what a field is that CMD has not")
    add_outputs(parser)


def run(
    *,
    failures: Path,
    correlations: Path,
    transfers: Path,
    fields: Sequence[Sequence[str]] = (),
    outputs: list[Path],
) -> None:
    """Draw what goes with the loss of accuracy."""
    keys = ("parameter", "predictor")
    words = ("model", "field", "train_suite", "domain", "test_suite", "shift", "condition")
    pairs = read_table(failures, columns=(*words, "parameter", "log_rmse_ratio"))
    correlated = read_table(correlations, columns=(*keys, "family", "rho", "partial_rho"))
    transferred = read_table(transfers, columns=(*keys, "held_out_field", "rho"))
    text = {*words, *keys, "family", "held_out_field"}
    tables = [
        as_numbers(table, [str(name) for name in table if name not in text])
        for table in (pairs, correlated, transferred)
    ]
    write(draw_figure3(*tables, fields={pair[0]: pair[1] for pair in fields}), outputs)

"""Action of the stage figures: ``figure2``, what block and loss are made of, a group of panels a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.drawing.figure2 import Controlled, draw_figure2
from repshift.stages.figures.sources import (
    add_outputs,
    by_model,
    read_summary,
    write,
)
from repshift.storage.tables import as_numbers, read_table

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of shift_steps.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    pair: dict[str, Any] = {"nargs": 2, "action": "append", "default": []}
    name_and_words: dict[str, Any] = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "WORDS")}
    parser.add_argument("--shift-steps", type=Path, required=True, help=".csv of what the steps of a shift explain")
    parser.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    parser.add_argument("--models", nargs="+", required=True, help="labels of the models drawn")
    parser.add_argument("--untrained", **pair, metavar=("MODEL", "OTHER"), help="the same network untrained")
    parser.add_argument("--layers", **pair, metavar=("MODEL", "OTHER"), help="the same network with other layers")
    parser.add_argument("--parameters", nargs="*", default=[], help="parameters drawn")
    parser.add_argument(
        "--sample-sizes", type=Path, nargs="*", default=[], help=".nc of cases drawn, where there are any"
    )
    parser.add_argument("--influence", type=Path, nargs="*", default=[], help=".nc of cases drawn, likewise")
    parser.add_argument("--field", dest="fields", **name_and_words, help="what a field is that CMD has not")
    add_outputs(parser)


def run(
    *,
    shift_steps: Path,
    summary: Path,
    models: list[str],
    untrained: Sequence[Sequence[str]] = (),
    layers: Sequence[Sequence[str]] = (),
    parameters: Sequence[str] = (),
    sample_sizes: Sequence[Path] = (),
    influence: Sequence[Path] = (),
    fields: Sequence[Sequence[str]] = (),
    outputs: list[Path],
) -> None:
    """Draw what the block and the loss of some models are made of."""
    table = read_table(shift_steps, columns=("model", "field", "domain", "test_suite", *_SAID, "value"))
    table = as_numbers(table, [name for name in _NUMBERS if name in table])
    dataset = read_summary(summary)
    open_ones, others = ({pair[0]: pair[1] for pair in pairs} for pairs in (untrained, layers))
    figure = draw_figure2(
        table,
        dataset,
        models=[Controlled(name, open_ones.get(name), others.get(name)) for name in models],
        parameters=parameters,
        subsets=by_model(sample_sizes),
        influence=by_model(influence),
        fields={pair[0]: pair[1] for pair in fields},
    )
    write(figure, outputs)

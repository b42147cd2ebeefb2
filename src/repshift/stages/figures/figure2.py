"""Action of the stage figures: ``figure2``, what block and loss consist of, a group of panels a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.case.stack import stack_cases
from repshift.case.steps import SHIFT_STEPS, stack_steps
from repshift.case.tables import table_of
from repshift.drawing.figure2 import ModelWithControls, draw_figure2
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import (
    add_cases,
    add_fields,
    add_outputs,
    add_plotting,
    by_model,
    read_whole,
    words_of,
    write,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    pair: dict[str, Any] = {"nargs": 2, "action": "append", "default": []}
    text = ".nc of each network along the steps of a shift: those of the figure and the same untrained"
    parser.add_argument("--shift-steps", type=Path, nargs="+", required=True, help=text)
    add_cases(parser, "intervals", "sample-sizes", "influence")
    parser.add_argument("--models", nargs="+", required=True, help="labels of the models")
    parser.add_argument("--untrained", **pair, metavar=("MODEL", "OTHER"), help="the same network untrained")
    parser.add_argument("--layers", **pair, metavar=("MODEL", "OTHER"), help="the same network with other layers")
    parser.add_argument("--parameters", nargs="*", default=[], help="parameters whose R^2 is drawn")
    add_fields(parser)
    add_outputs(parser)


def run(
    *,
    shift_steps: Sequence[Path],
    cka: Sequence[Path],
    intervals: Sequence[Path] = (),
    sample_sizes: Sequence[Path] = (),
    influence: Sequence[Path] = (),
    models: Sequence[str],
    untrained: Sequence[Sequence[str]] = (),
    layers: Sequence[Sequence[str]] = (),
    parameters: Sequence[str] = (),
    fields: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw what the block and the loss of some models consist of."""
    steps = stack_steps([read_whole(path, attributes=("model",)) for path in shift_steps])
    open_ones, others = ({pair[0]: pair[1] for pair in pairs} for pairs in (untrained, layers))
    figure = draw_figure2(
        table_of(steps, SHIFT_STEPS),
        stack_cases(cka, intervals=intervals),
        models=[ModelWithControls(name, open_ones.get(name), others.get(name)) for name in models],
        parameters=parameters,
        subsets=by_model(sample_sizes),
        influence=by_model(influence),
        fields=words_of(fields),
        plotting=plotting,
    )
    write(figure, outputs)

"""Action of the stage figures: ``figure1``, maps, CKA matrices and their statistics, a row a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
import logging
from pathlib import Path

from repshift.drawing.figure1 import draw_figure1
from repshift.stages.figures.sources import (
    add_outputs,
    case_of,
    is_logarithmic,
    only_cases,
    own_field,
    read_drawn,
    read_summary,
    write,
)
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_SAID = ("quantity", "estimator", "parameter")
_NUMBERS = ("value", "value_low", "value_high")
"""Of shift_steps.csv; the ends are there where the configuration has intervals."""
_ESTIMATORS = ("biased", "debiased", "minibatch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    parser.add_argument("--models", nargs="+", required=True, help="labels of the models drawn, a row each")
    parser.add_argument("--estimator", choices=_ESTIMATORS, required=True)
    parser.add_argument("--example-maps", type=Path, nargs="+", required=True, help=".nc of a map of each case drawn")
    parser.add_argument("--boxes", type=float, nargs="+", required=True, help="side of the maps [Mpc/h], 0: none")
    add_outputs(parser)


def run(
    *,
    summary: Path,
    models: list[str],
    estimator: str,
    example_maps: list[Path],
    boxes: list[float],
    outputs: list[Path],
) -> None:
    """Draw the paper's figure for some models: the default's figure 1, and its controls."""
    if len(example_maps) != len(boxes):
        raise InputError(f"{len(example_maps)} files of example_maps and {len(boxes)} boxes: a case needs one of each.")
    stores = {case_of(store): store for store in map(read_drawn, example_maps)}
    fields = {store.attrs["field"]: own_field(store, "example") for store in stores.values()}
    figure = draw_figure1(
        only_cases(read_summary(summary), stores),
        {case: store["example"].to_numpy()[0] for case, store in stores.items()},
        models=models,
        estimator=estimator,
        boxes={case: side for case, side in zip(stores, boxes, strict=True) if side > 0},
        fields={name: field for name, field in fields.items() if field is not None},
        linear={case for case, store in stores.items() if not is_logarithmic(store)},
    )
    write(figure, outputs)

"""Action of the stage figures: ``figure1``, maps, CKA matrices and their statistics, a row a model.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from repshift.case.stack import stack_cases
from repshift.drawing.figure1 import draw_figure1
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.stages.figures.sources import (
    ESTIMATORS,
    add_cases,
    add_outputs,
    add_plotting,
    case_of,
    channels_of,
    is_logarithmic,
    own_field,
    read_whole,
    write,
)
from repshift.vocabulary import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    add_cases(parser, "scores", "intervals", "permutation-tests")
    parser.add_argument("--models", nargs="+", required=True, help="labels of the models, a row each")
    parser.add_argument("--estimator", choices=ESTIMATORS, required=True)
    parser.add_argument("--example-maps", type=Path, nargs="+", required=True, help=".nc of a map of each case")
    parser.add_argument("--boxes", type=float, nargs="+", required=True, help="side of the maps [Mpc/h], 0: none")
    add_outputs(parser)


def run(
    *,
    cka: Sequence[Path],
    scores: Sequence[Path] = (),
    intervals: Sequence[Path] = (),
    permutation_tests: Sequence[Path] = (),
    models: Sequence[str],
    estimator: str,
    example_maps: Sequence[Path],
    boxes: Sequence[float],
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw the paper's figure for some models: the default's figure 1, and its controls."""
    if len(example_maps) != len(boxes):
        raise InputError(f"{len(example_maps)} files of example_maps and {len(boxes)} boxes: a case needs one of each.")
    stores = {case_of(store): store for store in map(read_whole, example_maps)}
    fields = {store.attrs["field"]: own_field(store, "example") for store in stores.values()}
    figure = draw_figure1(
        stack_cases(cka, scores=scores, intervals=intervals, permutation_tests=permutation_tests),
        {case: store["example"].to_numpy()[0] for case, store in stores.items()},
        models=models,
        estimator=estimator,
        boxes={case: side for case, side in zip(stores, boxes, strict=True) if side > 0},
        fields={name: field for name, field in fields.items() if field is not None},
        channels={model: names for (model, _), store in stores.items() if (names := channels_of(store))},
        linear={case for case, store in stores.items() if not is_logarithmic(store)},
        plotting=plotting,
    )
    write(figure, outputs)

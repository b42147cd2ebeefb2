"""Action of the stage figures: ``predictions``, predicted against true parameters, or confusion matrices of classes.

A panel a case; all are of parameters, or all of classes.

Outputs: ``.pdf`` and ``.png`` of 300 dpi.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from repshift.case.classes import class_places
from repshift.case.tables import with_ends
from repshift.drawing.confusion import draw_confusion
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.predictions import draw_predictions
from repshift.stages.figures.sources import add_outputs, add_plotting, case_of, read_whole, words_of, write
from repshift.statistics.class_scores import confusion_matrix
from repshift.vocabulary import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    add_plotting(parser)
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case")
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help=".nc of each case, in any order")
    parser.add_argument("--parameters", nargs="+", required=True, help="parameters of the panels")
    about: dict[str, Any] = {"nargs": 2, "action": "append", "default": [], "metavar": ("NAME", "UNIT")}
    parser.add_argument("--unit", dest="units", **about, help="unit of a parameter")
    add_outputs(parser)


def run(
    *,
    predictions: Sequence[Path],
    scores: Sequence[Path],
    parameters: Sequence[str],
    units: Sequence[Sequence[str]] = (),
    plotting: Plotting = HOUSE,
    outputs: Sequence[Path],
) -> None:
    """Draw predicted against true parameters, or classes, with the scores of the whole split."""
    cases, scored = ([read_whole(path) for path in paths] for paths in (predictions, scores))
    of_classes = ["probability" in case for case in cases]
    if any(of_classes):
        if not all(of_classes):
            raise InputError("Predictions of parameters and of classes were given. One figure draws one of the two.")
        write(_draw_classes(cases, scored, plotting), outputs)
        return
    r2 = {
        (*case_of(store), parameter): float(store["r2"].sel(maps="split", parameter=parameter))
        for store in scored
        for parameter in parameters
        if parameter in store["parameter"]
    }
    drawn = draw_predictions(cases, parameters=parameters, r2=r2, units=words_of(units), plotting=plotting)
    write(drawn, outputs)


def _draw_classes(cases: Sequence[xr.Dataset], scored: Sequence[xr.Dataset], plotting: Plotting) -> Figure:
    """Draw confusion matrices, with the accuracy and its interval where there is one."""
    names = with_ends(["accuracy"])
    accuracy = {
        case_of(store): [float(store[name].sel(maps="split").squeeze()) for name in names if name in store]
        for store in scored
    }
    counts = [confusion_matrix(class_places(case), case["probability"].to_numpy()) for case in cases]
    return draw_confusion(cases, counts=counts, accuracy=accuracy, plotting=plotting)

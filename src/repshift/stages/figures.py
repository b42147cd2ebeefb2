"""Stage figures: draw what the stages before have written. Rules of ``figures.smk``, each named as its figure.

Outputs: each figure as ``.pdf`` and as ``.png`` of 300 dpi.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.figure1 import draw_figure1
from repshift.drawing.learning_curve import draw_learning_curve
from repshift.drawing.predictions import draw_predictions
from repshift.networks.preprocessing import scale_parameters
from repshift.storage.datasets import open_dataset
from repshift.storage.figures import write_figure
from repshift.storage.maps import read_map
from repshift.storage.tables import read_table
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one action for each kind of figure."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    similarity = actions.add_parser("similarity", help="maps, CKA matrices and their statistics, a row a model")
    similarity.set_defaults(run=draw_similarity)
    similarity.add_argument("--summary", type=Path, required=True, help=".nc of all cases")
    similarity.add_argument("--models", nargs="+", required=True, help="labels of the models drawn, a row each")
    similarity.add_argument("--estimator", choices=("biased", "debiased", "minibatch"), required=True)
    similarity.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case drawn")
    similarity.add_argument("--maps", type=Path, nargs="+", required=True, help=".npy of each case drawn, same order")
    similarity.add_argument("--measured", type=Path, nargs="+", required=True, help=".json of the maps of each")
    similarity.add_argument("--boxes", type=float, nargs="+", required=True, help="side of the maps of each [Mpc/h]")
    predicted = actions.add_parser("predictions", help="predicted against true parameters, a panel a case")
    predicted.set_defaults(run=draw_predicted)
    predicted.add_argument("--predictions", type=Path, nargs="+", required=True, help=".nc of each case")
    predicted.add_argument("--parameters", nargs="+", required=True, help="parameters drawn")
    curve = actions.add_parser("learning_curve", help="losses of each epoch, a panel a model")
    curve.set_defaults(run=draw_curves)
    curve.add_argument("--curves", type=Path, nargs="+", required=True, help=".csv of each model")
    curve.add_argument("--models", nargs="+", required=True, help="labels of the models, same order")
    for action in (similarity, predicted, curve):
        action.add_argument("--outputs", type=Path, nargs="+", required=True, help=".pdf and .png to write")


def draw_similarity(
    *,
    summary: Path,
    models: list[str],
    estimator: str,
    predictions: list[Path],
    maps: list[Path],
    measured: list[Path],
    boxes: list[float],
    outputs: list[Path],
) -> None:
    """Draw the paper's figure for some models: the default's figure 1, and its controls."""
    if not len(predictions) == len(maps) == len(measured) == len(boxes):
        raise InputError(
            f"{len(predictions)} files of predictions, {len(maps)} of maps, {len(measured)} measured and "
            f"{len(boxes)} boxes: a case needs one of each."
        )
    with open_dataset(summary) as opened:
        dataset = opened.load()
    examples = dict(map(_example, predictions, maps, measured))
    sides = dict(zip(examples, boxes, strict=True))
    _write(draw_figure1(dataset, examples, models=models, estimator=estimator, boxes=sides), outputs)


def draw_predicted(*, predictions: list[Path], parameters: list[str], outputs: list[Path]) -> None:
    """Draw predicted against true parameters."""
    _write(draw_predictions([_load(path) for path in predictions], parameters=parameters), outputs)


def draw_curves(*, curves: list[Path], models: list[str], outputs: list[Path]) -> None:
    """Draw the learning curve of each model."""
    columns = ("epoch", "learning_rate", "training_loss", "validation_loss")
    tables = [read_table(path, columns=columns) for path in curves]
    _write(draw_learning_curve(dict(zip(models, tables, strict=True))), outputs)


def _example(predictions: Path, maps: Path, measured: Path) -> tuple[tuple[str, str], npt.NDArray[np.float32]]:
    """Return (model, domain) and the map of the simulation nearest the middle of the parameter ranges."""
    dataset = _load(predictions)
    distance = np.square(scale_parameters(dataset["truth"].to_numpy()) - 0.5).sum(axis=1)
    position = int(dataset["position"][int(np.argmin(distance))])
    return (dataset.attrs["model"], dataset.attrs["domain"]), read_map(maps, measured, position)


def _load(path: Path) -> xr.Dataset:
    with open_dataset(path, attributes=("model", "domain")) as opened:
        return opened.load()


def _write(figure: Figure, outputs: list[Path]) -> None:
    for output in outputs:
        write_figure(figure, output)
    logger.info("%s", ", ".join(map(str, outputs)))

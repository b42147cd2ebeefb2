"""Stage example_maps: the map of a case that figures show. Rules ``network_{model}_{n}``.

Output: ``{model}/{domain}.nc``. ``example`` (shown, y, x), the one map as it is in its file, in the unit of its field;
(shown, channel, y, x) of a network that reads several channels; coordinates map, position, simulation. ``chosen`` says
whether it is the one nearest the ``middle`` of the parameters' ranges, of a classifier the ``surest``, whose true class
has the largest probability, or the ``first`` where the simulations have no labels.

Figures are drawn of this file, so that they need no file of maps, which may take gigabytes.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.classes import class_places
from repshift.case.grams import case_row
from repshift.case.maps import drawable, open_shown, scale_of
from repshift.cli.arguments import add_functions, add_maps, functions_of
from repshift.networks.preprocessing import scale_parameters
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.storage.files import sha256
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths
from repshift.vocabulary import CASE, PARAMETERS

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(functions=functions_of(given), **given))
    parser.add_argument("--case", type=Path, required=True, help=".nc of predictions or, without, of CKA")
    add_maps(parser)
    add_functions(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(*, case: Path, maps: Paths, measured: Paths, output: Path, functions: Sequence[Constructor] = ()) -> None:
    """Choose a map of a case and write it."""
    stored = _read_coordinates(case)
    simulations = open_shown(stored.attrs, maps, measured, functions=functions)
    how, chosen = _chosen(stored)
    one = {name: stored[name].to_numpy()[[chosen]] for name in ("map", "position", "simulation")}
    shown = drawable(simulations, one["position"])
    dataset = xr.Dataset(
        {"example": shown.pop("maps")},
        coords={name: ("shown", value) for name, value in one.items()} | shown,
        attrs={
            **case_row(stored),
            "chosen": how,
            **scale_of(simulations),
            "maps_sha256": simulations.sha256,
            "case_sha256": sha256(case),
        },
    )
    write_dataset(dataset, output)
    logger.info("%s: %s", output, dataset["map"].item())


def _read_coordinates(case: Path) -> xr.Dataset:
    """Read whose maps a file is of and, of predictions, the truth; not the Gram matrices, which are large."""
    with open_dataset(case, attributes=CASE) as opened:
        held = [name for name in ("truth", "probability") if name in opened]
        return opened[held].assign_coords({name: opened[name] for name in ("map", "position", "simulation")}).load()


def _chosen(stored: xr.Dataset) -> tuple[str, int]:
    """Return how a map is chosen, and its place; of several the first."""
    if "probability" in stored and "truth" in stored:
        of_truth = stored["probability"].to_numpy()[np.arange(stored.sizes["map"]), class_places(stored)]
        return "surest", int(np.argmax(of_truth))
    return ("middle", int(np.argmin(_distance(stored)))) if "truth" in stored else ("first", 0)


def _distance(predictions: xr.Dataset) -> npt.NDArray[np.float64]:
    """Return how far the true values (n_maps,) are from the middle of their ranges, those of the maps except CMD's."""
    truth = predictions["truth"].to_numpy()
    if predictions["parameter"].to_numpy().tolist() == list(PARAMETERS):
        scaled = scale_parameters(truth)
    else:
        span = np.ptp(truth, axis=0)
        scaled = (truth - truth.min(axis=0)) / np.where(span > 0, span, 1.0)
    return np.asarray(np.square(scaled - 0.5).sum(axis=1))

"""Stage predictions: predicted parameters of every map. Rules ``network_{model}_{n}``.

Output: ``{model}/{domain}.nc`` with ``mean``, ``std`` (posterior, predicted; a network of the user's own may have no
``std``) and, where the maps have labels, ``truth`` (map, parameter), not scaled, in the units of the labels (CMD's
parameters are dimensionless); coordinates parameter, map, simulation, position, suite; attribute ``device`` where it
was not the CPU. Of a classifier, ``probability`` (map, class) and ``truth`` (map), the name of the true class;
coordinate class; attribute ``parameter``, the label that holds the class. Of a repaired network the attribute
``simulations_seen_by_repair`` says how many simulations of the split made it: all maps are there.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.case.forward import OpenCase
from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.outputs import outputs_of, posterior
from repshift.case.truth import truth_of
from repshift.case.tuned import simulations_seen
from repshift.cli.arguments import add_device, device_of
from repshift.cli.cases import add_case
from repshift.cli.progress import progress
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.statistics.selection import maps_of
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import SEEN, InputError

logger = logging.getLogger(__name__)

_LONG_NAMES = {
    "mean": "predicted posterior mean",
    "std": "predicted posterior standard deviation",
    "probability": "predicted probability of the class",
    "truth": "true value",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--without-truth", action="store_true", help="the maps have no labels of what is inferred")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    run(case_inputs_of(given), device=device_of(given), **given)


def run(
    case: CaseInputs,
    *,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
    unscored: Sequence[str] = (),
    without_truth: bool = False,
) -> None:
    """Predict the parameters of every map of the split, and write them beside the truth, or `without_truth`.

    The truth of a parameter of CMD is NaN where the table does not have it, as a wide one that varies others, or where
    it is `unscored`.
    """
    shown = case.open()
    outputs = outputs_of(shown)
    truth = None if without_truth else truth_of(shown, outputs, case.files.parameters, unscored)
    positions = maps_of(shown.split(), maps_per_simulation=shown.maps_per_simulation)
    target = choose_device(device)
    logger.info("%s shown %s: %d maps on %s", case.model, case.domain.name, len(positions), describe(target))
    with reproducible(threads=threads), shown.named():
        answers = _answers(shown, positions, BatchSize(batch_size, say=logger.warning), device=target.type)
    if not np.isfinite(answers).all():
        number = int(positions[np.argwhere(~np.isfinite(answers))[0][0]])
        raise InputError(
            f"Model '{case.model}' returns a number that is not finite for map {number} of {shown.simulations.names}."
        )
    with shown.named():
        values = posterior(answers, shown, outputs, positions=positions)
    simulations = positions // shown.maps_per_simulation
    checksums = {
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.sha256,
    }
    values |= {} if truth is None else {"truth": truth[simulations]}
    where: dict[str, Any] = {"device": target.type} if target.type != "cpu" else {}
    where |= {} if shown.description.repair is None else {SEEN: len(simulations_seen(shown))}
    dataset = xr.Dataset(
        {
            name: (
                ("map", outputs.dimension)[: array.ndim],
                array,
                {"units": outputs.units, "long_name": _LONG_NAMES[name]},
            )
            for name, array in values.items()
        },
        coords={outputs.dimension: list(outputs.names), **shown.coordinates(positions)},
        attrs={
            **{**shown.case.attributes(), **case.domain.attributes(), **shown.preparation},
            **{**outputs.attributes, **checksums, **where},
        },
    )
    write_dataset(dataset, output)
    logger.info("%s: %d maps", output, len(positions))


@dataclass(frozen=True)
class _Inputs:
    """The maps at `positions` as the network takes them, standardised a batch at a time."""

    shown: OpenCase
    positions: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, which: slice) -> npt.NDArray[np.float32]:
        return self.shown.simulations.standardised(self.positions[which], self.shown.moments)


def _answers(
    shown: OpenCase, positions: npt.NDArray[np.int64], batch_size: BatchSize, *, device: str
) -> npt.NDArray[np.float64]:
    """Return the network's outputs (n_maps, n_answers)."""
    advancing = partial(progress, what="batches predicted")
    inputs = _Inputs(shown, positions)
    answers = run_network(shown.network, inputs, batch_size=batch_size, device=device, progress=advancing)
    return answers.reshape(len(answers), -1).double().numpy()

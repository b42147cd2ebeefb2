"""Stage symmetries: scatter of the outputs under rotations, flips and shifts of a map. Rules ``network_{model}_{n}``.

Turns, flips and periodic shifts leave the parameters of a map as they are; a network's outputs move all the same. The
maps are those that CKA compares.

Output: ``{model}/{domain}.nc`` with ``scatter`` (map, parameter), the standard deviation of the posterior mean over the
symmetries of a map, and ``sigma`` (map, parameter), the root of the mean predicted variance over them (a network of the
user's own may have none), both in the units of the labels; coordinates parameter, map, simulation, position, suite.
Of a classifier ``scatter`` (map, class), the standard deviation of the probability of each class, and no ``sigma``.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from repshift.case.inputs import CaseInputs, case_inputs_of
from repshift.case.outputs import Outputs, outputs_of, posterior
from repshift.cli.arguments import add_device, at_least, device_of
from repshift.cli.cases import add_case
from repshift.networks.symmetries import draw_shifts, symmetric_copies
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.statistics.selection import choose_maps
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_LONG_NAMES = {
    "scatter": "standard deviation of the predicted {inferred} over the symmetries of a map",
    "sigma": "root of the mean predicted posterior variance over the symmetries of a map",
}
_INFERRED = {"mean": "posterior mean", "probability": "probability of the class"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    parser.add_argument("--n-maps", type=at_least(1), required=True, help="number of maps that CKA compares")
    parser.add_argument("--maps-each", type=at_least(1), default=1, help="number of maps of each simulation among them")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the maps that CKA compares")
    parser.add_argument("--shifts", type=at_least(0), required=True, help="number of periodic shifts beside none")
    parser.add_argument("--shifts-seed", type=at_least(0), required=True, help="random seed: draws the shifts")
    add_device(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    run(case_inputs_of(given), device=device_of(given), **given)


def run(
    case: CaseInputs,
    *,
    n_maps: int,
    maps_each: int = 1,
    seed: int,
    shifts: int,
    shifts_seed: int,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Predict the parameters of the compared maps under each symmetry, and write how far the outputs scatter."""
    shown = case.open()
    outputs = outputs_of(shown)
    per_simulation = shown.maps_per_simulation
    positions = choose_maps(
        shown.split(), n_maps=n_maps, seed=seed, maps_each=maps_each, maps_per_simulation=per_simulation
    )
    inputs = torch.from_numpy(shown.simulations.standardised(positions, shown.moments))
    drawn = draw_shifts(shifts, size=shown.simulations.size, seed=shifts_seed)
    target = choose_device(device)
    logger.info("%s shown %s: %d maps on %s", case.model, case.domain.name, n_maps, describe(target))
    batch = BatchSize(batch_size, say=logger.warning)
    with reproducible(threads=threads), shown.named():
        answers = [
            run_network(shown.network, copy, batch_size=batch, device=target.type).double().numpy()
            for copy in symmetric_copies(inputs, shifts=drawn)
        ]
        found = [posterior(answer.reshape(n_maps, -1), shown, outputs, positions=positions) for answer in answers]
    variables = _spread(found, outputs)
    if not all(np.isfinite(array).all() for _, array, _ in variables.values()):
        raise InputError(f"Model '{case.model}' returns numbers that are not finite for domain '{case.domain.name}'.")
    dataset = xr.Dataset(
        variables,
        coords={outputs.dimension: list(outputs.names), **shown.coordinates(positions)},
        attrs={
            **shown.case.attributes(),
            **case.domain.attributes(),
            **shown.preparation,
            **outputs.attributes,
            "n_maps": n_maps,
            "maps_each": maps_each,
            "seed": seed,
            "symmetries": len(answers),
            "shifts": " ".join(f"{across},{along}" for across, along in drawn),
            "shifts_seed": shifts_seed,
            "device": target.type,
            "weights_sha256": shown.description.sha256,
            "maps_sha256": shown.simulations.sha256,
        },
    )
    write_dataset(dataset, output)
    logger.info("%s: %d maps under %d symmetries", output, n_maps, len(answers))


def _spread(found: Sequence[Mapping[str, Any]], outputs: Outputs) -> dict[str, tuple[Any, ...]]:
    """Return how far what is inferred under each symmetry scatters, and what the network says of its errors."""
    inferred = "mean" if outputs.label is None else "probability"
    values = {"scatter": np.std([one[inferred] for one in found], axis=0)}
    if "std" in found[0]:
        values["sigma"] = np.sqrt(np.square([one["std"] for one in found]).mean(axis=0))
    return {
        name: (
            ("map", outputs.dimension),
            array,
            {"units": outputs.units, "long_name": _LONG_NAMES[name].format(inferred=_INFERRED[inferred])},
        )
        for name, array in values.items()
    }

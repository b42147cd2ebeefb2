"""Stage predictions: what a model says of every map of a domain's split. Rule ``predictions``.

Output: ``{model}/{domain}.nc`` with ``mean``, ``std`` (posterior, predicted; a network of the user's own may have no
``std``) and ``truth`` (map, parameter), not scaled, in the units of the labels (CMD's parameters are dimensionless);
coordinates parameter, map, simulation, position, suite.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.recording.devices import reproducible
from repshift.recording.passes import run_network
from repshift.stages.answers import output_names, posterior, units_of
from repshift.stages.arguments import domain_of
from repshift.stages.cases import Shown, add_case, open_case
from repshift.stages.own import constructor_of
from repshift.stages.progress import progress
from repshift.statistics.selection import maps_of
from repshift.storage.constructors import Constructor
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import Domain, InputError

logger = logging.getLogger(__name__)

_LONG_NAMES = {
    "mean": "predicted posterior mean",
    "std": "predicted posterior standard deviation",
    "truth": "true value",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(domain=domain_of(given), own=constructor_of(given), **given))
    add_case(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def run(
    *,
    model: str,
    weights: Path,
    own: Constructor | None = None,
    maps: Path,
    parameters: Path | None,
    measured: Path,
    domain: Domain,
    batch_size: int,
    threads: int,
    output: Path,
) -> None:
    """Predict the parameters of every map of the split, on the CPU, and write them beside the truth."""
    shown = open_case(model, weights, own=own, maps=maps, parameters=parameters, measured=measured, domain=domain)
    names = output_names(shown)
    columns = _columns(names, shown.simulations.labels, f"Model '{model}' on domain '{domain.name}'")
    positions = maps_of(shown.split(), maps_per_simulation=shown.maps_per_simulation)
    with reproducible(threads=threads):
        answers = _answers(shown, positions, batch_size)
    if not np.isfinite(answers).all():
        number = int(positions[np.argwhere(~np.isfinite(answers))[0][0]])
        raise InputError(f"Model '{model}' answers map {number} of {maps} with a number that is not finite.")
    simulations = positions // shown.maps_per_simulation
    checksums = {
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.measured.sha256,
    }
    values = {**posterior(answers, shown, names), "truth": shown.simulations.parameters[simulations][:, columns]}
    units = units_of(names)
    dataset = xr.Dataset(
        {
            name: (("map", "parameter"), array, {"units": units, "long_name": _LONG_NAMES[name]})
            for name, array in values.items()
        },
        coords={"parameter": list(names), **shown.coordinates(positions)},
        attrs={**shown.case.attributes(), **domain.attributes(), **shown.preparation, **checksums},
    )
    write_dataset(dataset, output)
    logger.info("%s: %d maps", output, len(positions))


def _columns(names: tuple[str, ...], labels: tuple[str, ...], who: str) -> list[int]:
    """Return which columns of the labels the network infers."""
    unknown = [name for name in names if name not in labels]
    if unknown:
        known = f"The labels are {', '.join(labels)}" if labels else "There are no labels"
        raise InputError(f"{who} has the outputs {', '.join(names)}, but {', '.join(unknown)} is no label. {known}.")
    return [labels.index(name) for name in names]


def _answers(shown: Shown, positions: npt.NDArray[np.int64], batch_size: int) -> npt.NDArray[np.float64]:
    """Return the network's answers (n_maps, n_answers), standardising one batch of maps at a time."""
    starts = range(0, len(positions), batch_size)
    answers = []
    with progress(len(starts), "batches predicted") as advance:
        for start in starts:
            inputs = shown.simulations.standardised(positions[start : start + batch_size], shown.moments)
            answers.append(run_network(shown.network, inputs, batch_size=batch_size).flatten(1).numpy())
            advance()
    return np.concatenate(answers).astype(np.float64)

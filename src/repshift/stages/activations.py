"""Stage activations: the representations of all layers. Rules ``network_{model}_{n}``.

Output: ``{model}/{domain}.nc``, one variable a layer, (map, unit) float32, or (pass, map, unit) with two passes, and
``pixels`` (map, pixel), the standardised maps that the network takes: a layer of that name is written otherwise;
coordinates map (its label), simulation, position (in the file of maps), suite; attributes of the case and its choices.
"""

import argparse
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from repshift.case.activations import Settings, record_to
from repshift.case.forward import open_case
from repshift.cli.arguments import device_of, domain_of, functions_of
from repshift.cli.cases import add_case, add_recording
from repshift.cli.networks import constructor_of
from repshift.cli.progress import progress
from repshift.recording.passes import Precision
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths, SimulationFiles
from repshift.vocabulary import Domain

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_recording(parser)
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    how: dict[str, Any] = {"own": constructor_of(given), "functions": functions_of(given)}
    run(domain=domain_of(given), device=device_of(given), **how, **given)


def run(
    *,
    model: str,
    weights: Path,
    own: Constructor | None = None,
    maps: Paths,
    parameters: Path | None,
    measured: Paths,
    functions: Sequence[Constructor] = (),
    domain: Domain,
    n_maps: int,
    maps_each: int = 1,
    seed: int,
    batch_size: int,
    passes: int,
    dropout: Literal["on", "off"],
    precision: Precision,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Run the chosen maps of a domain through a model and write what every layer returns."""
    files = SimulationFiles(maps, parameters, measured, functions)
    shown = open_case(model, weights, own=own, files=files, domain=domain)
    settings = Settings(
        n_maps=n_maps,
        maps_each=maps_each,
        seed=seed,
        batch_size=batch_size,
        passes=passes,
        dropout=dropout,
        precision=precision,
        device=device,
        threads=threads,
    )
    advancing = partial(progress, what="batches recorded")
    logger.info("%s: %d layers", output, record_to(shown, settings, output, progress=advancing))

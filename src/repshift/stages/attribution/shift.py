"""Action of the stage attribution: the ``shift`` of the answers from maps to their twins. Rule ``attribution_{model}``.

Output: ``{model}/{domain}_to_{twin}.nc``, with the variables of
`repshift.case.attribution.shift_dataset.attribution_of_shift`.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.cli.arguments import add_device, add_maps, at_least, device_of, domain_of, functions_of
from repshift.cli.cases import add_case
from repshift.cli.networks import constructor_of
from repshift.stages.attribution.maps import add_attributed
from repshift.storage.functions import Constructor
from repshift.storage.simulations import Paths
from repshift.vocabulary import Domain

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    add_case(parser)
    add_device(parser)
    add_attributed(parser)
    text = "suite of the twins: the same simulations under other physics"
    parser.add_argument("--twin", required=True, help=text)
    add_maps(parser, prefix="twin-", which="the twins")
    parser.add_argument("--twin-parameters", type=Path, help=".txt of parameters or .csv of labels of the twins")
    parser.add_argument("--nodes", type=at_least(1), required=True, help="number of Gauss-Legendre nodes of a path")
    parser.add_argument("--by-layer", action="store_true", help="the shift is also followed through the layers")
    parser.add_argument("--output", type=Path, required=True, help=".nc to write")


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
    twin: str,
    twin_maps: Paths,
    twin_measured: Paths,
    twin_parameters: Path | None = None,
    outputs: Sequence[str] = (),
    n_maps: int,
    environment: Path | None = None,
    environment_measured: Path | None = None,
    periodic: bool = False,
    pixel: float | None = None,
    pixel_units: str = "",
    nodes: int,
    by_layer: bool = False,
    seed: int,
    resamples: int,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Attribute the shift between the maps of a case and their twins, and write where it comes from."""
    raise NotImplementedError


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    how: dict[str, Any] = {"own": constructor_of(given), "functions": functions_of(given)}
    run(domain=domain_of(given), device=device_of(given), **how, **given)

"""Action of the stage maps: ``measure`` a file of maps once. Rules ``maps``, ``measured``, ``measured_{suite}``.

Output: a ``.json`` beside the maps: mean and standard deviation after the preprocessing, shape and SHA-256.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repshift.cli.arguments import add_functions, add_preprocessing, functions_of, preprocessing_of
from repshift.downloads.sources import require_recorded
from repshift.networks.channels import UNCHANGED, Preprocessing
from repshift.networks.moments import log_moments
from repshift.networks.preprocessing import TRIED, require_map_by_map
from repshift.storage.files import sha256
from repshift.storage.functions import Constructor, functions_by_name
from repshift.storage.maps import chunks_of, open_maps
from repshift.storage.measurement import Measurement, write_measured
from repshift.vocabulary import MAPS_PER_SIMULATION, Field, InputError, require_field

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=_run_given)
    parser.add_argument("--maps", type=Path, required=True, help=".npy of maps")
    parser.add_argument("--field", required=True, help="name of the field")
    parser.add_argument("--quantity", nargs=2, metavar=("LONG_NAME", "UNITS"), help="of a field that CMD has not")
    parser.add_argument(
        "--maps-per-simulation",
        type=int,
        default=MAPS_PER_SIMULATION,
        help="number of consecutive maps of a simulation",
    )
    add_preprocessing(parser)
    add_functions(parser)
    parser.add_argument("--directory", type=Path, help="where the file was fetched to: SHA256SUMS there must agree")
    parser.add_argument("--output", type=Path, required=True, help=".json to write")


def _run_given(**given: Any) -> None:  # noqa: ANN401 - what the parser gives
    run(preprocessing=preprocessing_of(given), functions=functions_of(given), **given)


def run(
    *,
    maps: Path,
    field: str,
    output: Path,
    preprocessing: Preprocessing = UNCHANGED,
    functions: Sequence[Constructor] = (),
    quantity: Sequence[str] | None = None,
    maps_per_simulation: int = MAPS_PER_SIMULATION,
    directory: Path | None = None,
) -> None:
    """Measure a file of maps, one piece in memory at a time: once for the checksum, once for the moments."""
    described = Field(quantity[0], quantity[1]) if quantity else None
    if described is None:
        require_field(field)
    digest = sha256(maps)
    function = functions_by_name(functions).get(preprocessing.function)
    if directory is not None:
        require_recorded(maps, digest, directory=directory)
    opened = open_maps(maps, maps_per_simulation=maps_per_simulation)
    n_maps, *size = opened.shape
    try:
        if function is not None:
            require_map_by_map(opened[:: max(1, n_maps // TRIED)], preprocessing.function, function)
        moments = log_moments(chunks_of(maps), field, preprocessing=preprocessing, function=function)
    except InputError as error:
        raise InputError(f"{maps}: {error}") from error
    measured = Measurement(
        field,
        moments,
        n_maps,
        (size[0], size[1]),
        digest,
        preprocessing=preprocessing,
        maps_per_simulation=maps_per_simulation,
        quantity=described,
    )
    write_measured(measured, output)
    logger.info("%s: %s is %.3f +- %.3f after preprocessing", output, field, moments.mean, moments.std)

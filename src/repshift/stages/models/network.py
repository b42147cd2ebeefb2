"""Networks of the user's own code: what names it, and an action of the stage models, ``network``.

Outputs: the standard model file; its layers are the names of calls, found by running the network once.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from repshift.case.examination import examine, require_again
from repshift.cli.arguments import at_least
from repshift.cli.networks import add_constructor, add_layers
from repshift.networks.preprocessing import Moments
from repshift.storage.constructors import Constructor, construct
from repshift.storage.files import sha256
from repshift.storage.measurement import read_measured
from repshift.storage.models import Description, write_model
from repshift.storage.weights import load_weights
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(Constructor(given.pop("constructor"), given.pop("source")), **given))
    add_constructor(parser, required=True)
    parser.add_argument("--arguments", type=json.loads, required=True, help="keyword arguments, as JSON")
    parser.add_argument("--weights", type=Path, help=".pt of a state dict; left out, those of the constructor")
    parser.add_argument(
        "--seed", type=at_least(0), required=True, help="random seed: of torch, before the constructor is called"
    )
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="files that the constructor reads")
    parser.add_argument("--untrained", action="store_false", dest="trained", help="the network has learned nothing")
    add_layers(parser)
    parser.add_argument("--outputs", nargs="+", default=[], help="labels that the network infers, in their order")
    parser.add_argument(
        "--moments",
        type=float,
        nargs=2,
        metavar=("MEAN", "STD"),
        help="mean and standard deviation, instead of those measured",
    )
    parser.add_argument("--measured", type=Path, required=True, help=".json measured of maps as the network takes them")
    parser.add_argument("--suite", required=True, help="suite the network was trained on")
    parser.add_argument("--field", required=True, help="field the network reads")
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")


def run(
    own: Constructor,
    *,
    arguments: dict[str, Any],
    weights: Path | None,
    seed: int,
    layers: list[str] | None,
    outputs: list[str],
    moments: list[float] | None,
    measured: Path,
    suite: str,
    field: str,
    output: Path,
    files: Sequence[Path] = (),
    trained: bool = True,
) -> None:
    """Build a network of the user's own, load its weights strictly, and find its layers by running it once."""
    found = read_measured(measured)
    if found.field != field:
        raise InputError(f"{measured} was measured of field '{found.field}', but the model reads field '{field}'.")
    chosen = found.moments if moments is None else Moments(*moments)
    torch.manual_seed(seed)
    network = construct(own, arguments)
    if weights is not None:
        load_weights(network, weights)
    maps = np.zeros((3, 1, found.size, found.size), dtype=np.float32)
    names, _ = examine(network, own, maps, layers=layers, outputs=outputs)
    require_again(network, own, arguments)
    provenance = {
        "weights": weights and weights.name,
        "weights_sha256": weights and sha256(weights),
        "files_sha256": {path.name: sha256(path) for path in files},
        "trained": trained,
        "seed": seed,
        "moments_given": moments is not None,
        "moments_estimate": found.estimate and asdict(found.estimate) if moments is None else None,
    }
    description = Description(
        suite, field, own.name, arguments, names, chosen, provenance,
        preprocessing=found.preprocessing, outputs=tuple(outputs),
    )  # fmt: skip
    write_model(network, output, description=description)
    logger.info("%s: %d layers of %s: %s", output, len(names), own.name, ", ".join(names))

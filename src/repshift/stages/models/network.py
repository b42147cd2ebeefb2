"""Networks of the user's own code: what names it, and an action of the stage models, ``network``.

Outputs: the standard model file; its layers are the names of calls, found by running the network once.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import torch

from repshift.case.examination import examine, require_again
from repshift.cli.arguments import at_least
from repshift.cli.networks import add_constructor, add_layers
from repshift.networks.channels import Channel, Moments
from repshift.networks.classes import Classes, OutputScale
from repshift.storage.constructors import construct
from repshift.storage.files import sha256
from repshift.storage.functions import Constructor
from repshift.storage.measurement import Measurement, read_channels
from repshift.storage.models import Description, by_channel, write_model
from repshift.storage.simulations import Paths
from repshift.storage.weights import load_weights
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

TASKS: Final = ("regression", "classification")


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
    parser.add_argument("--task", choices=TASKS, default="regression", help="what the network infers")
    parser.add_argument("--classes", nargs="+", default=[], help="of a classifier, in the order of its outputs")
    parser.add_argument(
        "--output-scale", choices=get_args(OutputScale), default="logits", help="outputs of a classifier"
    )
    parser.add_argument(
        "--moments",
        type=float,
        nargs="+",
        metavar="NUMBER",
        help="mean and standard deviation of each channel, instead of those measured",
    )
    text = ".json measured of maps as the network takes them, one a channel"
    parser.add_argument("--measured", type=Path, nargs="+", required=True, help=text)
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
    measured: Paths,
    suite: str,
    field: str,
    output: Path,
    files: Sequence[Path] = (),
    trained: bool = True,
    task: str = "regression",
    classes: Sequence[str] = (),
    output_scale: OutputScale = "logits",
) -> None:
    """Build a network of the user's own, load its weights strictly, and find its layers by running it once."""
    known = _classes(task, classes, output_scale, outputs=outputs)
    found = read_channels(measured, field)
    channels = [one.channel for one in found] if moments is None else _standardised(found, moments)
    torch.manual_seed(seed)
    network = construct(own, arguments)
    if weights is not None:
        load_weights(network, weights)
    maps = np.zeros((3, len(found), *found[0].size), dtype=np.float32)
    names, _ = examine(network, own, maps, layers=layers, outputs=outputs, classes=known)
    require_again(network, own, arguments)
    provenance = {
        "weights": weights and weights.name,
        "weights_sha256": weights and sha256(weights),
        "files_sha256": {path.name: sha256(path) for path in files},
        "trained": trained,
        "seed": seed,
        "moments_given": moments is not None,
        "moments_estimate": by_channel(
            [one.estimate and asdict(one.estimate) if moments is None else None for one in found]
        ),
    }
    description = Description(
        suite, field, own.name, arguments, names, tuple(channels), provenance,
        outputs=tuple(outputs), classes=known,
    )  # fmt: skip
    write_model(network, output, description=description)
    logger.info("%s: %d layers of %s: %s", output, len(names), own.name, ", ".join(names))


def _standardised(found: Sequence[Measurement], moments: Sequence[float]) -> list[Channel]:
    """Return channels that are standardised by given numbers, a mean and a standard deviation each."""
    if len(moments) != 2 * len(found):
        raise InputError(
            f"{len(moments)} numbers standardise {len(found)} channels. Expected a mean and a standard deviation each."
        )
    pairs = zip(moments[::2], moments[1::2], strict=True)
    return [replace(one.channel, moments=Moments(*pair)) for one, pair in zip(found, pairs, strict=True)]


def _classes(task: str, names: Sequence[str], output_scale: OutputScale, *, outputs: Sequence[str]) -> Classes | None:
    """Return the classes of a classifier, and refuse one that is a regression as well."""
    if (task == "regression" and names) or (task == "classification" and len(outputs) > 1):
        raise InputError(
            f"The task is {task}, with the outputs {', '.join(outputs) or 'none'} and the classes "
            f"{', '.join(names) or 'none'}. One head cannot have both tasks: give two models, whose constructors "
            "return a head each."
        )
    return None if task == "regression" else Classes(tuple(names), output_scale)

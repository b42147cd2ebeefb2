"""Networks of the user's own code: what names it, and an action of the stage models, ``network``.

Outputs: the standard model file; its layers are the names of calls, found by running the network once.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from repshift.case.layers import called_layers
from repshift.cli.arguments import at_least
from repshift.cli.networks import add_constructor, add_layers
from repshift.networks.classes import Answers, Classes, class_probabilities
from repshift.networks.preprocessing import Moments
from repshift.recording.passes import run_network
from repshift.storage.constructors import Constructor, construct
from repshift.storage.files import sha256
from repshift.storage.measurement import read_measured
from repshift.storage.models import Description, write_model
from repshift.storage.weights import load_weights, require_state
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
    parser.add_argument("--answers", choices=get_args(Answers), default="logits", help="outputs of a classifier")
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
    task: str = "regression",
    classes: Sequence[str] = (),
    answers: Answers = "logits",
) -> None:
    """Build a network of the user's own, load its weights strictly, and find its layers by running it once."""
    known = _classes(task, classes, answers, outputs=outputs)
    found = read_measured(measured)
    if found.field != field:
        raise InputError(f"{measured} was measured of field '{found.field}', but the model reads field '{field}'.")
    chosen = found.moments if moments is None else Moments(*moments)
    torch.manual_seed(seed)
    network = construct(own, arguments)
    if weights is not None:
        load_weights(network, weights)
    names = _examined(network, own, found.size, layers=layers, outputs=outputs, classes=known)
    _require_again(network, own, arguments)
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
        preprocessing=found.preprocessing, outputs=tuple(outputs), classes=known,
    )  # fmt: skip
    write_model(network, output, description=description)
    logger.info("%s: %d layers of %s: %s", output, len(names), own.name, ", ".join(names))


def _classes(task: str, names: Sequence[str], answers: Answers, *, outputs: Sequence[str]) -> Classes | None:
    """Return the classes of a classifier, and refuse one that is a regression as well."""
    if (task == "regression" and names) or (task == "classification" and len(outputs) > 1):
        raise InputError(
            f"The task is {task}, with the outputs {', '.join(outputs) or 'none'} and the classes "
            f"{', '.join(names) or 'none'}. One head cannot have both tasks: give two models, whose constructors "
            "return a head each."
        )
    return None if task == "regression" else Classes(tuple(names), answers)


def _examined(
    network: nn.Module,
    own: Constructor,
    size: int,
    *,
    layers: list[str] | None,
    outputs: list[str],
    classes: Classes | None,
) -> tuple[str, ...]:
    """Run the network once, refuse it where it takes no maps or answers something else, and return its layers."""
    maps = np.zeros((3, 1, size, size), dtype=np.float32)
    try:
        names = called_layers(network, maps, layers)
        if classes is None:
            _require_answers(network, maps, outputs)
        else:
            found = run_network(network, maps, batch_size=len(maps))
            class_probabilities(found.double().numpy(), classes)
    except RuntimeError as error:
        raise InputError(f"'{own.name}' cannot take maps of shape {maps.shape}: {error}") from error
    return names


def _require_again(network: nn.Module, own: Constructor, arguments: dict[str, Any]) -> None:
    """Refuse a network that its constructor, called again, does not fit: every later stage builds it so."""
    try:
        require_state(dict(network.state_dict()), construct(own, arguments), "the one that was run")
    except InputError as error:
        raise InputError(f"'{own.name}' does not build the same network again: {error}") from error


def _require_answers(network: nn.Module, maps: npt.NDArray[np.float32], outputs: list[str]) -> None:
    """Refuse a network that does not answer the outputs, or each with its standard deviation."""
    if not outputs:
        return
    shape = tuple(run_network(network, maps, batch_size=len(maps)).shape)
    if len(shape) != 2 or shape[1] not in (len(outputs), 2 * len(outputs)):
        raise InputError(
            f"The network answers shape {shape} for {len(maps)} maps, but its outputs are {', '.join(outputs)}. "
            f"Expected {len(outputs)} columns, or {2 * len(outputs)} with the standard deviations after the means."
        )

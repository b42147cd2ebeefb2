"""Action of the stage training: ``train`` a network on one suite and field. Rule ``training``.

Outputs: ``{model}.pt`` and ``{model}.json``, a model file as the stage models takes it, and ``{model}.csv``, one row an
epoch. A checkpoint beside them, removed at the end, lets a stopped training go on.
"""

import argparse
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from repshift.cli.arguments import add_device, add_network, add_simulations, add_torch, device_of
from repshift.cli.progress import progress
from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import scale_parameters
from repshift.recording.devices import choose_device, describe, reproducible
from repshift.recording.memory import BatchSize, refusing_shortage
from repshift.recording.passes import run_network
from repshift.statistics.scores import scores
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.checkpoints import read_checkpoint, write_checkpoint
from repshift.storage.files import sha256
from repshift.storage.measurement import side_of
from repshift.storage.models import CMD_NETWORK, Description, by_channel, write_model
from repshift.storage.simulations import Paths, Simulations, open_simulations
from repshift.storage.tables import write_table
from repshift.training.loop import Curve, Examples, Settings, State, lowest, train
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError, Split

logger = logging.getLogger(__name__)

_DESCRIBED = ("suite", "field", "arguments", "preprocessing")
"""What of a training's identity the description of the model says outside the provenance."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(device=device_of(given), **given))
    add_simulations(parser)
    add_network(parser)
    add_torch(parser)
    add_device(parser)
    parser.add_argument("--epochs", type=int, required=True, help="largest number of passes over the training maps")
    parser.add_argument("--learning-rate", type=float, required=True, help="highest learning rate of the schedule")
    parser.add_argument("--weight-decay", type=float, required=True, help="weight decay of AdamW")
    parser.add_argument(
        "--patience", type=int, required=True, help="number of epochs without a lower validation loss that ends it"
    )
    parser.add_argument("--configuration", required=True, help="what made the maps, as JSON, for the provenance")
    parser.add_argument("--code", required=True, help="digest of this stage's code, for the provenance")
    parser.add_argument("--checkpoint", type=Path, required=True, help="state to continue from; removed at the end")
    parser.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    parser.add_argument("--output-curve", type=Path, required=True, help=".csv to write, one row an epoch")


def run(
    *,
    maps: Paths,
    parameters: Path,
    measured: Paths,
    suite: str,
    field: str,
    hidden: int,
    dropout: float,
    seed: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    patience: int,
    device: str,
    threads: int,
    configuration: str,
    code: str,
    checkpoint: Path,
    output: Path,
    output_curve: Path,
) -> None:
    """Train on the training split, stop by the validation split, write the best network and its provenance."""
    simulations = open_simulations(maps, parameters, measured)
    _require_validation(simulations)
    settings = Settings(epochs, batch_size, learning_rate, weight_decay, patience, seed)
    arguments: dict[str, Any] = {
        "hidden": hidden,
        "dropout": dropout,
        "channels": len(simulations.channels),
        "size": side_of(simulations.measured),
    }
    target, prepared = choose_device(device), [one.preprocessing.record for one in simulations.measured]
    identity = {
        "suite": suite,
        "field": field,
        "arguments": arguments,
        "settings": asdict(settings),
        "configuration": json.loads(configuration),
        "maps_sha256": simulations.sha256,
        "preprocessing": by_channel(prepared),
        "parameters_sha256": sha256(parameters),
        "device": target.type,
        "threads": threads,
        "code": code,
        "torch": torch.__version__,
    }
    with refusing_shortage("All maps of the two splits must fit. Train on another device.", device=target):
        training, validation = (examples_of(simulations, split).to(target) for split in ("train", "validation"))
    logger.info("%s %s: %d maps on %s", field, suite, len(training.maps), describe(target))
    advice = f"Lower training.batch_size, found {batch_size}: it is part of the optimisation, so it is never halved."
    with reproducible(threads=threads), refusing_shortage(advice, device=target):
        torch.manual_seed(seed)
        network = CMDNetwork(**arguments).to(target)
        curve = _train(network, training, validation, settings, checkpoint, identity)
        r2 = _r2(network, validation, batch_size)
    found = {
        "n_training_maps": len(training.maps),
        "n_validation_maps": len(validation.maps),
        "epochs": len(curve),
        "validation_loss": lowest(curve),
        "validation_r2": r2,
    }
    description = _description(network, simulations, identity, found)
    write_table(pd.DataFrame(curve), output_curve)
    write_model(network, output, description=description)
    checkpoint.unlink(missing_ok=True)
    logger.info("%s: validation loss %.3f, R^2 %s", output, lowest(curve), r2)


def _description(
    network: CMDNetwork, simulations: Simulations, identity: Mapping[str, Any], found: Mapping[str, Any]
) -> Description:
    """Describe a trained network: what it was trained on and how, and what the training `found`."""
    kept = {key: value for key, value in identity.items() if key not in _DESCRIBED}
    return Description(
        suite=identity["suite"],
        field=identity["field"],
        constructor=CMD_NETWORK,
        arguments=identity["arguments"],
        layers=tuple(network.layers),
        channels=tuple(one.channel for one in simulations.measured),
        provenance={"trained": True, **kept, **found},
    )


def _require_validation(simulations: Simulations) -> None:
    """Refuse, before hours of training, a set whose validation split has no R^2."""
    n_validation = len(split_simulations(len(simulations.parameters), split="validation"))
    if n_validation < 2:
        raise InputError(
            f"{len(simulations.parameters)} simulations leave {n_validation} for validation. "
            "At least two are needed to score a network: use a set of 40 or more."
        )


def _train(
    network: nn.Module,
    training: Examples,
    validation: Examples,
    settings: Settings,
    checkpoint: Path,
    identity: dict[str, Any],
) -> Curve:
    """Train, from the checkpoint where it is of this very training, and return the learning curve."""
    state = read_checkpoint(checkpoint, identity=identity)
    done = len(state["curve"]) if state else 0
    with progress(settings.epochs, "epochs", done=done) as advance:

        def after_epoch(state: State) -> None:
            write_checkpoint(state, checkpoint, identity=identity)
            advance(f"validation loss {state['curve'][-1]['validation_loss']:.3f}")

        state = train(network, training, validation, settings=settings, state=state, after_epoch=after_epoch)
    curve: Curve = state["curve"]
    return curve


def examples_of(simulations: Simulations, split: Split) -> Examples:
    """Return the standardised maps and scaled parameters of a split."""
    positions = maps_of(split_simulations(len(simulations.parameters), split=split))
    inputs = simulations.standardised(positions, simulations.moments)
    truth = scale_parameters(simulations.parameters[positions // MAPS_PER_SIMULATION])
    return Examples(torch.from_numpy(inputs), torch.from_numpy(truth.astype(np.float32)))


def _r2(network: nn.Module, examples: Examples, batch_size: int) -> dict[str, float]:
    """Return R^2 of each parameter, which no scaling of the parameter changes."""
    device = str(examples.maps.device.type)
    batch = BatchSize(batch_size, say=logger.warning)
    answers = run_network(network, examples.maps, batch_size=batch, device=device).double().numpy()
    truth, (mean, std) = examples.truth.cpu().double().numpy(), np.split(answers, 2, axis=1)
    columns = range(len(PARAMETERS))
    return {
        name: round(scores(truth[:, column], mean[:, column], std[:, column]).r2, 4)
        for name, column in zip(PARAMETERS, columns, strict=True)
    }

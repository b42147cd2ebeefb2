"""Stage training: train a network on one suite and field, and publish it. Rules ``training`` and ``publish``.

Outputs: ``{model}.pt`` and ``{model}.json``, a model file as the stage models takes it, and ``{model}.csv``, one row an
epoch. A checkpoint beside them, removed at the end, lets a stopped training go on.
"""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from tqdm import tqdm

from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import scale_parameters, standardise
from repshift.recording.devices import choose_device, reproducible
from repshift.recording.passes import run_network
from repshift.stages.arguments import add_network, add_simulations, add_torch
from repshift.statistics.scores import scores
from repshift.statistics.selection import maps_of, split_simulations
from repshift.storage.maps import Simulations, open_simulations
from repshift.storage.models import CMD_NETWORK, Description, read_checkpoint, read_model, write_checkpoint, write_model
from repshift.storage.tables import write_table
from repshift.training.loop import Examples, Settings, State, lowest, train
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS, InputError, Split

logger = logging.getLogger(__name__)

_PIECE = 150


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two actions of the stage."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    trainer = actions.add_parser("train", help="train a network")
    trainer.set_defaults(run=run)
    add_simulations(trainer)
    add_network(trainer)
    add_torch(trainer)
    trainer.add_argument("--device", choices=("auto", "cpu", "cuda"), required=True, help="where torch computes")
    trainer.add_argument("--epochs", type=int, required=True, help="passes over the training maps, at most")
    trainer.add_argument("--learning-rate", type=float, required=True, help="highest rate of the schedule")
    trainer.add_argument("--weight-decay", type=float, required=True, help="of AdamW")
    trainer.add_argument("--patience", type=int, required=True, help="epochs without a lower validation loss")
    trainer.add_argument("--checkpoint", type=Path, required=True, help="state to go on from; removed at the end")
    trainer.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")
    trainer.add_argument("--output-curve", type=Path, required=True, help=".csv to write, one row an epoch")
    publisher = actions.add_parser("publish", help="copy a trained model to where the configuration looks for it")
    publisher.set_defaults(run=publish)
    publisher.add_argument("--weights", type=Path, required=True, help=".pt of the trained model")
    publisher.add_argument("--output", type=Path, required=True, help=".pt to write, its .json beside it")


def run(
    *,
    maps: Path,
    parameters: Path,
    measured: Path,
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
    checkpoint: Path,
    output: Path,
    output_curve: Path,
) -> None:
    """Train on the training split, stop by the validation split, write the best network and its provenance."""
    simulations = open_simulations(maps, parameters, measured)
    measures = simulations.measured
    _require_validation(simulations)
    settings = Settings(epochs, batch_size, learning_rate, weight_decay, patience, seed)
    arguments: dict[str, Any] = {"hidden": hidden, "dropout": dropout, "channels": 1, "size": measures.size}
    provenance: dict[str, Any] = {
        "trained": True,
        "settings": asdict(settings),
        "maps_sha256": measures.sha256,
    }
    target = choose_device(device)
    with reproducible(threads=threads):
        torch.manual_seed(seed)
        network = CMDNetwork(**arguments).to(target)
        training, validation = (_examples(simulations, field, split).to(target) for split in ("train", "validation"))
        logger.info("%s %s: %d maps on %s", field, suite, len(training.maps), target)
        identity = {**provenance, "arguments": arguments, "field": field}

        state = read_checkpoint(checkpoint, identity=identity)
        done = len(state["curve"]) if state else 0
        with tqdm(total=epochs, initial=done, desc=f"{field} {suite}", unit="epoch", disable=None) as bar:

            def after_epoch(state: State) -> None:
                write_checkpoint(state, checkpoint, identity=identity)
                logger.info("epoch %d of %d: %s", len(state["curve"]), epochs, state["curve"][-1])
                bar.update()

            state = train(network, training, validation, settings=settings, state=state, after_epoch=after_epoch)
        r2 = _r2(network, validation, batch_size)
    curve = state["curve"]
    provenance |= {
        "n_training_maps": len(training.maps),
        "n_validation_maps": len(validation.maps),
        "epochs": len(curve),
        "validation_loss": lowest(curve),
        "validation_r2": r2,
        "torch": torch.__version__,
    }
    description = Description(suite, field, CMD_NETWORK, arguments, tuple(network.layers), measures.moments, provenance)
    write_table(pd.DataFrame(curve), output_curve)
    write_model(network, output, description=description)
    checkpoint.unlink(missing_ok=True)
    logger.info("%s: validation loss %.3f, R^2 %s", output, lowest(curve), r2)


def publish(*, weights: Path, output: Path) -> None:
    """Copy a trained model, once it proved whole, to the place that the configuration names."""
    network, description = read_model(weights)
    write_model(network, output, description=description)
    logger.info("%s: from %s", output, weights)


def _require_validation(simulations: Simulations) -> None:
    """Refuse, before hours of training, a set whose validation split has no R^2."""
    n_validation = len(split_simulations(len(simulations.parameters), split="validation"))
    if n_validation < 2:
        raise InputError(
            f"{len(simulations.parameters)} simulations leave {n_validation} for validation. "
            "At least two are needed to score a network: use a set of 40 or more."
        )


def _examples(simulations: Simulations, field: str, split: Split) -> Examples:
    """Return the standardised maps and scaled parameters of a split."""
    positions = maps_of(split_simulations(len(simulations.parameters), split=split))
    moments = simulations.measured.moments
    inputs = np.empty((len(positions), 1, *simulations.maps.shape[1:]), dtype=np.float32)
    for start in range(0, len(positions), _PIECE):
        piece = slice(start, start + _PIECE)
        chosen = positions[piece]
        inputs[piece, 0] = standardise(simulations.maps[chosen], field, moments=moments, positions=chosen)
    truth = scale_parameters(simulations.parameters[positions // MAPS_PER_SIMULATION])
    return Examples(torch.from_numpy(inputs), torch.from_numpy(truth.astype(np.float32)))


def _r2(network: nn.Module, examples: Examples, batch_size: int) -> dict[str, float]:
    """Return R^2 of each parameter, which no scaling of the parameter changes."""
    device = str(examples.maps.device.type)
    answers = run_network(network, examples.maps, batch_size=batch_size, device=device).double().numpy()
    truth, (mean, std) = examples.truth.cpu().double().numpy(), np.split(answers, 2, axis=1)
    columns = range(len(PARAMETERS))
    return {
        name: round(scores(truth[:, column], mean[:, column], std[:, column]).r2, 4)
        for name, column in zip(PARAMETERS, columns, strict=True)
    }

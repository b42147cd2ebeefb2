"""Train the networks of a configuration on galaxies that it draws: ``python -m galaxies.train CONFIGURATION``.

The sets Train and Validation of a model's suite are drawn by their seed, as a run would make them, but stay in memory.
Writes the weights where the configuration looks for them, and a .json beside them that says what trained them.
"""

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skies.training import draw_images, ranges, turned, write_weights
from torch import Tensor, nn
from torch.nn.functional import gaussian_nll_loss

from repshift.storage.constructors import construct
from repshift.storage.functions import Constructor
from repshift.study.configuration import Study
from repshift.study.generation import generator_of
from repshift.study.reading import read_study, read_yaml
from repshift.vocabulary import InputError

logger = logging.getLogger("galaxies.train")


@dataclass(frozen=True)
class Settings:
    """How a network is trained: AdamW, one cycle of the learning rate, images turned and flipped at random."""

    epochs: int = 25
    settled: float = 0.2
    """Share of the epochs, at the end, in which batch normalisation keeps its averages: those of a batch scatter, and
    the network would take that for an uncertainty of its outputs."""
    batch_size: int = 50
    learning_rate: float = 3e-3
    """At the top of its cycle."""
    weight_decay: float = 1e-3
    largest_gradient: float = 1.0
    """Norm that the gradient of a batch is cut to: a galaxy many of its small deviations away has a steep one."""
    seed: int = 1
    """Draws the first weights, the order of the images and how they are turned."""


@dataclass(frozen=True)
class Sample:
    """Images as the network reads them, and their labels."""

    images: Tensor
    """(n, bands, y, x) float32, after the preprocessing of the model."""
    labels: Tensor
    """(n, labels) float32, in the order and units of the network's outputs."""


def draw_sample(study: Study, model: str, set_name: str, *, processes: int = 1) -> Sample:
    """Draw a set of a model's suite; errors as `draw_images`."""
    network = study.models[model].network
    outputs = network.outputs or () if network else ()
    images, rows = draw_images(study, model, set_name, processes=processes)
    labels = [[float(row[name]) for name in outputs] for row in rows]
    return Sample(torch.from_numpy(images), torch.tensor(labels, dtype=torch.float32))


def loss_of(network: nn.Module, sample: Sample) -> Tensor:
    """Return the mean negative log likelihood of Gaussians, without its constant, in the spread of the labels."""
    mean, deviation = network(sample.images).chunk(2, dim=1)
    scale = network.get_buffer("scale")
    return gaussian_nll_loss(mean / scale, sample.labels / scale, (deviation / scale) ** 2)


def batches(sample: Sample, size: int) -> Iterator[Sample]:
    """Yield a sample in random order and turned at random, in batches of one size; what is left over is left out."""
    for chosen in torch.randperm(len(sample.images)).split(size):
        if len(chosen) == size:
            yield Sample(turned(sample.images[chosen], int(torch.randint(8, ()))), sample.labels[chosen])


def set_training(network: nn.Module, *, settled: bool) -> None:
    """Set a network to its training mode, except batch normalisation where it is ``settled``."""
    network.train()
    for module in network.modules():
        if settled and isinstance(module, nn.BatchNorm2d):
            module.eval()


def validate(network: nn.Module, sample: Sample) -> tuple[float, list[float], list[float]]:
    """Return the loss of a sample, R^2 of each label, and the standard deviation of error over predicted deviation."""
    network.eval()
    with torch.inference_mode():
        loss = float(loss_of(network, sample))
        mean, deviation = network(sample.images).chunk(2, dim=1)
    error = mean - sample.labels
    r2 = 1 - (error**2).mean(dim=0) / sample.labels.var(dim=0, correction=0)
    return loss, r2.tolist(), (error / deviation).std(dim=0).tolist()


def fit(network: nn.Module, train: Sample, validation: Sample, settings: Settings) -> dict[str, Any]:
    """Train a network in place, and return its losses by epoch, and what `validate` says of it at the end."""
    with torch.no_grad():
        network.get_buffer("centre").copy_(train.labels.mean(dim=0))
        network.get_buffer("scale").copy_(train.labels.std(dim=0))
    size = min(settings.batch_size, len(train.images))
    optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    steps = settings.epochs * (len(train.images) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=steps)
    losses: list[float] = []
    validation_losses: list[float] = []
    r2: list[float] = []
    pulls: list[float] = []
    for epoch in range(settings.epochs):
        set_training(network, settled=epoch >= settings.epochs * (1 - settings.settled))
        total = []
        for batch in batches(train, size):
            optimiser.zero_grad()
            loss = loss_of(network, batch)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), settings.largest_gradient)
            optimiser.step()
            schedule.step()
            total.append(float(loss.detach()))
        held, r2, pulls = validate(network, validation)
        losses.append(float(np.mean(total)))
        validation_losses.append(held)
        logger.info("epoch %d: loss %.3f, validation %.3f, R^2 %s", epoch + 1, losses[-1], held, np.round(r2, 3))
    return {"losses": losses, "validation_losses": validation_losses, "validation_r2": r2, "validation_pulls": pulls}


def train(study: Study, model: str, settings: Settings, *, processes: int = 1, weights: Path | None = None) -> Path:
    """Train one network of a configuration, and return where its weights are: in ``weights``, or where it says.

    Raises
    ------
    InputError
        The model is no network of the user's own with weights; and as `draw_sample`.
    """
    network_entry = study.models[model].network
    if network_entry is None or network_entry.weights is None:
        raise InputError(f"models.{model} has no network with weights, which are what training makes.")
    started = time.perf_counter()
    sample = draw_sample(study, model, "Train", processes=processes)
    validation = draw_sample(study, model, "Validation", processes=processes)
    logger.info("%s: %d images drawn in %.0f s", model, len(sample.images), time.perf_counter() - started)
    torch.manual_seed(settings.seed)
    folder = Path(network_entry.path) if network_entry.path else None
    network = construct(Constructor(network_entry.constructor, folder), network_entry.arguments)
    found = fit(network, sample, validation, settings)
    entry = study.models[model]
    provenance = {
        "suite": entry.suite,
        "numbers": {"Train": len(sample.images), "Validation": len(validation.images)},
        "suite_seed": study.suites[entry.suite].seed,  # type: ignore[union-attr]
        "arguments": study.suites[entry.suite].arguments,  # type: ignore[union-attr]
        "parameters": ranges(generator_of(study, entry.suite)),
        "outputs": list(network_entry.outputs or ()),
        "settings": asdict(settings),
        **found,
    }
    path = weights or Path(network_entry.weights)
    write_weights(network, path, provenance)
    logger.info("%s: trained in %.0f s, %s", model, time.perf_counter() - started, path)
    return path


def main(words: Sequence[str] | None = None) -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("configuration", type=Path, help="configuration file whose networks are trained")
    parser.add_argument("--models", nargs="+", help="networks to train; left out, all with weights")
    parser.add_argument("--epochs", type=int, default=Settings.epochs, help="passes over the training set")
    parser.add_argument("--processes", type=int, default=1, help="galaxies drawn at a time; changes no result")
    given = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    study = read_study(read_yaml(given.configuration), files=[given.configuration])
    trained = [name for name, entry in study.models.items() if entry.network and entry.network.weights]
    for model in given.models or trained:
        train(study, model, Settings(epochs=given.epochs), processes=given.processes)


if __name__ == "__main__":
    main()

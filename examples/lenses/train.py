"""Train the finder on simulated cut-outs; write its weights, and beside them where they come from.

Suite, set, size, preparation and network are those of config.yaml. From the root of the repository, with the paths of
``make train-lenses``: ``python -m lenses.train``.
"""

import argparse
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from skies.training import draw_images, ranges, turned, write_weights
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lenses.network import CLASSES, finder
from repshift.study.configuration import Study
from repshift.study.generation import generator_of
from repshift.study.preparations import preparations
from repshift.study.reading import read_study, read_yaml

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
MODEL, SET = "finder", "LH"

VALIDATION = 0.1
"""Share of the objects, the last ones, that only measure."""


@dataclass(frozen=True)
class Schedule:
    """How the network is trained: AdamW, its learning rate in one cycle up to the highest and down to nothing."""

    epochs: int = 30
    batch_size: int = 50
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    seed: int = 1


def draw_sample(study: Study, set_name: str = SET, *, n_objects: int | None = None) -> tuple[Tensor, Tensor]:
    """Return cut-outs as the network reads them, (n, band, y, x), and the places of their classes (n,)."""
    images, rows = draw_images(study, MODEL, set_name, n_objects=n_objects)
    return torch.from_numpy(images), torch.tensor([CLASSES.index(str(row["kind"])) for row in rows])


def train(
    network: nn.Module, images: Tensor, kinds: Tensor, *, schedule: Schedule, generator: torch.Generator
) -> Iterator[float]:
    """Train a network, and give the mean loss of each epoch [nats] after it."""
    n_steps = len(images) // schedule.batch_size
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.learning_rate, total_steps=schedule.epochs * n_steps
    )
    for _ in range(schedule.epochs):
        network.train()
        losses = []
        order = torch.randperm(len(images), generator=generator)[: n_steps * schedule.batch_size]
        for batch in order.split(schedule.batch_size):
            quarters, mirrored = (int(torch.randint(high, (), generator=generator)) for high in (4, 2))
            loss = cross_entropy(network(turned(images[batch], quarters + 4 * mirrored)), kinds[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cycle.step()
            losses.append(loss.item())
        network.eval()
        yield float(np.mean(losses))


@torch.inference_mode()
def scores(network: nn.Module, images: Tensor, kinds: Tensor) -> dict[str, float]:
    """Return the mean log loss [nats] and the accuracy of a network in eval mode."""
    logits = torch.cat([network(batch) for batch in images.split(200)])
    accuracy = float((logits.argmax(1) == kinds).double().mean())
    return {"log_loss": round(float(cross_entropy(logits, kinds)), 4), "accuracy": round(accuracy, 4)}


def run(
    *, configuration: Path, output: Path, schedule: Schedule, n_objects: int | None = None
) -> list[dict[str, float]]:
    """Train the network of a configuration and write its state dict and, beside it, a .json of its provenance.

    Parameters
    ----------
    configuration
        Names the model ``finder`` and the suite that it is trained on.
    output
        Where the weights go, with the ending ``.pt``.
    schedule
        How it is trained.
    n_objects
        Number of objects, the first of the set; None takes all.

    Returns
    -------
    Losses and accuracy after each epoch.
    """
    torch.set_num_threads(1)
    study = read_study(read_yaml(configuration), files=[configuration])
    suite, prepared = study.models[MODEL].suite, preparations(study, MODEL)
    drawn = generator_of(study, suite)
    logger.info("making the cut-outs of %s", suite)
    images, kinds = draw_sample(study, n_objects=n_objects)
    total = len(images)
    n_train = total - round(VALIDATION * total)
    torch.manual_seed(schedule.seed)
    network = finder()
    generator = torch.Generator().manual_seed(schedule.seed)
    epochs = []
    for loss in train(network, images[:n_train], kinds[:n_train], schedule=schedule, generator=generator):
        epochs.append({"training_loss": round(loss, 4), **scores(network, images[n_train:], kinds[n_train:])})
        logger.info("epoch %d: %s", len(epochs), epochs[-1])
    maps = {"suite": suite, "set": SET, "n_train": n_train, "n_validation": total - n_train}
    maps |= {"seed": drawn.seed, "arguments": json.loads(drawn.arguments)}
    maps |= {"arcsinh": [one.chosen.arcsinh for one in prepared]}
    maps |= {"parameters": ranges(drawn)}
    write_weights(network, output, {"maps": maps, "schedule": asdict(schedule), "epochs": epochs})
    return epochs


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configuration", type=Path, default=HERE / "config.yaml", help="what is trained on what")
    parser.add_argument("--output", type=Path, default=HERE / "weights" / "finder.pt", help="file of the weights")
    parser.add_argument("--objects", type=int, help="number of objects; left out, all of the set")
    parser.add_argument("--epochs", type=int, default=Schedule().epochs, help="passes over the training objects")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    run(
        configuration=given.configuration,
        output=given.output,
        schedule=Schedule(epochs=given.epochs),
        n_objects=given.objects,
    )


if __name__ == "__main__":
    main()

"""The training loop: epochs, early stopping, and a state from which it goes on as if it had never stopped."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from repshift.training.augmentation import augment
from repshift.training.loss import moment_loss
from repshift.vocabulary import InputError

State = dict[str, Any]
"""Everything that training needs to go on after an epoch: tensors, numbers and lists only."""


Curve = list[dict[str, float]]
"""A row an epoch: epoch, learning_rate, training_loss, validation_loss."""


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes
    ----------
    epochs
        Passes over the training maps, at most.
    batch_size
        Maps of one step; those left over at the end of an epoch wait for the next shuffle.
    learning_rate
        Highest rate of the one-cycle schedule.
    weight_decay
        Of AdamW.
    patience
        Epochs without a lower validation loss after which training stops.
    seed
        Draws the first weights, the order of the maps and their symmetries.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int
    seed: int


@dataclass(frozen=True)
class Examples:
    """Maps (n_maps, channels, size, size), standardised, and their parameters (n_maps, 6), scaled to [0, 1]."""

    maps: Tensor
    truth: Tensor

    def to(self, device: torch.device) -> "Examples":
        """Return the examples on a device."""
        return Examples(self.maps.to(device), self.truth.to(device))


def train(
    network: nn.Module,
    training: Examples,
    validation: Examples,
    *,
    settings: Settings,
    state: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> State:
    """Train until the last epoch or until the validation loss has not fallen for `patience` epochs.

    Parameters
    ----------
    network
        On the device of the examples; trained in place, left with the weights of the best epoch.
    training, validation
        Examples of different simulations.
    settings
        How to train.
    state
        A state that `after_epoch` was given; training goes on from there. None starts again.
    after_epoch
        Called with the state after every epoch.

    Returns
    -------
    The last state: ``curve`` holds one row an epoch (epoch, learning_rate, training_loss, validation_loss), ``best``
    the weights of the epoch of lowest validation loss.

    Raises
    ------
    InputError
        If a loss is no longer finite; names the epoch.

    Notes
    -----
    AdamW with betas (0.5, 0.999) as CMD's networks were trained, under a one-cycle learning rate (Smith & Topin 2018,
    arXiv 1708.07120). Epoch e draws from a generator seeded by (seed, e): a resumed run repeats an unbroken one.
    """
    optimiser, schedule = _optimiser(network, len(training.maps), settings)
    state = state or {"curve": [], "best": copy.deepcopy(network.state_dict())}
    if state["curve"]:
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
    while not _finished(state["curve"], settings):
        epoch = len(state["curve"])
        learning_rate = schedule.get_last_lr()[0]
        training_loss = _run_epoch(network, training, optimiser, schedule, settings=settings, epoch=epoch)
        validation_loss = evaluate(network, validation, batch_size=settings.batch_size)
        _require_finite(training_loss, validation_loss, epoch=epoch + 1)
        improved = validation_loss < lowest(state["curve"])
        row = {
            "epoch": epoch + 1,
            "learning_rate": learning_rate,
            "training_loss": training_loss,
            "validation_loss": validation_loss,
        }
        state = {
            "curve": [*state["curve"], row],
            "best": copy.deepcopy(network.state_dict()) if improved else state["best"],
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
        }
        after_epoch(state)
    network.load_state_dict(state["best"])
    return state


def evaluate(network: nn.Module, examples: Examples, *, batch_size: int) -> float:
    """Return the loss over all examples together, in evaluation mode."""
    network.eval()
    with torch.inference_mode():
        answers = torch.cat([network(maps) for maps in examples.maps.split(batch_size)])
        return float(moment_loss(answers, examples.truth))


def lowest(curve: Curve) -> float:
    """Return the lowest validation loss of a curve, infinity before the first epoch."""
    return min((row["validation_loss"] for row in curve), default=math.inf)


def _finished(curve: Curve, settings: Settings) -> bool:
    if not curve:
        return False
    losses = [row["validation_loss"] for row in curve]
    since_best = len(losses) - 1 - losses.index(min(losses))
    return len(curve) >= settings.epochs or since_best >= settings.patience


def _require_finite(training_loss: float, validation_loss: float, *, epoch: int) -> None:
    if not (math.isfinite(training_loss) and math.isfinite(validation_loss)):
        raise InputError(
            f"The losses of epoch {epoch} are {training_loss} (training) and {validation_loss} (validation). "
            "Lower the learning rate; the checkpoint holds the epoch before."
        )


def _optimiser(
    network: nn.Module, n_maps: int, settings: Settings
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    steps = max(1, n_maps // settings.batch_size) * settings.epochs
    rate = settings.learning_rate
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.5, 0.999), weight_decay=settings.weight_decay)
    return optimiser, torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, cycle_momentum=False)


def _run_epoch(
    network: nn.Module,
    examples: Examples,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    *,
    settings: Settings,
    epoch: int,
) -> float:
    """Step once through the shuffled maps and return the mean loss of the batches."""
    network.train()
    rng = np.random.default_rng([settings.seed, epoch])
    torch.manual_seed(int(rng.integers(2**31)))
    order = torch.from_numpy(rng.permutation(len(examples.maps))).to(examples.maps.device)
    losses: list[float] = []
    for chosen in order.split(settings.batch_size):
        if len(chosen) < settings.batch_size and losses:
            continue
        loss = moment_loss(network(augment(examples.maps[chosen], rng)), examples.truth[chosen])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    return float(np.mean(losses))

r"""What a change of a map is to do to the outputs of a network: move an output by so much, or change the class.

A goal turns answers (n_maps, n_answers) into progress (n_ways, n_maps): 0 for the map as it is, 1 where the goal is
reached. There are several ways to reach it, up or down, or towards one class or another; any will do.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from repshift.networks.classes import OutputScale
from repshift.recording.differentiation import logits_of
from repshift.vocabulary import InputError

_MOST_CLASSES: Final = 10
"""Other classes that are tried: those with the highest answers."""


class Goal(Protocol):
    """What a change is to do."""

    def progress(self, answers: Tensor, which: Tensor) -> Tensor:
        """Return how far answers (n_maps, n_answers) of the maps at places `which` have come, (n_ways, n_maps)."""

    @property
    def n_ways(self) -> int:
        """How many ways lead there."""


@dataclass(frozen=True)
class Movement:
    """An output is to move by so much, up or down.

    Attributes
    ----------
    output
        Its place among the answers.
    start
        (n_maps,): of the maps as they are.
    distance
        How far, above 0, in the unit of the answers.
    """

    output: int
    start: Tensor
    distance: float
    n_ways: int = 2

    def progress(self, answers: Tensor, which: Tensor) -> Tensor:
        """Return the movement over the distance, up and down, (2, n_maps)."""
        moved = (answers[:, self.output] - self.start[which]) / self.distance
        return torch.stack([moved, -moved])


@dataclass(frozen=True)
class ClassChange:
    """The class of the largest answer is to be another.

    Attributes
    ----------
    own
        (n_maps,): the class of the maps as they are.
    others
        (n_ways, n_maps): the classes that are tried.
    margin
        (n_ways, n_maps): how far, as logits, each lies below the own class; above 0.
    scale
        What the answers are.
    """

    own: Tensor
    others: Tensor
    margin: Tensor
    scale: OutputScale

    @property
    def n_ways(self) -> int:
        """The classes that are tried."""
        return len(self.others)

    def progress(self, answers: Tensor, which: Tensor) -> Tensor:
        """Return the share of each margin that is gone, (n_ways, n_maps)."""
        logits, rows = logits_of(answers, self.scale), torch.arange(len(which), device=answers.device)
        margin = logits[rows, self.own[which]] - logits[rows, self.others[:, which]]
        return 1 - margin / self.margin[:, which]


@dataclass(frozen=True)
class PartOf:
    """A goal for some of its maps, which are then numbered from 0.

    Attributes
    ----------
    goal
        For all maps.
    places
        (n_maps,): of these among all.
    """

    goal: Goal
    places: Tensor

    @property
    def n_ways(self) -> int:
        """As many as of all."""
        return self.goal.n_ways

    def progress(self, answers: Tensor, which: Tensor) -> Tensor:
        """Return how far answers have come."""
        return self.goal.progress(answers, self.places[which])


def movement(answers: Tensor, output: int, distance: float) -> Movement:
    """Return the goal that an output moves by a distance, from answers (n_maps, n_answers) of the maps as they are.

    Raises
    ------
    InputError
        If the distance is no number above 0, or there is no such output.
    """
    if not 0 < distance < float("inf"):
        raise InputError(f"An output is to move by {distance}. Expected a finite number above 0.")
    if not 0 <= output < answers.shape[1]:
        raise InputError(f"The network returns {answers.shape[1]} numbers a map: there is no output {output}.")
    return Movement(output, answers[:, output].clone(), distance)


def class_change(answers: Tensor, scale: OutputScale) -> ClassChange:
    """Return the goal that the class changes, from answers (n_maps, n_answers) of the maps as they are.

    Raises
    ------
    InputError
        If two classes of a map have the same answer.
    """
    logits = logits_of(answers, scale)
    ordered = logits.sort(dim=1, descending=True, stable=True)
    kept = min(logits.shape[1], _MOST_CLASSES + 1)
    margin = (ordered.values[:, :1] - ordered.values[:, 1:kept]).T
    if not (margin > 0).all():
        first = int(torch.nonzero(~(margin > 0).all(0))[0])
        raise InputError(f"The two highest outputs for map {first} are the same, so it has no class that could change.")
    return ClassChange(ordered.indices[:, 0], ordered.indices[:, 1:kept].T.contiguous(), margin.contiguous(), scale)

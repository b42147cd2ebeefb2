"""Real maps changed by a small, constrained addition that moves an output, or enhances a layer: a dream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from repshift.attribution.ascent import Score, ascended, slope
from repshift.attribution.constraint import Constraint
from repshift.attribution.feature_maps import layer_output
from repshift.attribution.maximisation import random_maps
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.vocabulary import InputError

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class DreamGoal:
    """What a dream changes.

    Attributes
    ----------
    output
        Place of an output among those of the network explained; None: a layer.
    layer
        Layer whose root mean square activation changes; None: an output.
    direction
        Whether it rises or falls.
    """

    output: int | None = None
    layer: str | None = None
    direction: Direction = "up"

    def __post_init__(self) -> None:
        if (self.output is None) == (self.layer is None):
            raise InputError(f"A dream has an output or a layer; found {self.output} and {self.layer}.")

    def name(self, outputs: Sequence[str]) -> str:
        """Return what the goal is called: the output or the layer, and the direction."""
        return f"{self.layer if self.output is None else outputs[self.output]} {self.direction}"

    def value(self, explained: NetworkOutputs, maps: Tensor) -> Tensor:
        """Return what changes, (n_maps,), of one batch of maps; differentiable."""
        if self.output is not None:
            return explained.differentiable(maps)[:, self.output]
        return layer_output(explained, maps, str(self.layer)).square().mean((1, 2, 3)).sqrt()


@dataclass(frozen=True)
class Dream:
    """What is added to maps, and what it does.

    Attributes
    ----------
    added
        (n_maps, channels, y, x), as the network reads maps.
    before
        (n_maps,): value of what the goal is about, of the maps themselves.
    moved
        (n_maps,): change of what the goal is about.
    random
        (n_maps,): root mean square change by random additions under the same constraint, of the same size.
    """

    added: Tensor
    before: Tensor
    moved: Tensor
    random: Tensor


def dreamed(
    explained: NetworkOutputs,
    maps: Tensor,
    goal: DreamGoal,
    constraint: Constraint,
    *,
    size: float,
    steps: int,
    draws: int,
    seed: int,
) -> Dream:
    """Return what moves an output or a layer most, by additions of a fixed size to real maps.

    The first step goes along the gradient at the map itself, so nothing of it is random.

    Parameters
    ----------
    explained
        The network, with its outputs.
    maps
        (n_maps, channels, y, x): real maps that dreams start from.
    goal
        What moves.
    constraint
        What additions are held to.
    size
        Root mean square of the additions, in standard deviations of the pixels of real maps.
    steps
        Number of steps.
    draws, seed
        Random additions to each map that they are compared with, and what draws them.

    Raises
    ------
    InputError
        If torch cannot differentiate the goal by the pixels.
    """
    sign = 1.0 if goal.direction == "up" else -1.0

    def at(added: Tensor, places: Tensor) -> Tensor:
        return goal.value(explained, maps[places] + added)

    def score(added: Tensor, places: Tensor) -> Tensor:
        return sign * at(added, places)

    def project(added: Tensor) -> Tensor:
        return constraint.added(added, size)

    batch = explained.batch_size
    start = slope(torch.zeros_like(maps), score, batch_size=batch)
    added, scores = ascended(start, score, project, steps=steps, batch_size=batch)
    nothing = torch.zeros_like(maps)
    before = _values(nothing, at, batch)
    noise = random_maps(maps, draws * len(maps), seed=seed).unflatten(0, (draws, len(maps)))
    changes = torch.stack([_values(project(one), at, batch) - before for one in noise])
    return Dream(added, before, sign * scores - before, changes.square().mean(0).sqrt())


def _values(added: Tensor, at: Score, batch_size: int) -> Tensor:
    """Return the value of the goal for each map with its addition, without a gradient."""
    places = torch.arange(len(added), device=added.device)
    with torch.no_grad():
        return torch.cat([at(added[part], part) for part in places.split(batch_size)])

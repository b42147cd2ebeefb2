"""The best change of a single pixel: what one dead or hot pixel can do at most."""

from dataclasses import dataclass

import torch
from torch import Tensor

from repshift.attacks.goals import Goal
from repshift.attacks.network import NetworkOnMaps


@dataclass(frozen=True)
class Pixels:
    """The single pixels that bring a goal furthest.

    Attributes
    ----------
    channel, row, column
        (n_maps,): where each is.
    change
        (n_maps,): what is added to it.
    moved
        (n_maps,): progress of the changed map.
    """

    channel: Tensor
    row: Tensor
    column: Tensor
    change: Tensor
    moved: Tensor


def best_pixel(network: NetworkOnMaps, goal: Goal, *, start: Tensor, change: float, candidates: int) -> Pixels:
    """Return the best of those pixels that the gradient finds best, brighter or fainter by the same amount.

    Parameters
    ----------
    network, goal
        What answers the maps, and what a change is to do.
    start
        (n_ways, n_maps, channels, y, x), as of `repshift.attacks.search.gradients`.
    change
        What is added to a pixel or taken from it, above 0, in the unit of the maps.
    candidates
        Pixels of each map that are tried.

    Notes
    -----
    On a linear function the first candidate is the best one.
    """
    shape, n_maps = start.shape[2:], start.shape[1]
    strongest = start.abs().amax(0).flatten(1)
    tried = strongest.topk(min(candidates, strongest.shape[1]), dim=1).indices
    rows, moved, changes = network.places, [], []
    for place in tried.T:
        for amount in (change, -change):
            changed = torch.zeros(n_maps, strongest.shape[1], dtype=start.dtype, device=start.device)
            changed[rows, place] = amount
            moved.append(goal.progress(network.answers(changed.reshape(n_maps, *shape)), rows).amax(0))
            changes.append((place, torch.full_like(moved[-1], amount)))
    best = torch.stack(moved).argmax(0)
    chosen, added = (torch.stack(held)[best, rows] for held in zip(*changes, strict=True))
    channel, row, column = torch.unravel_index(chosen, shape)
    return Pixels(channel, row, column, added, torch.stack(moved)[best, rows])

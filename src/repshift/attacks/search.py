r"""The smallest change of a map that reaches a goal: projected gradient with bisection.

With the progress :math:`p` of a changed map and its gradient :math:`g`, the change of size :math:`\epsilon` that a
linear function would follow furthest is :math:`\epsilon\,u`, where :math:`u` is the sign of the gradient for the
largest pixel, and the gradient over its length for the root of squares. Each step goes to that point of the ball, at
the size at which the tangent plane would reach the goal,

.. math:: \epsilon' = (1 - p + \epsilon\, g \cdot u) / \max_{|v| = 1} g \cdot v .

Of all directions that were tried the one that needs the least is kept, and bisection along it, with secants, finds the
size. On a linear function the first step is exact. What is found is an upper bound: another direction may need less.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import torch
from torch import Tensor

from repshift.attacks.goals import Goal
from repshift.attacks.network import NetworkOnMaps
from repshift.attacks.norms import Norm, spread
from repshift.recording.differentiation import gradient_of

TOLERANCE: Final = 2e-3
"""Progress beyond the goal, or part of the size, to which the size is found."""

_AIM: Final = 1 + TOLERANCE / 2

_FURTHEST: Final = 4.0
"""Factor by which a step changes the size at most."""

_TRIED: Final = 2
"""Ways to the goal that are tried: those that the gradient finds shortest."""

_MOST_BISECTIONS: Final = 30
_MOST_HALVINGS: Final = 20

Progress: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Takes sizes (n,) and places of maps (n,), and returns how far the goal has come, (n,)."""


@dataclass(frozen=True)
class Changes:
    """The smallest changes that were found.

    Attributes
    ----------
    direction
        (n_maps, channels, y, x), of size 1.
    size
        (n_maps,); infinite where the goal is not reached within the bound.
    moved, moved_half
        (n_maps,): progress of the change, at least 1, and of half of it, below 1; NaN where it is not reached.
    """

    direction: Tensor
    size: Tensor
    moved: Tensor
    moved_half: Tensor


def gradients(network: NetworkOnMaps, goal: Goal) -> Tensor:
    """Return the gradient of each way to the goal by the pixels of the maps as they are, (n_ways, n_maps, c, y, x)."""
    parts = []
    for which in network.places.split(network.batch_size):
        answers, leaf = network.differentiated(torch.zeros_like(network.maps[which]), which)
        progress = goal.progress(answers, which)
        parts.append(torch.stack([gradient_of(one, leaf) for one in progress]))
    return torch.cat(parts, dim=1)


def smallest_change(
    network: NetworkOnMaps, goal: Goal, norm: Norm, *, start: Tensor, otherwise: Tensor, steps: int, bound: float
) -> Changes:
    """Return the smallest change of each map that reaches a goal.

    Parameters
    ----------
    network, goal, norm
        What answers the maps, what a change is to do, how large it is.
    start
        (n_ways, n_maps, channels, y, x), as of `gradients`.
    otherwise
        (n_maps, channels, y, x): directions of size 1 for maps without a gradient.
    steps
        Gradients that are taken beyond the first, 0 or more.
    bound
        Largest size.
    """
    way, direction, needed = _first(network, goal, norm, start, otherwise, bound)
    parts = [
        _stepped(network, goal, norm, (which, way[which], direction[which], needed[which]), steps=steps, bound=bound)
        for which in network.places.split(network.batch_size)
    ]
    direction, needed = (torch.cat([part[place] for part in parts]) for place in range(2))
    return _sized(_along(network, goal, direction), direction, needed.clamp(max=bound), bound)


def _first(
    network: NetworkOnMaps, goal: Goal, norm: Norm, start: Tensor, otherwise: Tensor, bound: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return of each map the way that the first step goes furthest on, its direction, and the size needed."""
    dual = torch.stack([norm.dual(one) for one in start])
    ways = dual.sort(dim=0, descending=True, stable=True).indices[:_TRIED]
    rows, tried = network.places, []
    for way in ways:
        most = dual[way, rows]
        direction = torch.where(spread(most > 0, otherwise), norm.steepest(start[way, rows]), otherwise)
        size = (1 / most).clamp(max=bound)
        answers = network.answers(spread(size, direction) * direction)
        tried.append((way, direction, _needed(goal.progress(answers, rows)[way, rows], size)))
    best = torch.stack([needed for _, _, needed in tried]).argmin(0)
    way, direction, needed = (torch.stack(held)[best, rows] for held in zip(*tried, strict=True))
    return way, direction, needed


def _stepped(
    network: NetworkOnMaps,
    goal: Goal,
    norm: Norm,
    state: tuple[Tensor, Tensor, Tensor, Tensor],
    *,
    steps: int,
    bound: float,
) -> tuple[Tensor, Tensor]:
    """Return the best direction of some maps of a batch after some steps, and the size needed along it."""
    which, way, direction, best = state
    kept, size, rows = direction, best.clamp(max=bound), torch.arange(len(which), device=which.device)
    for _ in range(steps):
        answers, leaf = network.differentiated(spread(size, direction) * direction, which)
        progress = goal.progress(answers, which)[way, rows]
        gradient = gradient_of(progress, leaf)
        reached = progress.detach()
        needed = _needed(reached, size)
        kept = torch.where(spread(needed < best, kept), direction, kept)
        best = torch.minimum(needed, best)
        most = norm.dual(gradient)
        wanted = (1 - reached + size * (gradient * direction).flatten(1).sum(1)) / most
        moves = most > 0
        direction = torch.where(spread(moves, direction), norm.steepest(gradient), direction)
        step = torch.where(moves, wanted, size * _FURTHEST)
        size = torch.minimum(torch.maximum(step, size / _FURTHEST), size * _FURTHEST).clamp(max=bound)
    return kept, best


def _needed(progress: Tensor, size: Tensor) -> Tensor:
    """Return the size at which a change that has come so far would reach the goal; infinite where it leads away."""
    return torch.where(progress > 0, size / progress, torch.inf)


def _along(network: NetworkOnMaps, goal: Goal, direction: Tensor) -> Progress:
    """Return how far the goal has come, by any way, along directions."""

    def progress(size: Tensor, which: Tensor) -> Tensor:
        change = spread(size, direction) * direction[which]
        return goal.progress(network.answers(change, which), which).amax(0)

    return progress


def _sized(along: Progress, direction: Tensor, first: Tensor, bound: float) -> Changes:
    """Return changes along directions at the least size that was found to reach the goal, half of which does not."""
    places = torch.arange(len(first), device=first.device)
    high, moved = torch.full_like(first, torch.inf), torch.full_like(first, torch.nan)
    half = torch.full_like(first, torch.nan)
    which, guess, most = places, first, torch.full_like(first, bound)
    for _ in range(_MOST_HALVINGS):
        high[which], moved[which] = _crossing(along, which, guess, most)
        which = which[torch.isfinite(high[which])]
        if len(which):
            half[which] = along(high[which] / 2, which)
        which = which[half[which] >= 1]
        if not len(which):
            break
        guess = most = high[which] / 2
    return Changes(direction, high, moved, half)


def _crossing(along: Progress, which: Tensor, guess: Tensor, most: Tensor) -> tuple[Tensor, Tensor]:
    """Return of some maps a size at which the goal is just reached, and how far it has come there; else infinite."""
    low, high = torch.zeros_like(guess), torch.full_like(guess, torch.inf)
    at_low, at_high = torch.zeros_like(guess), torch.full_like(guess, torch.nan)
    size = torch.minimum(guess * _AIM, most)
    active = torch.arange(len(guess), device=guess.device)
    for number in range(_MOST_BISECTIONS):
        tried = size[active]
        found = along(tried, which[active])
        reached = found >= 1
        up, down = active[reached], active[~reached]
        high[up], at_high[up] = tried[reached], found[reached]
        low[down], at_low[down] = tried[~reached], found[~reached]
        is_near = (at_high - 1 <= TOLERANCE) | (torch.isfinite(high) & (high - low <= TOLERANCE * high))
        is_out = torch.isinf(high) & (low >= most)
        active = active[~(is_near | is_out)[active]]
        if not len(active):
            break
        between = _between(low, high, at_low, at_high, halved=number % 3 == 2)
        size = torch.where(torch.isinf(high), _further(low, at_low, most), between)
    return high, at_high


def _further(low: Tensor, at_low: Tensor, most: Tensor) -> Tensor:
    """Return a larger size to try: where the chord from 0 reaches the goal, within a factor."""
    factor = (_AIM / at_low).clamp(min=1.05, max=_FURTHEST)
    return torch.minimum(low * torch.where(at_low > 0, factor, _FURTHEST), most)


def _between(low: Tensor, high: Tensor, at_low: Tensor, at_high: Tensor, *, halved: bool) -> Tensor:
    """Return a size between two to try: where the chord reaches the goal, not too near to either, or the middle."""
    chord = ((_AIM - at_low) / (at_high - at_low)).nan_to_num(0.5).clamp(0.02, 0.9)
    return low + (0.5 if halved else chord) * (high - low)

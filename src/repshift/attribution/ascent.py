r"""Maps that raise a score, held to a constraint by projection after each step.

.. math:: m_{t+1} = \mu m_t + g_t / |g_t|, \qquad x_{t+1} = P(x_t + \eta_t \, m_{t+1})

with the gradient :math:`g` of each map by itself, of root mean square 1 in each step, and the projection :math:`P` of
`repshift.attribution.constraint`. The steps :math:`\eta` fall as a cosine. As a rectified network grows in proportion
to its input, a score without a constraint has no maximum: its value would say how long one went on.
"""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

import torch
from torch import Tensor

from repshift.recording.differentiation import gradient_of, require_finite

Score: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Takes maps (n_maps, channels, y, x) and the place of each; returns what is to be raised of each, (n_maps,)."""

Projection: TypeAlias = Callable[[Tensor], Tensor]
"""Takes maps; returns those that are held to a constraint."""

_FIRST_STEP: Final = 0.5
_LAST_STEP: Final = 0.03
_MOMENTUM: Final = 0.5
"""Steps in root mean squares of a map, and the share of the last direction that is kept."""

_ROUNDING: Final = 1e-5
"""A gradient that differs less between pixels, over its own size, is the same everywhere: the rest is rounding."""


def ascended(start: Tensor, score: Score, project: Projection, *, steps: int, batch_size: int) -> tuple[Tensor, Tensor]:
    """Return maps of a large score and their scores, the best of all steps for each.

    Parameters
    ----------
    start
        (n_maps, channels, y, x): where maps start, before they are projected.
    score
        What is raised.
    project
        The constraint.
    steps
        Number of steps, 1 or more.
    batch_size
        Maps of one pass.

    Raises
    ------
    InputError
        If the score has no gradient by the pixels, or is not finite.

    Notes
    -----
    A map whose score has no gradient anywhere stays as it started.
    """
    found = [
        _of_batch(start[first : first + batch_size], first, score, project, steps)
        for first in range(0, len(start), batch_size)
    ]
    return torch.cat([maps for maps, _ in found]), torch.cat([scores for _, scores in found])


def slope(maps: Tensor, score: Score, *, batch_size: int) -> Tensor:
    """Return the gradient of the score of each map by its pixels, without its mean over them, of root mean square 1.

    It is 0 where the gradient is the same everywhere up to rounding.
    """
    return torch.cat(
        [
            _direction(maps[first : first + batch_size], _places(maps[first : first + batch_size], first), score)[0]
            for first in range(0, len(maps), batch_size)
        ]
    )


def _of_batch(start: Tensor, first: int, score: Score, project: Projection, steps: int) -> tuple[Tensor, Tensor]:
    places = _places(start, first)
    maps = project(start)
    size = (maps - maps.mean((2, 3), keepdim=True)).square().mean((1, 2, 3), keepdim=True).sqrt()
    momentum = torch.zeros_like(maps)
    best, highest = maps, torch.full((len(maps),), -math.inf, dtype=maps.dtype, device=maps.device)
    for step in range(steps + 1):
        direction, scores = _direction(maps, places, score)
        better = scores > highest
        highest = torch.where(better, scores, highest)
        best = torch.where(better[:, None, None, None], maps, best)
        momentum = _MOMENTUM * momentum + direction
        maps = project(maps + _step(step, steps) * size * momentum)
    return best, highest


def _direction(maps: Tensor, places: Tensor, score: Score) -> tuple[Tensor, Tensor]:
    """Return the normalised gradient of the score of each map, 0 where it has none, and the score."""
    leaf = maps.detach().requires_grad_()
    with torch.enable_grad():
        scores = score(leaf, places)
        gradient = gradient_of(scores, leaf, kept=False)
    require_finite(scores.detach()[:, None])
    varying = gradient - gradient.mean((2, 3), keepdim=True)
    whole, size = (one.square().mean((1, 2, 3), keepdim=True).sqrt() for one in (gradient, varying))
    return torch.where(size > _ROUNDING * whole, varying / size, 0.0), scores.detach()


def _step(step: int, steps: int) -> float:
    return _LAST_STEP + (_FIRST_STEP - _LAST_STEP) * (1 + math.cos(math.pi * step / steps)) / 2


def _places(maps: Tensor, first: int) -> Tensor:
    return torch.arange(first, first + len(maps), device=maps.device)

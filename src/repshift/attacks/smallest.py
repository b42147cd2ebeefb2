"""How little a map must change for a network to answer otherwise, and what random changes of that size do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.attacks.goals import Goal, PartOf
from repshift.attacks.network import NetworkOnMaps
from repshift.attacks.norms import NORMS, Norm, spread
from repshift.attacks.pixels import best_pixel
from repshift.attacks.search import gradients, smallest_change
from repshift.perturbation.noise import noise_of_maps

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AttackSettings:
    """How changes are searched for.

    Attributes
    ----------
    steps
        Gradients beyond the first, 0 or more.
    bound
        Largest change of a pixel, above 0; of the root of squares that of a map all of whose pixels change so.
    draws
        Random changes of each map, 1 or more.
    pixel
        What is added to a single pixel or taken from it, above 0.
    candidates
        Single pixels that are tried, 1 or more.
    """

    steps: int = 4
    bound: float = 1.0
    draws: int = 4
    pixel: float = 3.0
    candidates: int = 8


@dataclass(frozen=True)
class Smallest:
    """The smallest changes of some maps that reach a goal; norms in the order of `repshift.attacks.norms.NORMS`.

    Attributes
    ----------
    size
        (norm, n_maps), in the unit of the maps; infinite where the goal is not reached within the bound.
    of_channels
        (norm, n_maps, channels): the same norm of each channel of the change.
    moved, moved_half
        (norm, n_maps): progress of the change, at least 1, and of half of it, below 1; NaN where it is not reached.
    noise_moved
        (norm, n_maps): root of the mean squared progress, by the way that goes furthest, of random changes of the same
        size; NaN likewise.
    pixel_moved, pixel_change
        (n_maps,): progress of the best single pixel, and what is added to it.
    pixel_place
        (3, n_maps): its channel, row and column.
    """

    size: Values
    of_channels: Values
    moved: Values
    moved_half: Values
    noise_moved: Values
    pixel_moved: Values
    pixel_change: Values
    pixel_place: npt.NDArray[np.int64]


def smallest_changes(
    network: NetworkOnMaps, goal: Goal, settings: AttackSettings, *, entropy: Sequence[Sequence[int]]
) -> Smallest:
    """Return the smallest change of each map that reaches a goal, beside random changes and the best single pixel.

    Parameters
    ----------
    network, goal, settings
        What answers the maps, what a change is to do, how it is searched for.
    entropy
        Of each map, whole numbers that seed its random changes.

    Notes
    -----
    A batch of maps after the other, so that gradients and changes of one batch are held.
    """
    parts = []
    for which in network.places.split(network.batch_size):
        seeds = [entropy[place] for place in which.tolist()]
        parts.append(_of_batch(network.part(which), PartOf(goal, which), settings, seeds))
    return Smallest(
        **{name: np.concatenate([getattr(one, name) for one in parts], axis=axis) for name, axis in _OF_MAPS.items()}
    )


_OF_MAPS: Final = {
    **dict.fromkeys(("size", "of_channels", "moved", "moved_half", "noise_moved", "pixel_place"), 1),
    **dict.fromkeys(("pixel_moved", "pixel_change"), 0),
}
"""The axis of the maps in each array."""


def _of_batch(
    network: NetworkOnMaps, goal: Goal, settings: AttackSettings, entropy: Sequence[Sequence[int]]
) -> Smallest:
    """Return the smallest changes of the maps of a batch."""
    start = gradients(network, goal)
    drawn = [random_changes(network.maps, entropy, draw) for draw in range(settings.draws)]
    found = [_of_norm(network, goal, norm, settings, start, drawn) for norm in NORMS.values()]
    size, of_channels, moved, moved_half, noise_moved = (
        np.stack([_array(one) for one in held]) for held in zip(*found, strict=True)
    )
    pixels = best_pixel(network, goal, start=start, change=settings.pixel, candidates=settings.candidates)
    place = np.stack([one.cpu().numpy() for one in (pixels.channel, pixels.row, pixels.column)])
    one_pixel = (_array(pixels.moved), _array(pixels.change), place.astype(np.int64))
    return Smallest(size, of_channels, moved, moved_half, noise_moved, *one_pixel)


def random_changes(maps: Tensor, entropy: Sequence[Sequence[int]], draw: int) -> Tensor:
    """Return normal random numbers like maps (n_maps, channels, y, x), seeded by each map's own numbers."""
    return torch.from_numpy(noise_of_maps(tuple(maps.shape[1:]), entropy, draw=draw)).to(maps)


def _of_norm(
    network: NetworkOnMaps, goal: Goal, norm: Norm, settings: AttackSettings, start: Tensor, drawn: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    """Return size, sizes of channels, progress of all, of half, and of random changes, for one norm."""
    random = [norm.steepest(one) for one in drawn]
    bound = settings.bound * norm.largest(network.maps[0].numel())
    found = smallest_change(network, goal, norm, start=start, otherwise=random[0], steps=settings.steps, bound=bound)
    is_found = torch.isfinite(found.size)
    size = torch.where(is_found, found.size, torch.zeros_like(found.size))
    of_channels = torch.stack([norm.size(one) for one in found.direction.unbind(1)], dim=1) * found.size[:, None]
    moved = [goal.progress(network.answers(spread(size, one) * one), network.places).amax(0) for one in random]
    noise = torch.stack(moved).square().mean(0).sqrt()
    return found.size, of_channels, found.moved, found.moved_half, torch.where(is_found, noise, torch.nan)


def _array(values: Tensor) -> Values:
    return np.asarray(values.double().cpu().numpy())

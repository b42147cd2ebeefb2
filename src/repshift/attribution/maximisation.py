"""Activation maximisation: which map, held to a constraint, the channel of a layer responds to most."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from repshift.attribution.ascent import Score, ascended, slope
from repshift.attribution.constraint import Constraint
from repshift.attribution.feature_maps import layer_output
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.vocabulary import InputError

_BLANK = 0.01
"""Noise on a blank image, in standard deviations of the maps: without it an image that is the same everywhere stays."""


@dataclass(frozen=True)
class OptimisedMaps:
    """Maps that channels of a layer respond to most.

    Attributes
    ----------
    maps
        (n_channels, n_seeds, channels, y, x), as the network reads them.
    activations
        (n_channels, n_seeds): mean over positions.
    start
        (n_channels, n_seeds): of the random maps that these grew from, under the same constraint.
    """

    maps: Tensor
    activations: Tensor
    start: Tensor


def maximised(
    explained: NetworkOutputs,
    starts: Tensor,
    layer: str,
    channels: Sequence[int],
    constraint: Constraint,
    *,
    steps: int,
    from_blank: bool = False,
) -> OptimisedMaps:
    """Return maps of the largest mean activation of channels of a layer, from several random maps.

    Parameters
    ----------
    explained
        The network.
    starts
        (n_seeds, channels, y, x): random maps that each optimisation starts from, as of `random_maps`.
    layer, channels
        Whose mean over positions is raised.
    constraint
        What maps are held to.
    steps
        Number of steps.
    from_blank
        Whether the first step goes along the gradient at a blank image (with 1 % of noise), in place of random maps.
        Where that gradient is the same everywhere, as of a first layer without a bend near 0, it goes along the noise.

    Raises
    ------
    InputError
        If the layer has no such channel, or returns no maps of features.
    """
    _require_channels(explained, starts, layer, channels)
    score = _mean_activation(explained, layer, torch.tensor(channels).repeat_interleave(len(starts)))
    start = starts.repeat(len(channels), 1, 1, 1)
    with torch.no_grad():
        before = _in_batches(constraint.maps(start), score, explained.batch_size)
    if from_blank:
        blank = constraint.maps(torch.zeros_like(start)) + _BLANK * start
        along = slope(blank, score, batch_size=explained.batch_size)
        start = torch.where(along.any(3).any(2).any(1)[:, None, None, None], along, start)
    maps, activations = ascended(start, score, constraint.maps, steps=steps, batch_size=explained.batch_size)
    shape = (len(channels), len(starts))
    return OptimisedMaps(maps.unflatten(0, shape), activations.unflatten(0, shape), before.unflatten(0, shape))


def random_maps(like: Tensor, n_maps: int, *, seed: int) -> Tensor:
    """Return white noise (n_maps, channels, y, x) of the shape and type of real maps, the same on every device."""
    drawn = torch.randn((n_maps, *like.shape[1:]), generator=torch.Generator().manual_seed(seed), dtype=like.dtype)
    return drawn.to(like.device)


def _mean_activation(explained: NetworkOutputs, layer: str, channels: Tensor) -> Score:
    """Return the score of maps: the mean over positions of the channel that each is for."""

    def score(maps: Tensor, places: Tensor) -> Tensor:
        means = layer_output(explained, maps, layer).mean((2, 3))
        return (means * one_hot(channels[places.cpu()], means.shape[1]).to(means)).sum(1)

    return score


def _in_batches(maps: Tensor, score: Score, batch_size: int) -> Tensor:
    places = torch.arange(len(maps), device=maps.device)
    return torch.cat([score(maps[part], part) for part in places.split(batch_size)])


def _require_channels(explained: NetworkOutputs, maps: Tensor, layer: str, channels: Sequence[int]) -> None:
    with torch.no_grad():
        n_channels = layer_output(explained, maps[:1], layer).shape[1]
    bad = [channel for channel in channels if not 0 <= channel < n_channels]
    if bad or not channels:
        found = f"channel {bad[0]}" if bad else "no channel"
        raise InputError(f"Layer '{layer}' has {n_channels} channels, counted from 0; found {found}.")

"""Mean activations of channels, and how far they differ between domains, with intervals by simulation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.statistics.channel_choice import shift_of
from repshift.statistics.resampling import Interval, bootstrap_weights, percentile_interval

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ChannelNumbers:
    """Numbers of the channels that are shown.

    Attributes
    ----------
    means, mean_ends
        (n_domains, n_channels): mean activation over maps and positions, and its interval.
    shift, shift_ends
        (n_channels,): change from the own domain to the other in standard deviations over maps of the own, and its
        interval; None where there is no other.
    """

    means: Values
    mean_ends: Interval
    shift: Values | None
    shift_ends: Interval | None


def channel_numbers(domains: list[Values], *, n_resamples: int, seed: int) -> ChannelNumbers:
    """Return the numbers of channels from mean activations (n_maps, n_channels) of one or two domains, own first.

    Each map is of another simulation. Domains are resampled by themselves.

    Raises
    ------
    InputError
        If a domain has fewer than ten maps.
    """
    weights = [
        bootstrap_weights(len(one), n_resamples=n_resamples, seed=seed + place) / len(one)
        for place, one in enumerate(domains)
    ]
    resampled = [weight @ one for weight, one in zip(weights, domains, strict=True)]
    fewest = min(map(len, domains))
    means = np.stack([one.mean(0) for one in domains])
    mean_ends = percentile_interval(np.stack(resampled, axis=1), n_simulations=fewest)
    if len(domains) == 1:
        return ChannelNumbers(means, mean_ends, None, None)
    own, other = domains
    spread = np.sqrt(
        np.maximum(weights[0] @ np.square(own - own.mean(0)) - np.square(weights[0] @ own - own.mean(0)), 0)
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # of a channel that no map of a resample moves
        shifts = (resampled[1] - resampled[0]) / spread
    return ChannelNumbers(means, mean_ends, shift_of(own, other), percentile_interval(shifts, n_simulations=fewest))

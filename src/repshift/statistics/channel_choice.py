"""Which channels of a layer are shown: of largest change between two domains, and of largest activation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Reason = Literal["shift", "activation"]
"""Why a channel is shown: its mean activation differs most between the domains, or is largest in the own domain."""


@dataclass(frozen=True)
class ChosenChannel:
    """A channel of a layer, and why it is shown."""

    channel: int
    reason: Reason


def choose_channels(own: Values, other: Values | None, *, n_channels: int) -> list[ChosenChannel]:
    """Return the channels that are shown, in turn of largest shift and of largest activation, each once.

    Parameters
    ----------
    own, other
        (n_maps, n_channels): mean activations of each map of the own domain, and of another; None: there is none, and
        all are of largest activation.
    n_channels
        At most so many.

    Raises
    ------
    InputError
        If the maps do not move any channel.
    """
    varies = np.ptp(own, axis=0) > 0
    if not varies.any():
        raise InputError(f"None of its {own.shape[1]} channels differs between the maps.")
    orders: dict[Reason, list[int]] = {"activation": _falling(own.mean(0), varies)}
    if other is not None:
        orders = {"shift": _falling(np.abs(shift_of(own, other, varies)), varies), **orders}
    chosen: dict[int, ChosenChannel] = {}
    wanted = min(n_channels, int(varies.sum()))
    while len(chosen) < wanted:
        for reason, order in orders.items():
            free = next((channel for channel in order if channel not in chosen), None)
            if free is not None and len(chosen) < wanted:
                chosen[free] = ChosenChannel(free, reason)
    return list(chosen.values())


def shift_of(own: Values, other: Values, varies: npt.NDArray[np.bool_] | None = None) -> Values:
    r"""Return how far mean activations (n_maps, n_channels) of another domain lie from those of the own, (n_channels,).

    .. math:: (\langle a' \rangle - \langle a \rangle) / \mathrm{std}(a), \text{ the deviation over maps of the own.}

    NaN where a channel does not vary.
    """
    spread = own.std(0)
    known = spread > 0 if varies is None else varies & (spread > 0)
    found = np.full(own.shape[1], np.nan)
    found[known] = (other.mean(0) - own.mean(0))[known] / spread[known]
    return found


def _falling(values: Values, varies: npt.NDArray[np.bool_]) -> list[int]:
    """Return the channels that vary, from the largest value down; of equal ones the first comes first."""
    order = np.argsort(np.where(varies, -values, np.inf), kind="stable")
    return [int(channel) for channel in order[: int(varies.sum())]]

"""A network rewritten for speed whose gradients, too, are checked against those of the network itself."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from repshift.recording.differentiation import gradient_of, rows_of
from repshift.recording.fast import Acceleration, accelerate
from repshift.recording.fusion import FusedNetwork
from repshift.recording.maps import placed
from repshift.vocabulary import InputError

TOLERANCE: Final = 1e-3
"""Largest root of the squared difference of a gradient, relative, at which a rewritten network's gradients are used.

A feature within rounding of the kink of its activation may fall on the other side, which changes gradients by more than
rounding does, at a few pixels."""


@dataclass(frozen=True)
class RewrittenNetwork:
    """A network rewritten for speed.

    Attributes
    ----------
    network
        As `repshift.recording.fast.accelerate` made it.
    has_gradients
        Whether its gradients were found to be those of the network itself.
    note
        One sentence for the log.
    """

    network: FusedNetwork
    has_gradients: bool
    note: str


def rewritten(network: nn.Module, maps: Tensor, *, device: torch.device) -> RewrittenNetwork | None:
    """Return a network in evaluation mode rewritten for speed, checked on two of some maps (n_maps, channels, y, x).

    None where it has nothing that can be rewritten, cannot be traced or recorded, or answers otherwise then.
    """
    two = maps[:2] if len(maps) > 1 else torch.cat([maps, maps / 2])
    with suppress(InputError):  # of a network that cannot be recorded, as without an activation
        found = accelerate(network, two, device=device)
        return _checked(network, found, two)
    return None


def _checked(network: nn.Module, found: Acceleration, two: Tensor) -> RewrittenNetwork | None:
    """Return a rewritten network, and whether its gradients are those of the network itself."""
    if not isinstance(found.network, FusedNetwork):
        return None
    found.network.requires_grad_(False)
    has_gradients = _difference(network, found.network, two) <= TOLERANCE
    note = found.note if has_gradients else f"{found.note} Gradients are those of the network as it is."
    return RewrittenNetwork(found.network, has_gradients, note)


def _difference(network: nn.Module, other: FusedNetwork, maps: Tensor) -> float:
    """Return the relative difference of gradients of the sum of all answers; infinite where one has none."""
    try:
        own, others = (_gradient(call, placed(network, maps)) for call in (network, other.differentiable))
    except Exception:  # whatever the code of a network raises: the plain path says it again
        return float("inf")
    return float((own - others).norm() / own.norm())


def _gradient(call: Callable[[Tensor], object], maps: Tensor) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        leaf = maps.detach().clone().requires_grad_(True)
        return gradient_of(rows_of(call(leaf)).sum(1), leaf)

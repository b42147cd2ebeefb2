"""Affine maps by channel put into a network: at its input, after the call of a layer, or at its outputs."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn


def insert(network: nn.Module, place: str, scale: Tensor, shift: Tensor) -> None:
    """Put ``scale * values + shift`` into a network, in place: it is part of its state dict and of its copies.

    `place` is ``input``, ``outputs`` or the name of a layer; scale and shift are (channels,) or (n_outputs,).
    """
    raise NotImplementedError


def insertions_of(network: nn.Module) -> list[dict[str, Any]]:
    """Return what stands in a network, as the description of a model file has it; empty where nothing does."""
    raise NotImplementedError


def rebuild(network: nn.Module, insertions: Sequence[Mapping[str, Any]]) -> None:
    """Put insertions into a network as it was built, so that a state dict fits it; their values are those of none."""
    raise NotImplementedError

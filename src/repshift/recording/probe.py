"""Layers that are none: found by recording batches of other sizes, for nothing, before the maps are recorded."""

import warnings
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from repshift.recording.batches import Forward, batch_at, maps_alone
from repshift.recording.calls import recording
from repshift.recording.layers import LayerChoice
from repshift.vocabulary import InputError


def probed(
    network: nn.Module,
    maps: Any,  # noqa: ANN401 - what gives a batch for a slice
    batch_size: int,
    choice: LayerChoice,
    device: torch.device,
    *,
    forward: Forward | None = None,
) -> LayerChoice:
    """Find layers whose first axis is as long as a batch by chance: record batches of other sizes, for nothing.

    Layers that were named are refused. Where nothing was said they are left out: a side branch is no layer.
    """
    sizes = (2, 3) if choice.is_default else ((3,) if min(batch_size, len(maps)) == 2 else (2,))
    left_out: dict[str, InputError] = {}
    kept: set[str] = set()
    how: dict[str, Any] = {"choice": choice, "left_out": left_out if choice.is_default else None}
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        for n_maps in (size for size in sizes if size <= len(maps)):
            batch = batch_at(network, maps, slice(n_maps), device, forward)
            with (
                torch.random.fork_rng(),
                recording(network, n_maps=n_maps, consume=lambda name, _output: kept.add(name), **how),
            ):
                _run(network, batch, left_out, forward or maps_alone)
    finally:
        for buffer, before in buffers:
            buffer.copy_(before)
    if left_out and kept <= left_out.keys():
        raise next(iter(left_out.values()))
    if left_out:
        names = sorted(left_out)
        what = "what they return is no representation, (n_maps, ...) of real numbers"
        warnings.warn(f"Layers {names} are left out: {what}.", stacklevel=2)
    return replace(choice, excluded=(*choice.excluded, *map(_escaped, sorted(left_out))))


def _run(network: nn.Module, batch: torch.Tensor, left_out: dict[str, InputError], forward: Forward) -> None:
    """Run a batch; where a layer was left out, it may be what does not fit a batch of this size."""
    try:
        forward(network, batch)
    except RuntimeError:
        if not left_out:
            raise


def _escaped(call: str) -> str:
    """Return the pattern that a call alone fits."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in call)

"""Feature maps: outputs of the channels of named layers, with gradients, and their means over positions."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import torch
from torch import Tensor

from repshift.attribution.network_outputs import NetworkOutputs
from repshift.recording.batches import maps_alone
from repshift.recording.calls import recording
from repshift.recording.layers import Rule, choose_layers
from repshift.recording.passes import record_layers
from repshift.vocabulary import InputError, in_short

DEPTHS: Final = 4
"""Layers that are shown where none are named, spread over depth."""


class _LayerReached(Exception):  # noqa: N818 - no error: what ends a pass
    """The layer has returned: what comes after it need not run."""


def layer_output(explained: NetworkOutputs, maps: Tensor, layer: str) -> Tensor:
    """Return the output (n_maps, channels, y, x) of a layer for one batch of maps; a gradient may pass through it.

    Layers are named as in `repshift.recording.layers`. The pass ends at the layer.

    Raises
    ------
    InputError
        If the layer is unknown, never called, or returns no maps of features.
    """
    choice = choose_layers(explained.network, [layer])
    found: list[Tensor] = []

    def take(_name: str, output: Tensor) -> None:
        found.append(output)
        raise _LayerReached

    run = explained.forward or maps_alone
    with suppress(_LayerReached), recording(explained.network, choice=choice, n_maps=len(maps), consume=take):
        run(explained.network, maps)
    if not found:
        raise InputError(f"The forward pass never made the call of layer '{layer}'.")
    _require_maps(layer, found[0].shape)
    return found[0]


def layers_with_maps(explained: NetworkOutputs, maps: Tensor, asked: Sequence[Rule] | None) -> tuple[str, ...]:
    """Return the names of layers that return maps of features, in the order of their calls.

    Parameters
    ----------
    explained
        The network.
    maps
        (n_maps, channels, y, x): the first of them is run.
    asked
        As in `repshift.recording.layers.choose_layers`; None: `DEPTHS` of those with maps larger than a pixel, the
        first and the last among them.

    Raises
    ------
    InputError
        If a layer that is named returns no maps of features, or no layer does.
    """
    shapes: dict[str, torch.Size] = {}

    def note(name: str, output: Tensor) -> None:
        shapes[name] = output.shape

    _record(explained, maps[:1], asked, note)
    if asked is not None:
        for name, shape in shapes.items():
            _require_maps(name, shape)
        return tuple(shapes)
    names = [name for name, shape in shapes.items() if len(shape) == 4 and max(shape[2:]) > 1]
    if not names:
        raise InputError(f"No layer of {in_short(list(shapes))} returns maps of features larger than a pixel.")
    places = torch.linspace(0, len(names) - 1, min(DEPTHS, len(names))).round().int().tolist()
    return tuple(names[place] for place in places)


def mean_activations(explained: NetworkOutputs, maps: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """Return the mean over positions of each channel of each layer, (n_maps, channels), of one pass without gradients.

    Raises
    ------
    InputError
        If a layer is unknown, or returns no maps of features.
    """
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}

    def take(name: str, output: Tensor) -> None:
        _require_maps(name, output.shape)
        found[name].append(output.mean((2, 3)))

    _record(explained, maps, layers, take)
    return {layer: torch.cat(means) for layer, means in found.items()}


def feature_maps(explained: NetworkOutputs, maps: Tensor, layer: str, channels: Sequence[int]) -> Tensor:
    """Return the maps of some channels of a layer, (n_maps, n_channels, y, x), without a gradient; errors as above."""
    with torch.no_grad():
        parts = [
            layer_output(explained, maps[first : first + explained.batch_size], layer)[:, list(channels)]
            for first in range(0, len(maps), explained.batch_size)
        ]
    return torch.cat(parts)


def _record(explained: NetworkOutputs, maps: Tensor, layers: Sequence[Rule] | None, consume: object) -> None:
    how = {"batch_size": explained.batch_size, "device": maps.device, "forward": explained.forward}
    record_layers(explained.network, maps, layers=layers, consume=consume, **how)  # type: ignore[arg-type]


def _require_maps(layer: str, shape: torch.Size) -> None:
    if len(shape) != 4:
        raise InputError(
            f"Layer '{layer}' returns shape {tuple(shape)}, no maps of features. Choose one that returns (n_maps, "
            "channels, y, x), as a convolution does."
        )

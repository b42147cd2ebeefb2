"""Convolutions rewritten for speed: batch norm folded in, channels_last, the activation in place."""

from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from repshift.recording.adjoint import LayerFunction, mirrored, transposed, unwrapped

_LARGE: Final = 1 << 20
"""Weights of a convolution from which folding them takes little of the time of its layer, and they much memory."""


class Workspace:
    """Memory that circular padding uses again for every convolution and batch, as large as the largest of them."""

    def __init__(self) -> None:
        self.memory: Tensor | None = None

    def take(self, maps: int, rows: int, columns: int, channels: int, *, like: Tensor) -> Tensor:
        """Return (maps, channels, rows, columns) in channels_last memory, not initialised."""
        n_values = maps * rows * columns * channels
        memory, self.memory = self.memory, None
        if memory is None or memory.numel() < n_values or (memory.device, memory.dtype) != (like.device, like.dtype):
            del memory
            memory = like.new_empty(n_values)
        self.memory = memory
        return memory[:n_values].view(maps, rows, columns, channels).permute(0, 3, 1, 2)


class FusedConvolution(nn.Module):
    """A convolution with its batch norm folded in, then LeakyReLU; a slope of 0 is ReLU, of 1 nothing.

    Input and output are (n_maps, channels, rows, columns), in channels_last memory. Neither of the two modules is
    changed. The folded weights are a second copy; where they are `_LARGE`, of layers of few pixels, they are made again
    for each batch, so that never all of them are there.
    """

    def __init__(
        self, convolution: nn.Conv2d, norm: nn.BatchNorm2d | None, *, slope: float, workspace: Workspace, kept: bool
    ) -> None:
        super().__init__()
        self.circular = convolution.padding_mode == "circular"
        self.convolution, self.slope, self.workspace = _Geometry.of(convolution), slope, workspace
        self.kept = kept or convolution.weight.numel() < _LARGE
        if self.kept:
            weight, bias = _folded(convolution, norm)
            self.weight = nn.Parameter(weight, requires_grad=False)
            self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)
        else:
            self.original, self.norm = convolution, norm
        self._mirrored: Tensor | None = None

    @property
    def weights(self) -> tuple[Tensor, Tensor | None]:
        """The weight and the bias, batch norm folded in."""
        return (self.weight, self.bias) if self.kept else _folded(self.original, self.norm)

    def forward(self, features: Tensor) -> Tensor:
        """Return the activation of the convolution; where gradients are on, one passes to the features."""
        if torch.is_grad_enabled() and features.requires_grad:
            found: Tensor = LayerFunction.apply(features, self)  # type: ignore[no-untyped-call]
            return found
        return self.activated(features)

    def activated(self, features: Tensor) -> Tensor:
        """Return the activation of the convolution, without a graph for gradients."""
        layer = self.convolution
        features = self.wrapped(features) if self.circular else features.contiguous(memory_format=torch.channels_last)
        padding = 0 if self.circular else layer.padding
        output = nn.functional.conv2d(features, *self.weights, layer.stride, padding, layer.dilation, layer.groups)
        if self.slope == 0:  # LeakyReLU makes NaN of minus infinity
            return nn.functional.relu_(output)
        return output if self.slope == 1 else nn.functional.leaky_relu_(output, self.slope)

    def adjoint(self, gradient: Tensor, size: torch.Size) -> Tensor:
        """Return the gradient by the features, of `size`, of one by what the convolution makes of them."""
        layer = self.convolution
        if layer.keeps_size(self.weights[0]):
            padding = 0 if self.circular else layer.padding
            gradient = self.wrapped(gradient) if self.circular else gradient
            return nn.functional.conv2d(gradient, self.weights_back, None, 1, padding, layer.dilation, layer.groups)
        above, left = layer.padding if self.circular else (0, 0)
        padded = (size[2] + 2 * above, size[3] + 2 * left)
        padding = (0, 0) if self.circular else layer.padding
        how: dict[str, Any] = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups}
        found = transposed(gradient, self.weights[0], padded, padding=padding, **how)
        return unwrapped(found, above, left) if self.circular else found

    @property
    def weights_back(self) -> Tensor:
        """The weight of the convolution of gradients, kept from its first use where weights are."""
        if self._mirrored is not None:
            return self._mirrored
        found = mirrored(self.weights[0], self.convolution.groups)
        if self.kept:
            self._mirrored = found
        return found

    def wrapped(self, features: Tensor) -> Tensor:
        """Return the features in the workspace, padded by those of the opposite sides."""
        above, left = self.convolution.padding
        n_maps, channels, rows, columns = features.shape
        if above > rows or left > columns:  # refused by torch, with the numbers
            return nn.functional.pad(features, (left, left, above, above), mode="circular")
        padded = self.workspace.take(n_maps, rows + 2 * above, columns + 2 * left, channels, like=features)
        padded[:, :, above : above + rows, left : left + columns] = features
        if above:
            padded[:, :, :above] = padded[:, :, rows : rows + above]
            padded[:, :, above + rows :] = padded[:, :, above : 2 * above]
        if left:
            padded[:, :, :, :left] = padded[:, :, :, columns : columns + left]
            padded[:, :, :, left + columns :] = padded[:, :, :, left : 2 * left]
        return padded


class _Geometry(NamedTuple):
    """How a convolution moves over its input."""

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int

    @classmethod
    def of(cls, convolution: nn.Conv2d) -> "_Geometry":
        padding = tuple(int(width) for width in convolution.padding)
        return cls(convolution.stride, padding, convolution.dilation, convolution.groups)

    def keeps_size(self, weight: Tensor) -> bool:
        """Return whether it moves by one pixel, and its output has the size of its input."""
        reach = [step * (side - 1) for step, side in zip(self.dilation, weight.shape[2:], strict=True)]
        return set(self.stride) == {1} and reach == [2 * width for width in self.padding]


def _folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d | None) -> tuple[Tensor, Tensor | None]:
    """Return weight, in channels_last memory, and bias of a convolution with a batch norm folded in."""
    weight, bias = convolution.weight, convolution.bias
    if norm is not None:
        fold: Any = fuse_conv_bn_weights
        weight, bias = fold(weight, bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
    return _channels_last(weight.detach()), None if bias is None else bias.detach()


def _channels_last(weight: Tensor) -> Tensor:
    """Return a copy whose strides say channels_last even where there is one channel, so that outputs follow them."""
    return torch.empty_like(weight, memory_format=torch.channels_last).copy_(weight)

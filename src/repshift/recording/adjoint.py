"""Gradients through rewritten convolutions: by their input alone, each by one convolution with the same weights.

A convolution that moves by one pixel and keeps the size of its input has, for its gradient, a convolution with mirrored
weights whose channels in and out are exchanged; where its padding is circular, so is that of the gradient. All others
are transposed, and what circular padding had copied is added to where it came from.
"""

from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Layer(Protocol):
    """A convolution, and the activation after it."""

    slope: float

    def activated(self, features: Tensor) -> Tensor:
        """Return the activation of the convolution, without a graph."""

    def adjoint(self, gradient: Tensor, size: torch.Size) -> Tensor:
        """Return the gradient by the features, of `size`, of one by what the convolution makes of them."""


class LayerFunction(torch.autograd.Function):
    """A layer through which a gradient may pass, once."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, layer: Layer) -> Tensor:  # noqa: ANN401 - torch's own
        """Return the activation of features (n_maps, channels, rows, columns)."""
        activation = layer.activated(features)
        ctx.layer, ctx.size = layer, features.shape
        if layer.slope != 1:  # else others may change it in place, as where a residual is added
            ctx.save_for_backward(activation)
        return activation

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401 - torch's own
        """Return the gradient by the features, of one by the activation."""
        layer: Layer = ctx.layer
        found = gradient.contiguous(memory_format=torch.channels_last)
        if layer.slope != 1:
            found = torch.ops.aten.leaky_relu_backward(found, *ctx.saved_tensors, layer.slope, True)
        return layer.adjoint(found, ctx.size), None


def mirrored(weight: Tensor, groups: int) -> Tensor:
    """Return weights (out, in of a group, y, x) of the convolution of gradients, in channels_last memory."""
    width, before, *kernel = weight.shape
    split = weight.reshape(groups, width // groups, before, *kernel).transpose(1, 2)
    found = split.reshape(groups * before, width // groups, *kernel).flip(2, 3)
    return torch.empty_like(found, memory_format=torch.channels_last).copy_(found)


def transposed(
    gradient: Tensor,
    weight: Tensor,
    size: tuple[int, int],
    *,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Tensor:
    """Return the gradient by an input of `size` pixels of a convolution, of one by its output."""
    rest = []
    for axis, pixels in enumerate(size):
        reach = dilation[axis] * (weight.shape[2 + axis] - 1) + 1
        reached = (gradient.shape[2 + axis] - 1) * stride[axis] - 2 * padding[axis] + reach
        rest.append(pixels - reached)
    return nn.functional.conv_transpose2d(gradient, weight, None, stride, padding, rest, groups, dilation)


def unwrapped(padded: Tensor, above: int, left: int) -> Tensor:
    """Return the gradient by features of one by the same, padded by those of the opposite sides."""
    rows, columns = padded.shape[2] - 2 * above, padded.shape[3] - 2 * left
    whole = padded[..., left : left + columns].clone()
    if left:
        whole[..., columns - left :] += padded[..., :left]
        whole[..., :left] += padded[..., left + columns :]
    found = whole[:, :, above : above + rows].clone()
    if above:
        found[:, :, rows - above :] += whole[:, :, :above]
        found[:, :, :above] += whole[:, :, above + rows :]
    return found

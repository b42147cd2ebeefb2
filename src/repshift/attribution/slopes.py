r"""Slopes of calls between a baseline and a map, which DeepLIFT puts in place of their derivatives.

Of a function :math:`f` of one unit it is the rescale rule, with :math:`x` of the map and :math:`b` of the baseline

.. math:: m = \frac{f(x) - f(b)}{x - b}, \qquad m = f'(x) \; \text{where} \; |x - b| < 10^{-10}.

Of a maximum over a window, :math:`y` of the map and :math:`y_b` of the baseline, the part
:math:`\max(y, y_b) - y_b` goes to the unit that is the largest of the map, and :math:`y - \max(y, y_b)` to that of the
baseline. Of a smooth function of several units it is the mean gradient on the straight path from :math:`b` to
:math:`x`, of which the rescale rule is the case of one unit.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from repshift.attribution.rules import Call, Change, Compute, slope_of
from repshift.statistics.quadrature import gauss_legendre

_SMALLEST: Final = 1e-10
"""Difference of an input below which its derivative is taken: that of captum."""

_NODES: Final = 32
"""Of Gauss-Legendre, for functions of several units: log odds that differ by 20 are then right to 1e-6."""


def rescaled(call: Call, before: Tensor) -> Compute:
    """Return the rescale rule of an elementwise call, with its input `before` at the baseline."""

    def compute(value: Tensor) -> tuple[Tensor, Change]:
        output, difference = call.of(value), value - before
        slope = (output - call.of(before)) / difference
        near = difference.abs() < _SMALLEST
        if near.any():
            derivative = slope_of(call, value)
            # a root has none at 0, where the contribution is 0 whatever stands here
            slope = torch.where(near, derivative.where(derivative.isfinite(), 0.0), slope)
        return output, lambda gradient: gradient * slope

    return compute


def averaged(call: Call, before: Tensor) -> Compute:
    """Return the mean gradient of a smooth call between its input `before` at the baseline and that of the map."""

    def compute(value: Tensor) -> tuple[Tensor, Change]:
        def change(gradient: Tensor) -> Tensor:
            total = torch.zeros_like(value)
            for place, weight in zip(*gauss_legendre(_NODES), strict=True):
                with torch.enable_grad():
                    leaf = (before + place * (value - before)).requires_grad_()
                    (found,) = torch.autograd.grad(call.of(leaf), leaf, gradient)
                total += weight * found
            return total

        return call.of(value), change

    return compute


def largest(call: Call, before: Tensor) -> Compute:
    """Return the rule of a maximum, with its input `before` at the baseline."""
    chosen = _over_axes if call.name == "amax" else _over_windows

    def compute(value: Tensor) -> tuple[Tensor, Change]:
        (output, spread), (output_before, spread_before) = chosen(call, value), chosen(call, before)
        top = torch.maximum(output, output_before)
        difference = value - before

        def change(gradient: Tensor) -> Tensor:
            parts = spread(gradient * (top - output_before)) + spread_before(gradient * (output - top))
            return torch.where(difference.abs() < _SMALLEST, spread(gradient), parts / difference)

        return output, change

    return compute


def _over_windows(call: Call, value: Tensor) -> tuple[Tensor, Change]:
    """Return the output of a max pooling, and what puts numbers in its shape where the largest units are."""
    n_axes = int(call.name[-2])
    named = {name: each for name, each in call.named.items() if name != "return_indices"}
    pool = getattr(functional, f"{call.name}_with_indices")
    output, places = pool(value, *call.given[1:], **named)

    def spread(numbers: Tensor) -> Tensor:
        flat = torch.zeros_like(value).flatten(-n_axes)
        return flat.scatter_add(-1, places.flatten(-n_axes), numbers.flatten(-n_axes)).reshape(value.shape)

    return output, spread


def _over_axes(call: Call, value: Tensor) -> tuple[Tensor, Change]:
    """Return the maximum over axes, and what puts numbers in its shape where the first of the largest units is."""
    output = call.of(value)
    axes = _axes_of(call, value.ndim)
    kept = value.amax(dim=axes, keepdim=True)
    last = value.movedim(axes, tuple(range(-len(axes), 0)))
    flat = last.flatten(-len(axes))
    place = flat.argmax(dim=-1, keepdim=True)

    def spread(numbers: Tensor) -> Tensor:
        rows = numbers.reshape(kept.shape).movedim(axes, tuple(range(-len(axes), 0))).reshape(place.shape)
        found = torch.zeros_like(flat).scatter_add(-1, place, rows).reshape(last.shape)
        return found.movedim(tuple(range(-len(axes), 0)), axes)

    return output, spread


def _axes_of(call: Call, n_axes: int) -> tuple[int, ...]:
    given = call.named.get("dim", call.given[1] if len(call.given) > 1 else ())
    axes = (given,) if isinstance(given, int) else tuple(given)
    return tuple(axis % n_axes for axis in axes) or tuple(range(n_axes))

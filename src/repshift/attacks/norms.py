"""How large a change of a map is: its largest pixel, or the root of the sum of its squares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor


@dataclass(frozen=True)
class Norm:
    """A norm of changes (n_maps, channels, y, x).

    Attributes
    ----------
    name, label
        In files, and in figures.
    long_name
        What its size is.
    size
        Of each change, (n_maps,), in the unit of the pixels.
    dual
        Of gradients: the most that a change of size 1 moves a linear function by, (n_maps,).
    steepest
        Of gradients: the change of size 1 that moves a linear function so far; 0 where the gradient is.
    largest
        Size of the change, of some number of pixels, whose pixels are all 1.
    """

    name: str
    label: str
    long_name: str
    size: Callable[[Tensor], Tensor]
    dual: Callable[[Tensor], Tensor]
    steepest: Callable[[Tensor], Tensor]
    largest: Callable[[int], float]

    def unit(self, change: Tensor) -> Tensor:
        """Return changes scaled to size 1; those of size 0 as they are."""
        size = spread(self.size(change), change)
        return change / torch.where(size > 0, size, torch.ones_like(size))


def spread(values: Tensor, maps: Tensor) -> Tensor:
    """Return values (n_maps,) with the axes of maps (n_maps, ...), each of length 1."""
    return values.reshape(-1, *[1] * (maps.ndim - 1))


def _root_of_squares(maps: Tensor) -> Tensor:
    return maps.flatten(1).square().sum(1).sqrt()


def _of_unit_length(gradient: Tensor) -> Tensor:
    length = spread(_root_of_squares(gradient), gradient)
    return gradient / torch.where(length > 0, length, torch.ones_like(length))


LARGEST_PIXEL: Final = Norm(
    name="linf",
    label=r"$L_\infty$",
    long_name="largest change of a pixel",
    size=lambda change: change.flatten(1).abs().amax(1),
    dual=lambda gradient: gradient.flatten(1).abs().sum(1),
    steepest=torch.sign,
    largest=lambda _n_pixels: 1.0,
)

ROOT_OF_SQUARES: Final = Norm(
    name="l2",
    label=r"$L_2$",
    long_name="root of the sum of the squared changes of all pixels",
    size=_root_of_squares,
    dual=_root_of_squares,
    steepest=_of_unit_length,
    largest=lambda n_pixels: float(n_pixels) ** 0.5,
)

NORMS: Final = {norm.name: norm for norm in (LARGEST_PIXEL, ROOT_OF_SQUARES)}
"""By name."""

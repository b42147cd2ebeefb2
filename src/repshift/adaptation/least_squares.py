r"""The least-squares linear map from one set of features to another, for several sets of maps at once.

Features of y rows and x columns that become as many or fewer are taken block by block: the map is a convolution whose
kernel is its stride. Rows and columns left over, as of a convolution without padding, are cut off on both sides. Others
that agree in all but their last axis are taken place by place.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Values = npt.NDArray[np.float64]

_MOST_NUMBERS: Final = 1 << 22
"""Numbers of products of single maps that are held at a time."""

_SMALLEST: Final = 1e-12
"""Eigenvalue of the covariance, relative to the largest, below which a direction of the features says nothing."""


@dataclass(frozen=True)
class Geometry:
    """How features become others: by blocks of pixels, or place by place.

    Attributes
    ----------
    block
        Rows and columns of a block; None: place by place.
    n_inputs, n_outputs
        Numbers that go into each place of the output, and that come out.
    places
        Places of one map.
    inside
        First row and column of the blocks, and how many rows and columns they take; None: all.
    """

    block: tuple[int, int] | None
    n_inputs: int
    n_outputs: int
    places: int
    inside: tuple[tuple[int, int], tuple[int, int]] | None = None

    def rows(self, source: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
        """Return features as (n_maps, places, n_inputs) and (n_maps, places, n_outputs)."""
        n = len(source)
        if self.block is None:
            return source.reshape(n, self.places, -1), end.reshape(n, self.places, -1)
        rows, columns = end.shape[2:]
        blocks = self.cut(source).reshape(n, source.shape[1], rows, self.block[0], columns, self.block[1])
        inputs = blocks.permute(0, 2, 4, 1, 3, 5).reshape(n, self.places, self.n_inputs)
        return inputs, end.permute(0, 2, 3, 1).reshape(n, self.places, self.n_outputs)

    def cut(self, source: Tensor) -> Tensor:
        """Return features (n_maps, channels, y, x) without the rows and columns that are left over."""
        if self.inside is None:
            return source
        (first, left), (rows, columns) = self.inside
        return source[:, :, first : first + rows, left : left + columns]


class LinearMap(nn.Module):
    """The same linear map of every block of pixels, or of every place.

    Parameters
    ----------
    geometry
        What goes in and comes out.
    weight, bias
        (n_outputs, n_inputs) and (n_outputs,); copied.
    """

    def __init__(self, geometry: Geometry, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.block, self.geometry = geometry.block, geometry
        shape = (geometry.n_outputs, geometry.n_inputs) if self.block is None else (geometry.n_outputs, -1, *self.block)
        self.weight = nn.Parameter(weight.detach().clone().reshape(shape))
        self.bias = nn.Parameter(bias.detach().clone())

    def forward(self, features: Tensor) -> Tensor:
        """Return the map of features (n_maps, channels, y, x), or (n_maps, ..., n_inputs)."""
        if self.block is None:
            return nn.functional.linear(features, self.weight, self.bias)
        return nn.functional.conv2d(self.geometry.cut(features), self.weight, self.bias, stride=self.block)


def geometry_of(source: tuple[int, ...], end: tuple[int, ...]) -> Geometry | None:
    """Return how features of one shape become those of another, None where neither way does; without the axis of maps.

    Examples
    --------
    >>> geometry_of((8, 64, 64), (16, 32, 32)).n_inputs
    32
    """
    if len(source) == len(end) == 3 and all(one >= other for one, other in zip(source[1:], end[1:], strict=True)):
        block = (source[1] // end[1], source[2] // end[2])
        taken = (block[0] * end[1], block[1] * end[2])
        first = ((source[1] - taken[0]) // 2, (source[2] - taken[1]) // 2)
        inside = None if taken == source[1:] else (first, taken)
        return Geometry(block, source[0] * block[0] * block[1], end[0], end[1] * end[2], inside)
    if len(source) != 3 and len(source) == len(end) and source[:-1] == end[:-1]:
        return Geometry(None, source[-1], end[-1], int(np.prod(end[:-1], dtype=np.int64)))
    return None


def refusal_of_linear(source: tuple[int, ...], end: tuple[int, ...], *, n_maps: int) -> str:
    """Return why no linear map of features of some maps stands for others, as words after "it"; empty: one does."""
    geometry = geometry_of(source, end)
    if geometry is None:
        return f"makes {end} of features {source}, which no map of blocks of pixels, or of places, does"
    places = n_maps * geometry.places
    if places < geometry.n_inputs + 1:
        return f"needs {geometry.n_inputs + 1} coefficients of each output, more than {places} places of {n_maps} maps"
    return ""


def refusal_of_identity(source: tuple[int, ...], end: tuple[int, ...]) -> str:
    """Return why the identity does not stand for layers, as words after "it"; empty: it does."""
    return "" if source == end else f"makes {end} of features {source}, so nothing can be passed on in its place"


class NormalEquations:
    r"""Sums of products of features and of what they are to become, for several sets of maps.

    Parameters
    ----------
    geometry
        Of both features.
    n_sets
        Sets of maps, each with a map of its own.

    Notes
    -----
    With the features x at every place, led by a constant 1, and what they are to become t,

    .. math:: W = \left( \sum x x^T \right)^+ \sum x t^T,

    in double precision; directions of x that do not vary are left out by the pseudoinverse.
    """

    def __init__(self, geometry: Geometry, n_sets: int) -> None:
        inputs, outputs = geometry.n_inputs, geometry.n_outputs
        self.geometry = geometry
        self.count = np.zeros(n_sets)
        self.sums = np.zeros((n_sets, inputs + outputs))
        self.products = np.zeros((n_sets, inputs, inputs))
        self.cross = np.zeros((n_sets, inputs, outputs))
        self.squares = np.zeros((n_sets, outputs))
        self._solutions: dict[int, tuple[Values, Values, float]] = {}

    def add(self, source: Tensor, end: Tensor, sets: npt.NDArray[np.bool_] | None = None) -> None:
        """Add a batch of features; `sets` (n_sets, n_maps) says which of its maps are in which set, None: all are."""
        sets = np.ones((len(self.count), len(source)), dtype=bool) if sets is None else sets
        self._solutions.clear()
        inputs, outputs = (one.detach().cpu().double().numpy() for one in self.geometry.rows(source, end))
        self.count += sets.sum(1) * self.geometry.places
        members = sets.astype(np.float64)
        self.sums += members @ np.concatenate([inputs.sum(1), outputs.sum(1)], axis=1)
        self.squares += members @ np.square(outputs).sum(1)
        chunk = max(1, _MOST_NUMBERS // self.geometry.n_inputs**2)
        for start in range(0, len(inputs), chunk):
            part = slice(start, start + chunk)
            turned = inputs[part].transpose(0, 2, 1)
            self.products += np.tensordot(members[:, part], turned @ inputs[part], axes=1)
            self.cross += np.tensordot(members[:, part], turned @ outputs[part], axes=1)

    def solution(self, which: int) -> tuple[Values, Values, float]:
        """Return weights (n_outputs, n_inputs) and bias of a set, and the share of the variance that they leave."""
        if which in self._solutions:
            return self._solutions[which]
        n, inputs = self.count[which], self.geometry.n_inputs
        mean, mean_out = self.sums[which, :inputs] / n, self.sums[which, inputs:] / n
        covariance = self.products[which] / n - np.outer(mean, mean)
        cross = self.cross[which] / n - np.outer(mean, mean_out)
        weight = np.linalg.pinv(covariance, rcond=_SMALLEST, hermitian=True) @ cross
        variance = self.squares[which] / n - np.square(mean_out)
        left = variance.sum() - 2 * (weight * cross).sum() + (weight * (covariance @ weight)).sum()
        share = max(float(left / variance.sum()), 0.0) if variance.sum() > 0 else 0.0
        self._solutions[which] = weight.T, mean_out - mean @ weight, share
        return self._solutions[which]

    def linear_map(self, which: int, *, like: Tensor) -> LinearMap:
        """Return the map of a set, in the type and on the device of a tensor."""
        weight, bias, _ = self.solution(which)
        parts = (torch.tensor(one, dtype=like.dtype, device=like.device) for one in (weight, bias))
        return LinearMap(self.geometry, *parts)

r"""Attribution by hiding squares of the map.

With an output :math:`F` of a map :math:`x`, and :math:`x_w` the map in which the fill stands within the square
:math:`w`, a pixel has the mean over the squares that cover it of

.. math:: F(x) - F(x_w).

Where squares overlap, or hold many pixels, this does not sum to the output: a pixel has all that its square does.

References
----------
Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", arXiv 1311.2901, section 4.2.
"""

from collections.abc import Sequence
from itertools import product
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor

from repshift.attribution.method import Attribution
from repshift.attribution.network_outputs import NetworkOutputs
from repshift.vocabulary import InputError


class Square(NamedTuple):
    """A square of pixels, which ends where the map does."""

    rows: slice
    columns: slice


def occlusion(explained: NetworkOutputs, maps: Tensor, *, fill: Tensor, window: int, stride: int) -> Attribution:
    """Return by how much each output falls when squares of maps are hidden: all outputs of one pass.

    Parameters
    ----------
    maps, fill
        (n_maps, channels, y, x): the maps, and what is put where pixels are hidden, in all channels at once.
    window, stride
        Side of the square and its step [pixels], 1 or more; the stride is at most the window.

    Returns
    -------
    Attribution
        With one channel for all.

    Raises
    ------
    InputError
        If the fill has another shape than the maps, a square is larger than a map, or pixels lie between squares.
    """
    if fill.shape != maps.shape:
        raise InputError(f"The fill has shape {tuple(fill.shape)}. Expected that of the maps, {tuple(maps.shape)}.")
    places = squares((maps.shape[2], maps.shape[3]), window=window, stride=stride)
    before = explained.values(maps)
    found = torch.zeros(before.shape[1], len(maps), *maps.shape[2:], dtype=before.dtype, device=maps.device)
    covered = torch.zeros(maps.shape[2:], dtype=before.dtype, device=maps.device)
    at_once = max(1, explained.batch_size // max(1, len(maps)))
    for first in range(0, len(places), at_once):
        some = places[first : first + at_once]
        after = explained.values(_hidden(maps, fill, some)).reshape(len(some), *before.shape)
        for square, fall in zip(some, before - after, strict=True):
            found[..., square.rows, square.columns] += fall.T[:, :, None, None]
            covered[square.rows, square.columns] += 1
    return Attribution((found / covered)[:, :, None])


def squares(size: tuple[int, int], *, window: int, stride: int) -> list[Square]:
    """Return the squares that cover a map of `size` [pixels], of which the last of a row or column may be cut.

    Raises
    ------
    InputError
        If a square is larger than the map, or pixels lie between squares.
    """
    if not 1 <= window <= min(size):
        raise InputError(f"A square of {window} pixels is hidden. Expected 1 to {min(size)}, the side of the maps.")
    if not 1 <= stride <= window:
        raise InputError(
            f"A square of {window} pixels moves by {stride}. Expected 1 to {window}: each pixel is hidden."
        )
    rows, columns = (
        [slice(step * stride, step * stride + window) for step in range(ceil((side - window) / stride) + 1)]
        for side in size
    )
    return [Square(*pair) for pair in product(rows, columns)]


def _hidden(maps: Tensor, fill: Tensor, places: Sequence[Square]) -> Tensor:
    """Return maps with each of some squares hidden, (n_squares * n_maps, channels, y, x), square by square."""
    found = maps.repeat(len(places), 1, 1, 1, 1)
    for copied, square in zip(found, places, strict=True):
        copied[..., square.rows, square.columns] = fill[..., square.rows, square.columns]
    return found.flatten(0, 1)

"""Exact symmetries of a map, which leave its parameters as they are: turns, flips and periodic shifts."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.vocabulary import InputError, size_in_words

SYMMETRIES = 8
"""Four rotations by 90 degrees, each with and without a flip."""

_OF_RECTANGLES = (0, 2, 4, 6)
"""Those that leave the shape of a map that is not square: no turn, or half a turn, each with and without a flip."""


def transform(maps: Tensor, symmetry: int) -> Tensor:
    """Apply one of the eight symmetries, 0 to 7, to maps (..., size, size); 0 leaves them as they are."""
    rotated = torch.rot90(maps, symmetry % 4, dims=(-2, -1))
    return rotated.flip(-1) if symmetry >= 4 else rotated


def draw_shifts(n_shifts: int, *, size: tuple[int, int], seed: int) -> npt.NDArray[np.int64]:
    """Draw periodic shifts by whole pixels, none twice and none by nothing.

    Parameters
    ----------
    n_shifts
        How many, from 0 to one less than the pixels of a map.
    size
        Pixels (y, x) of a map.
    seed
        Draws them.

    Returns
    -------
    (n_shifts, 2): pixels along y and x.

    Raises
    ------
    InputError
        If there are not so many shifts.
    """
    n_pixels = math.prod(size)
    if not 0 <= n_shifts < n_pixels:
        raise InputError(f"{n_shifts} shifts of maps of {size_in_words(size)}; expected 0 to {n_pixels - 1}.")
    drawn = 1 + np.random.default_rng(seed).permutation(n_pixels - 1)[:n_shifts]
    return np.stack(np.divmod(drawn, size[1]), axis=1).astype(np.int64)


def symmetric_copies(maps: Tensor, *, shifts: npt.NDArray[np.int64]) -> Iterator[Tensor]:
    """Yield maps (n_maps, channels, y, x) under each turn and flip, unshifted and after each of some shifts.

    The first copy are the maps as they are; ``8 (1 + n_shifts)`` in all, of maps that are not square half as many.
    """
    is_square = maps.shape[-2] == maps.shape[-1]
    for across, along in [(0, 0), *((int(row), int(column)) for row, column in shifts)]:
        shifted = maps.roll((across, along), dims=(-2, -1))
        for symmetry in range(SYMMETRIES) if is_square else _OF_RECTANGLES:
            yield transform(shifted, symmetry)

"""Exact symmetries of a map, which leave its parameters as they are: turns, flips and periodic shifts."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.vocabulary import InputError

SYMMETRIES = 8
"""Four rotations by 90 degrees, each with and without a flip."""


def transform(maps: Tensor, symmetry: int) -> Tensor:
    """Apply one of the eight symmetries, 0 to 7, to maps (..., size, size); 0 leaves them as they are."""
    rotated = torch.rot90(maps, symmetry % 4, dims=(-2, -1))
    return rotated.flip(-1) if symmetry >= 4 else rotated


def draw_shifts(n_shifts: int, *, size: int, seed: int) -> npt.NDArray[np.int64]:
    """Draw periodic shifts by whole pixels, none twice and none by nothing.

    Parameters
    ----------
    n_shifts
        How many, from 0 to ``size ** 2 - 1``.
    size
        Pixels along one side of a map.
    seed
        Draws them.

    Returns
    -------
    (n_shifts, 2): pixels along both axes, 0 to ``size - 1``.

    Raises
    ------
    InputError
        If there are not so many shifts.
    """
    if not 0 <= n_shifts < size**2:
        raise InputError(f"{n_shifts} shifts of maps of {size} pixels a side; expected 0 to {size**2 - 1}.")
    drawn = 1 + np.random.default_rng(seed).permutation(size**2 - 1)[:n_shifts]
    return np.stack(np.divmod(drawn, size), axis=1).astype(np.int64)


def symmetric_copies(maps: Tensor, *, shifts: npt.NDArray[np.int64]) -> Iterator[Tensor]:
    """Yield maps (n_maps, channels, size, size) under each turn and flip, unshifted and after each of some shifts.

    The first copy are the maps as they are; ``8 (1 + n_shifts)`` in all.
    """
    for across, along in [(0, 0), *((int(row), int(column)) for row, column in shifts)]:
        shifted = maps.roll((across, along), dims=(-2, -1))
        for symmetry in range(SYMMETRIES):
            yield transform(shifted, symmetry)

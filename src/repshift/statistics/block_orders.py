"""Blocks of pixels of maps: sums over them, and orders in which they are hidden."""

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Orders = npt.NDArray[np.int64]


def blocks_of(size: tuple[int, int], *, window: int) -> npt.NDArray[np.int64]:
    """Return the block of each pixel of maps of a size (y, x), row by row from 0; the last blocks may be cut.

    Raises
    ------
    InputError
        If the window is not between 1 and the shorter side.
    """
    require_window(size, window=window)
    rows, columns = (np.arange(pixels) // window for pixels in size)
    return np.asarray(rows[:, None] * (columns[-1] + 1) + columns)


def require_window(size: tuple[int, int], *, window: int) -> None:
    """Refuse blocks of no pixels, or larger than maps of a size (y, x); errors as `blocks_of`."""
    if not 1 <= window <= min(size):
        raise InputError(f"Blocks of {window} pixels in maps of {size}: expected a side from 1 to {min(size)} pixels.")


def block_sums(contributions: npt.NDArray[np.floating], *, window: int) -> Values:
    """Return sums over blocks of contributions (..., channel, y, x), over channels too, (..., blocks)."""
    size = (contributions.shape[-2], contributions.shape[-1])
    require_window(size, window=window)
    rows, columns = (np.arange(0, pixels, window) for pixels in size)
    of_rows = np.add.reduceat(contributions.sum(axis=-3, dtype=np.float64), rows, axis=-2)
    sums = np.add.reduceat(of_rows, columns, axis=-1)
    return np.asarray(sums.reshape(*sums.shape[:-2], -1))


def block_orders(contributions: npt.NDArray[np.floating], *, window: int) -> Orders:
    """Return the blocks of maps (..., channel, y, x) from the largest signed contribution down, (..., blocks)."""
    return np.argsort(-block_sums(contributions, window=window), axis=-1, kind="stable")


def random_orders(n_orders: int, n_maps: int, n_blocks: int, *, seed: int) -> Orders:
    """Return random orders of the blocks of each map, (n_orders, n_maps, n_blocks)."""
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(n_blocks), (n_orders, n_maps, 1)), axis=-1)

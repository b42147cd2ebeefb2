"""Outputs as blocks of pixels are hidden one after the other, or put in: is the order of an attribution any good?

References
----------
Samek et al. 2017, "Evaluating the Visualization of What a Deep Neural Network Has Learned", IEEE TNNLS 28, 2660: regions
perturbed in order of relevance, against random order.
"""

import numpy as np
import numpy.typing as npt
from torch import Tensor

from repshift.attribution.explained import Explained


def deletion_curves(
    explained: Explained,
    maps: Tensor,
    orders: npt.NDArray[np.int64],
    *,
    fill: Tensor,
    window: int,
    steps: int,
    until: float = 0.5,
) -> Tensor:
    """Return the outputs as blocks of pixels are hidden, step by step, in some orders.

    Parameters
    ----------
    explained
        The network, and its outputs.
    maps, fill
        (n_maps, channels, y, x): the maps, and what is put where pixels are hidden.
    orders
        (n_orders, n_maps, n_blocks), of `repshift.statistics.block_orders`: which block is hidden first.
    window
        Pixels along the side of a block.
    steps, until
        In how many equal steps which share of the blocks is hidden, in (0, 1].

    Returns
    -------
    (n_orders, n_maps, steps + 1, n_outputs); nothing is hidden at the first step.

    Raises
    ------
    InputError
        If the shapes disagree, or there are fewer blocks to hide than steps.
    """
    raise NotImplementedError


def insertion_curves(
    explained: Explained,
    maps: Tensor,
    orders: npt.NDArray[np.int64],
    *,
    fill: Tensor,
    window: int,
    steps: int,
    until: float = 0.5,
) -> Tensor:
    """Return the outputs as blocks of the maps are put into the fill; else as `deletion_curves`."""
    return deletion_curves(explained, fill, orders, fill=maps, window=window, steps=steps, until=until)


def hidden_shares(size: tuple[int, int], *, window: int, steps: int, until: float = 0.5) -> npt.NDArray[np.float64]:
    """Return the share of the blocks of maps (y, x) that is hidden at each step, (steps + 1,), from 0."""
    raise NotImplementedError

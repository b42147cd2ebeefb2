"""Outputs as blocks of pixels are hidden one after the other, or put in, in the order of an attribution.

References
----------
Samek et al. 2017, "Evaluating the Visualization of What a Deep Neural Network Has Learned", IEEE TNNLS 28, 2660:
regions perturbed in order of relevance, against random order.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.attribution.network_outputs import NetworkOutputs
from repshift.statistics.block_orders import blocks_of
from repshift.vocabulary import InputError


def deletion_curves(
    explained: NetworkOutputs,
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
        In how many steps, equal up to rounding to whole blocks, which share of the blocks is hidden, in (0, 1].

    Returns
    -------
    (n_orders, n_maps, steps + 1, n_outputs); nothing is hidden at the first step.

    Raises
    ------
    InputError
        If the shapes disagree, or there are fewer blocks to hide than steps.
    """
    size = (maps.shape[-2], maps.shape[-1])
    blocks = torch.as_tensor(blocks_of(size, window=window))
    n_orders, n_maps, n_blocks = _require_shapes(maps, fill, orders, n_blocks=int(blocks.max()) + 1)
    hidden = torch.as_tensor(_hidden_blocks(n_blocks, steps=steps, until=until))
    ranks = torch.as_tensor(np.argsort(orders, axis=-1))  # of each block in its order
    rows = torch.cartesian_prod(torch.arange(n_orders), torch.arange(n_maps), torch.arange(1, steps + 1)).reshape(-1, 3)
    found = []
    for order, place, step in (some.unbind(1) for some in rows.split(explained.batch_size)):
        first = (ranks[order, place] < hidden[step][:, None])[:, blocks]
        found.append(explained.values(torch.where(first[:, None].to(maps.device), fill[place], maps[place])))
    whole = explained.values(maps)
    later = torch.cat(found).reshape(n_orders, n_maps, steps, -1)
    return torch.cat([whole[None, :, None].expand(n_orders, -1, 1, -1), later], dim=2)


def insertion_curves(
    explained: NetworkOutputs,
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
    """Return the share of the blocks of maps (y, x) that is hidden at each step, (steps + 1,), from 0.

    Raises
    ------
    InputError
        If there are fewer blocks to hide than steps.
    """
    n_blocks = int(blocks_of(size, window=window).max()) + 1
    return _hidden_blocks(n_blocks, steps=steps, until=until) / n_blocks


def _hidden_blocks(n_blocks: int, *, steps: int, until: float) -> npt.NDArray[np.int64]:
    """Return how many blocks are hidden at each step, (steps + 1,)."""
    if not 0 < until <= 1:
        raise InputError(f"Blocks are hidden until a share of {until:g} of them: expected more than 0, at most 1.")
    if not 1 <= steps <= n_blocks * until:
        raise InputError(
            f"{n_blocks} blocks, of which a share of {until:g} is hidden, in {steps} steps: expected a step or more, "
            "and a block or more in each. Use fewer steps or a smaller window."
        )
    return np.rint(np.linspace(0, n_blocks * until, steps + 1)).astype(np.int64)


def _require_shapes(
    maps: Tensor, fill: Tensor, orders: npt.NDArray[np.int64], *, n_blocks: int
) -> tuple[int, int, int]:
    """Return how many orders, maps and blocks there are."""
    if fill.shape != maps.shape:
        raise InputError(f"Maps {tuple(maps.shape)} and their fill {tuple(fill.shape)} disagree: expected one shape.")
    if orders.ndim != 3 or orders.shape[1:] != (len(maps), n_blocks):
        raise InputError(
            f"Orders of blocks are {orders.shape}. Expected (orders, {len(maps)}, {n_blocks}): of {len(maps)} maps of "
            f"{n_blocks} blocks."
        )
    return len(orders), len(maps), n_blocks

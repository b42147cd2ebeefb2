"""What a network looks at in maps, map by map, with the error of each attribution, in one call."""

from collections.abc import Sequence

import numpy.typing as npt
import xarray as xr
from torch import nn

from repshift.recording.batches import Forward
from repshift.recording.maps import Maps


def attribute(
    network: nn.Module,
    maps: Maps,
    *,
    method: str = "integrated_gradients",
    output: int | str | Sequence[int | str] = 0,
    baseline: float | str | npt.ArrayLike | None = None,
    layer: str | None = None,
    names: Sequence[str] | None = None,
    simulations: npt.ArrayLike | None = None,
    forward: Forward | None = None,
    nodes: int = 20,
    window: int = 8,
    stride: int | None = None,
    fill: float | str | npt.ArrayLike = "mean",
    noise: float = 0.1,
    draws: int = 20,
    batch_size: int = 32,
    seed: int = 0,
) -> xr.Dataset:
    """Attribute outputs of a network to the pixels of maps.

    Returns
    -------
    Dataset with ``attribution`` (map, channel, y, x), ``completeness_error`` (map), ``value`` and ``baseline_value``
    (map), ``input`` and ``baseline`` (map, channel, y, x); with a first dimension ``output`` (of attribution, errors and
    values) where `output` is a list.
    """
    raise NotImplementedError

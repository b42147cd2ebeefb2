"""How far the layers of a rewritten network are from those of the network itself."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from repshift.similarity.gram import FEATURE_CHUNK

_ROUNDING = 16 * float(np.finfo(np.float32).eps)
"""Norm, relative to that with the offset, below which nothing but the rounding of single precision is left."""

ANSWER = "the answer"
"""What stands in the place of the name of a layer for what the network returns."""


def difference_of(found: Tensor, expected: Tensor, *, name: str) -> float:
    """Return the norm of the difference over that of the representation, as they are or offset-free: what is more.

    Offset-free representations that both vanish have no difference, and the answer is taken as it is; what is not
    finite is infinitely different.
    """
    n = len(expected)
    apart, size, apart_of_mean, size_of_mean = np.sum(list(_squares(found.flatten(1), expected.flatten(1))), axis=0)
    if not np.isfinite(apart + size):
        return float("inf")
    whole = _over(apart, size)
    spread, apart = max(size - n * size_of_mean, 0.0), max(apart - n * apart_of_mean, 0.0)
    rounding = max(apart, spread) <= _ROUNDING**2 * size
    return whole if rounding or name == ANSWER else max(whole, _over(apart, spread))


def _squares(found: Tensor, expected: Tensor) -> Iterator[npt.NDArray[np.float64]]:
    """Yield squared norms of some features: of the difference, of what was expected, and of the mean map of each."""
    for start in range(0, expected.shape[1], FEATURE_CHUNK):
        values = expected[:, start : start + FEATURE_CHUNK].double()
        apart = found[:, start : start + FEATURE_CHUNK].double() - values
        numbers = [one.square().sum() for one in (apart, values, apart.mean(0), values.mean(0))]
        yield torch.stack(numbers).cpu().numpy()


def _over(apart: float, size: float) -> float:
    """Return the root of one squared norm over another; 0 where both vanish."""
    if not apart:
        return 0.0
    return float(np.sqrt(apart / size)) if size > 0 else float("inf")

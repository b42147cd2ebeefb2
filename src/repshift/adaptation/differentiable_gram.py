r"""Gram matrices of features through which a gradient passes, one product each way.

Notes
-----
Of features :math:`X` (n_maps, n_units) and any number :math:`f` of their centred Gram matrix :math:`K`,

.. math:: \frac{\partial f}{\partial X} = (G + G^T) X, \qquad G = \frac{\partial f}{\partial K},

where the rows and columns of :math:`G` sum to zero because K is centred, so that X may lack its mean map, or have it.
Automatic differentiation of ``X @ X.T`` makes two products of the size of X instead, and holds the mean map's gradient.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from repshift.recording.devices import full_precision
from repshift.recording.resolution import RESOLVED
from repshift.vocabulary import InputError

_CANCELLATION: Final = 32.0
"""Squared norm of a map, over half the squared distance of two, up to which products are made before they are centred.

Above it the mean map is subtracted first, which takes a second product. Both are medians over the maps. Up to it the
gradient is within 3e-5 of that in double precision (tests/unit/test_adaptation_cka_loss.py).
"""

_KEPT: Final = 1e4
"""The same ratio up to which the features themselves serve for the gradient, and not a copy without the mean map."""

_INFLUENCE: Final = 1e2
"""Largest squared norm without the mean map, over half the squared distance of two, above which doubles are used.

One map far from all others moves the mean map away from them, and single precision loses their distances.
"""


def differentiable_gram(features: Tensor, *, name: str) -> Tensor:
    """Return the Gram matrix of features, except what centring removes.

    Parameters
    ----------
    features
        (n_maps, n_units); half precision is multiplied in single. They must not change before the gradient is taken.
    name
        Of the layer, for the message.

    Returns
    -------
    (n_maps, n_maps) in the precision of the product. Centre it before anything else: the mean map is subtracted where
    it is large alone, and the gradient is right for functions of the centred matrix alone.

    Raises
    ------
    InputError
        If the maps do not differ by more than the precision of a forward pass resolves, or values are not finite.
    """
    wide = features if features.dtype.itemsize >= 4 else features.float()
    multiply: Callable[[Tensor, str, float], Tensor] = _Gram.apply
    return multiply(wide, name, RESOLVED.get(features.dtype, RESOLVED[torch.float32]))


class _Gram(torch.autograd.Function):
    """One product of the features forwards, and one backwards."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, name: str, resolved: float) -> Tensor:  # noqa: ANN401 - torch's context
        with full_precision():
            gram, kept = _product(features, name, resolved)
        ctx.save_for_backward(kept)
        return gram

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (kept,) = ctx.saved_tensors
        (gradient,) = gradients
        with full_precision():
            return (gradient + gradient.mT).to(kept) @ kept, None, None


def _product(features: Tensor, name: str, resolved: float) -> tuple[Tensor, Tensor]:
    """Return a Gram matrix, and the features that the gradient takes, both without the mean map where it is large."""
    gram = features @ features.mT
    size, distance, largest = _medians(gram)
    if not math.isfinite(largest):
        raise InputError(f"Layer '{name}' holds values that are not finite, or whose products overflow.")
    kept = features
    if size > _CANCELLATION * distance:
        offset_free = features - features.mean(0)
        gram = offset_free @ offset_free.mT
        _, distance, largest = _medians(gram)
        kept = features if size < _KEPT * distance else offset_free
        if largest > _INFLUENCE * distance:
            gram = _exact_product(features)
            _, distance, largest = _medians(gram)
    _require_varying(name, size=size, distance=distance, largest=largest, resolved=resolved)
    return gram, kept


def _exact_product(features: Tensor) -> Tensor:
    """Return a product in double precision, on the host where the device has none."""
    exact = (features.cpu() if features.device.type == "mps" else features).double()
    offset_free = exact - exact.mean(0)
    return offset_free @ offset_free.mT


def _medians(gram: Tensor) -> tuple[float, float, float]:
    """Return the median squared norm of maps, half the median squared distance of two, and the largest squared norm."""
    values = gram.detach().cpu().numpy()  # so few numbers take longer to hand to torch than to sort
    norms, maps = values.diagonal(), np.arange(len(values))
    others = (maps - max(1, len(maps) // 2)) % len(maps)
    with np.errstate(all="ignore"):  # what is not finite is refused by who asks
        distances = (norms + norms[others]) / 2 - values[others, maps]
    middle = (len(maps) - 1) // 2
    largest = float(norms.max())
    return float(np.partition(norms, middle)[middle]), float(np.partition(distances, middle)[middle]), largest


def _require_varying(name: str, *, size: float, distance: float, largest: float, resolved: float) -> None:
    """Refuse a layer whose maps are all alike, or differ by rounding."""
    if largest <= 0 or distance < resolved**2 * size:
        raise InputError(
            f"Layer '{name}' is constant over the maps, or differs by less than its precision resolves, so it has no "
            "CKA. Leave it out."
        )

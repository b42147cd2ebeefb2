"""Gram matrices of representations, and their centring.

A Gram matrix here is offset-free: the mean map is subtracted before the product, so that single precision holds where
the mean of an activation is large beside its spread. CKA does not change with it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from repshift.vocabulary import InputError

if TYPE_CHECKING:
    from torch import Tensor

Representation: TypeAlias = "npt.NDArray[Any] | Tensor"

FEATURE_CHUNK = 1 << 16
"""Features of one product: bounds the copy of the representation that a product needs."""

_DOMINANCE = 1e3
"""Largest squared norm over the median one above which the product is taken in double precision."""

_ROUNDING = 64 * np.finfo(np.float64).eps


def linear_gram(representation: Representation) -> npt.NDArray[np.float64]:
    """Return the offset-free linear Gram matrix of a representation.

    Parameters
    ----------
    representation
        (n_maps, ...) array, or tensor on any device; axes after the first are features. Single precision is multiplied
        in single precision (in double where one map dominates all norms), double in double.

    Returns
    -------
    (n_maps, n_maps) float64.

    Raises
    ------
    InputError
        If there is no feature axis, no map, or a value is not finite.

    Examples
    --------
    >>> linear_gram(np.array([[1.0, 2.0], [3.0, 2.0]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if representation.ndim < 2 or 0 in representation.shape:
        raise InputError(f"A representation has shape (n_maps, features ...); found {tuple(representation.shape)}.")
    features = representation.reshape(len(representation), -1)
    return chunked_gram(
        features[:, start : start + FEATURE_CHUNK] for start in range(0, features.shape[1], FEATURE_CHUNK)
    )


def chunked_gram(chunks: Iterable[Representation]) -> npt.NDArray[np.float64]:
    """Return the offset-free Gram matrix of a representation that comes in chunks (n_maps, features) of any size.

    Only one chunk is held; the products are summed in float64.

    Raises
    ------
    InputError
        If a value is not finite.
    """
    gram = sum(_product(chunk) for chunk in chunks)
    if not np.isfinite(gram).all():
        raise InputError("A representation holds values that are not finite, or whose products overflow.")
    return np.asarray(gram)


def _product(chunk: Representation) -> npt.NDArray[np.float64]:
    """Return the Gram matrix (n_maps, n_maps) of one chunk, its mean map subtracted."""
    if hasattr(chunk, "detach"):
        chunk = chunk.detach()
        wide = chunk if chunk.dtype.itemsize > 4 else chunk.float()
        offset_free = wide - wide.mean(0)
        norms = offset_free.square().sum(1)
        if norms.max() > _DOMINANCE * norms.median():
            offset_free = offset_free.double()
        return np.asarray((offset_free @ offset_free.T).double().cpu().numpy())
    array = np.asarray(chunk, dtype=np.promote_types(chunk.dtype, np.float32))
    offset_free = array - array.mean(0, dtype=np.float64).astype(array.dtype)
    norms = np.square(offset_free).sum(1)
    if norms.max() > _DOMINANCE * np.median(norms):
        offset_free = offset_free.astype(np.float64)
    return np.asarray(offset_free @ offset_free.T, dtype=np.float64)


def centre(grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``H K H``, the centred Gram matrices (..., n, n); every row then sums to zero."""
    rows = grams.mean(-1, keepdims=True)
    columns = grams.mean(-2, keepdims=True)
    return np.asarray(grams - rows - columns + columns.mean(-1, keepdims=True))


def u_centre(grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the U-centred Gram matrices (..., n, n): zero diagonal, every row sums to zero.

    References
    ----------
    Szekely & Rizzo 2014, Annals of Statistics 42, 2382 (arXiv 1310.2926), definition 2.
    """
    n = grams.shape[-1]
    off_diagonal = centre(grams) * (1 - np.eye(n))
    rows = off_diagonal.sum(-1, keepdims=True) / (n - 2)
    columns = off_diagonal.sum(-2, keepdims=True) / (n - 2)
    total = off_diagonal.sum((-2, -1), keepdims=True) / ((n - 1) * (n - 2))
    return np.asarray((off_diagonal - rows - columns + total) * (1 - np.eye(n)))


def require_grams(grams: npt.NDArray[np.float64], *, fewest: int) -> None:
    """Refuse what is not a stack of Gram matrices (..., n, n) of at least `fewest` maps.

    Raises
    ------
    InputError
        With the shape found.
    """
    if grams.ndim < 2 or grams.shape[-1] != grams.shape[-2]:
        raise InputError(f"Gram matrices are square, (..., n_maps, n_maps); found {grams.shape}.")
    if grams.shape[-1] < fewest:
        raise InputError(f"{grams.shape[-1]} maps are too few: this estimator of HSIC needs at least {fewest}.")


def is_constant(gram: npt.NDArray[np.float64]) -> bool:
    """Say whether a Gram matrix (n, n) is that of a constant representation: nothing but rounding once centred."""
    return bool(np.abs(centre(gram)).max() <= len(gram) * _ROUNDING * np.abs(gram).max())

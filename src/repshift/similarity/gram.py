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
    from xarray import DataArray

Representation: TypeAlias = "npt.NDArray[Any] | Tensor"

Grams: TypeAlias = "npt.NDArray[np.float64] | DataArray"
"""A stack (layers, n_maps, n_maps); a DataArray may name layers and maps by the coordinates ``layer`` and ``map``."""

FEATURE_CHUNK = 1 << 16
"""Features of one product: bounds the copy of the representation that a product needs."""

_NARROW = 1 << 12
"""Features of a product up to which double precision costs nothing that counts, and is always used."""

_INFLUENCE = 1e2
"""Largest squared norm without the mean map, over the median squared distance of two maps, above which to use doubles.

A single outlying map moves the mean map away from all others: it is their distances, not their norms, that stay small.
"""

_CANCELLATION = 3.0
"""Squared norm of a map, over half the squared distance of two, up to which a product is made first, then centred.

That is as exact but for this factor, spares two passes over the features, and no outlying map moves the others; above
it the mean map is subtracted before the product. Both are medians over the maps: 1 without an offset.
"""

_SMALLEST = 1e-30
"""Largest squared norm, over the number of features, below which the products underflow in single precision."""

ROUNDING = 64 * np.finfo(np.float64).eps
"""What rounding may leave, over the largest entry and for each map, of a difference that is zero."""

_ULPS = 4
"""Units in the last place within which all values of a feature count as equal."""


def linear_gram(representation: Representation) -> npt.NDArray[np.float64]:
    """Return the offset-free linear Gram matrix of a representation.

    Parameters
    ----------
    representation
        (n_maps, ...) array, or tensor on any device; axes after the first are features. Single precision is multiplied
        in single precision, but in double where features are few, one map dominates all others and an offset as well,
        or single precision does not hold the products; double in double.

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
    with np.errstate(over="ignore", invalid="ignore"):
        gram = sum(_product(chunk) for chunk in chunks)
    if not np.isfinite(gram).all():
        raise InputError("A representation holds values that are not finite, or whose products overflow.")
    return np.asarray(gram)


def _product(chunk: Representation) -> npt.NDArray[np.float64]:
    """Return the Gram matrix (n_maps, n_maps) of one chunk, its mean map subtracted."""
    features = _single(chunk)
    n_features = features.shape[1]
    if features.dtype.itemsize == 4 and n_features > _NARROW:
        product = _host(features @ features.T)
        distance = np.median(squared_distances(product))
        if n_features * _SMALLEST < np.median(np.diagonal(product)) <= _CANCELLATION * distance / 2:
            return centre(product)
        offset_free = features - features.mean(0)
        gram = _host(offset_free @ offset_free.T)
        if _holds(gram, offset=float(product.mean()), n_features=n_features):
            return gram
    return _double_product(features)


def _holds(gram: npt.NDArray[np.float64], *, offset: float, n_features: int) -> bool:
    """Say whether single precision was enough once the mean map, of squared norm `offset`, was subtracted."""
    largest = np.diagonal(gram).max()
    varies = largest > (_ULPS * float(np.finfo(np.float32).eps)) ** 2 * offset
    within = n_features * _SMALLEST < largest <= _INFLUENCE * np.median(squared_distances(gram))
    return bool(varies and within)


def _double_product(features: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 - an array or a tensor
    """Multiply in double precision, without the features whose values are equal but for the rounding of their type."""
    eps = float(np.finfo(np.float32 if features.dtype.itemsize == 4 else np.float64).eps)
    wide = _double(features)
    mean = wide.mean(0)
    offset_free = wide - mean
    offset_free = offset_free * (abs(offset_free) > _ULPS * eps * abs(mean)).any(0)
    return _host(offset_free @ offset_free.T)


def _single(chunk: Any) -> Any:  # noqa: ANN401 - an array or a tensor, told apart without importing torch
    """Return an array or a tensor in single precision, or in double where it is that already."""
    if hasattr(chunk, "detach"):
        return chunk.detach() if chunk.dtype.itemsize > 4 else chunk.detach().float()
    return np.asarray(chunk, dtype=np.promote_types(chunk.dtype, np.float32))


def _double(features: Any) -> Any:  # noqa: ANN401
    return features.double() if hasattr(features, "detach") else features.astype(np.float64)


def _host(values: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401
    return np.asarray(values.cpu().numpy() if hasattr(values, "detach") else values, dtype=np.float64)


def squared_distances(grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``K_ii + K_jj - 2 K_ij``, squared Euclidean distances (..., n, n); rounding may leave them below zero."""
    norms = np.diagonal(grams, axis1=-2, axis2=-1)
    return np.asarray(norms[..., :, None] + norms[..., None, :] - 2 * grams)


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
        raise InputError(f"{grams.shape[-1]} maps are too few: this measure needs at least {fewest}.")


def varying_grams(grams: Grams, *, fewest: int) -> npt.NDArray[np.float64]:
    """Return a stack of Gram matrices as an array (layers, n, n), after refusing what has no similarity to anything.

    Raises
    ------
    InputError
        If it is no such stack, has fewer than `fewest` maps, or a layer is not finite or is constant over the maps.
    """
    values = np.asarray(grams, dtype=np.float64)
    if values.ndim != 3:
        raise InputError(f"Gram matrices come as (layers, n_maps, n_maps); found {values.shape}.")
    require_grams(values, fewest=fewest)
    refuse_layers(grams, np.any(~np.isfinite(values), axis=(-2, -1)), why="holds values that are not finite.")
    left = np.sqrt(np.square(centre(values)).sum((-2, -1)))
    why = "is constant over the maps, so it has no similarity to any other. Leave it out."
    refuse_layers(grams, left <= rounding(values), why=why)
    return values


def rounding(grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what is nothing but rounding beside the entries of each Gram matrix, (layers,)."""
    return np.asarray(grams.shape[-1] * ROUNDING * np.abs(grams).max((-2, -1)))


def refuse_layers(grams: Grams, found: npt.NDArray[np.bool_], *, why: str) -> None:
    """Refuse the layers `found`, by their names where the stack has them, or by their positions from 0."""
    if found.any():
        layers = np.flatnonzero(found).tolist()
        if not isinstance(grams, np.ndarray) and "layer" in grams.coords:
            layers = grams["layer"].to_numpy()[layers].tolist()
        raise InputError(f"Layer {layers} {why}")

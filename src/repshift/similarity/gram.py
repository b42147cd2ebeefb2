"""Gram matrices of representations, and their centring.

A Gram matrix here is offset-free: the mean map is subtracted before the product, so that single precision holds where
the mean of an activation is large beside its spread. CKA does not change with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import Same, doubles_of, is_tensor, like, numbers_of
from repshift.similarity.spread import Spread, partners, typical_spread
from repshift.vocabulary import InputError

if TYPE_CHECKING:
    from torch import Tensor

Representation: TypeAlias = "npt.NDArray[Any] | Tensor"

FEATURE_CHUNK = 1 << 16
"""Features of one product: bounds the copy of the representation that a product needs."""

_MANY_MAPS = 1 << 7
"""Maps from which the products of blocks are summed one by one."""

_INFLUENCE = 1e2
"""Largest squared norm without the mean map, over the median squared distance of two maps, above which to use doubles.

A single outlying map moves the mean map away from all others: it is their distances, not their norms, that stay small.
"""

_CANCELLATION = 3.0
"""Squared norm of a map, over half the squared distance of two, up to which a product is made first, then centred.

That is as exact up to this factor, spares two passes over the features, and no outlying map moves the others; above
it the mean map is subtracted before the product. Both are medians over the maps: 1 without an offset.
"""

_SMALLEST = 1e-30
"""Largest squared norm, over the number of features, below which the products underflow in single precision."""

_ULPS = 4
"""Units in the last place within which all values of a feature count as equal."""


@dataclass(frozen=True)
class Blocks:
    """How many features are multiplied in which precision.

    Attributes
    ----------
    narrow
        Features of a product up to which double precision costs nothing that counts, and is always used.
    width
        Features whose products are summed in single precision.
    """

    narrow: int = 1 << 12
    width: int = 1 << 8


_OF_MANY_MAPS = Blocks(narrow=1 << 9, width=1 << 10)
"""Of a representation held whole, of `_MANY_MAPS` or more: an eighth less time to record 400 maps, CKA within 1e-8."""


@dataclass(frozen=True)
class Product:
    """The Gram matrix of a representation, and its spread, which the matrix has lost.

    Attributes
    ----------
    gram
        (n_maps, n_maps) float64, the mean map subtracted.
    spread
        Of the maps.
    """

    gram: npt.NDArray[np.float64]
    spread: Spread


@overload
def linear_gram(representation: "Tensor") -> "Tensor": ...
@overload
def linear_gram(representation: npt.NDArray[Any]) -> npt.NDArray[np.float64]: ...
def linear_gram(representation: Any) -> Any:
    """Return the offset-free linear Gram matrix of a representation.

    Parameters
    ----------
    representation
        (n_maps, ...) array, or tensor on any device; axes after the first are features. Single precision is multiplied
        in single precision, but in double where features are few, one map dominates all others and an offset as well,
        or single precision does not hold the products; double in double, and so is a tensor that requires a gradient.

    Returns
    -------
    (n_maps, n_maps) float64: of a tensor a tensor on its device, with its gradient.

    Raises
    ------
    InputError
        If there is no feature axis, no map, a value is not finite, masked or complex.

    Examples
    --------
    >>> linear_gram(np.array([[1.0, 2.0], [3.0, 2.0]]))
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    values = numbers_of(representation, what="A representation")
    if values.ndim < 2 or 0 in values.shape:
        raise InputError(f"A representation has shape (n_maps, features ...); found {tuple(values.shape)}.")
    if not is_tensor(values):
        return linear_product(values).gram
    if not values.requires_grad:
        return like(linear_product(values).gram, doubles_of(values[:0], what="A representation"))
    features = doubles_of(values.reshape(len(values), -1), what="A representation")
    offset_free = features - features.mean(0)
    return _finite(offset_free @ offset_free.T)


def linear_product(representation: Representation) -> Product:
    """Return the offset-free Gram matrix of (n_maps, ...), and its spread; errors as `chunked_gram`."""
    features = representation.reshape(len(representation), -1)
    chunks = (features[:, start : start + FEATURE_CHUNK] for start in range(0, features.shape[1], FEATURE_CHUNK))
    return chunked_product(chunks, blocks=_OF_MANY_MAPS if len(features) >= _MANY_MAPS else Blocks())


def chunked_gram(chunks: Iterable[Representation]) -> npt.NDArray[np.float64]:
    """Return the offset-free Gram matrix of a representation that comes in chunks (n_maps, features) of any size.

    Only one chunk is held; the products are summed in float64.

    Raises
    ------
    InputError
        If a value is not finite.
    """
    return chunked_product(chunks).gram


def chunked_product(chunks: Iterable[Representation], *, blocks: Blocks = Blocks()) -> Product:
    """Return the same with the spread of the maps; errors as `chunked_gram`."""
    with np.errstate(over="ignore", invalid="ignore"):
        gram: Any = 0.0
        norms: Any = 0.0
        offset = 0.0
        for chunk in chunks:
            of_chunk, offset_of_chunk, norms_of_chunk = _product(chunk, blocks)
            gram, offset, norms = gram + of_chunk, offset + offset_of_chunk, norms + norms_of_chunk
    found = _finite(np.asarray(gram))
    n = len(found)
    distances = squared_distances(found)[np.arange(n), partners(n)] / 2
    spread = Spread(max(float(np.trace(found)), 0.0), n * max(offset, 0.0), typical_spread(distances, norms))
    return Product(found, spread)


def _finite(gram: Same) -> Same:
    """Return a Gram matrix, and refuse one with values that are not finite."""
    values: Any = gram
    if not (values.isfinite() if is_tensor(values) else np.isfinite(values)).all():
        raise InputError("A representation holds values that are not finite, or whose products overflow.")
    return gram


def _product(chunk: Representation, blocks: Blocks) -> tuple[npt.NDArray[np.float64], float, npt.NDArray[np.float64]]:
    """Return the Gram matrix of one chunk without its mean map, the squared norm of that, and those of all maps."""
    features = _single(chunk)
    n_features = features.shape[1]
    if features.dtype.itemsize == 4 and n_features > blocks.narrow:
        product = _products(features, width=blocks.width)
        distance = np.median(squared_distances(product))
        offset = float(product.mean())
        if n_features * _SMALLEST < np.median(np.diagonal(product)) <= _CANCELLATION * distance / 2:
            return centre(product), offset, np.diagonal(product)
        offset_free = features - features.mean(0)
        gram = _products(offset_free, width=blocks.width)
        if _holds(gram, offset=float(product.mean()), n_features=n_features):
            return gram, offset, np.diagonal(product)
    return _double_product(features)


def _products(features: Any, *, width: int) -> npt.NDArray[np.float64]:  # noqa: ANN401 - an array or a tensor
    """Multiply in single precision, block after block of features, and sum the products of blocks in double.

    A sum of 65,536 products in single precision loses three digits of seven; of `width` it loses little, at one call
    of the library for all blocks.
    """
    n, n_features = features.shape
    whole, step = n_features // width * width, max(1, FEATURE_CHUNK // n) * width
    total = np.zeros((n, n))
    for start in range(0, whole, step):
        total += _sum_of_products(features[:, start : min(start + step, whole)].reshape(n, -1, width).swapaxes(0, 1))
    rest = features[:, whole:]
    return total + _host(rest @ rest.T) if whole < n_features else total


def _sum_of_products(blocks: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 - an array or a tensor
    """Return the sum, in double, of the products of blocks (blocks, n_maps, features) with themselves.

    Of many maps the products of all blocks at once would leave the cache: one after the other, in the same order, they
    took two fifths of the time at 400 maps, and a tenth more than all at once at 50.
    """
    n = blocks.shape[1]
    if is_tensor(blocks) or n < _MANY_MAPS:
        return _host(_double(blocks @ blocks.swapaxes(1, 2)).sum(0))
    total, product = np.zeros((n, n)), np.empty((n, n), dtype=blocks.dtype)
    for block in blocks:
        total += np.matmul(block, block.T, out=product)
    return total


def _holds(gram: npt.NDArray[np.float64], *, offset: float, n_features: int) -> bool:
    """Say whether single precision was enough once the mean map, of squared norm `offset`, was subtracted."""
    largest = np.diagonal(gram).max()
    varies = largest > (_ULPS * float(np.finfo(np.float32).eps)) ** 2 * offset
    within = n_features * _SMALLEST < largest <= _INFLUENCE * np.median(squared_distances(gram))
    return bool(varies and within)


def _double_product(
    features: Any,  # noqa: ANN401 - an array or a tensor
) -> tuple[npt.NDArray[np.float64], float, npt.NDArray[np.float64]]:
    """Multiply in double precision, without the features whose values are equal up to the rounding of their type."""
    eps = float(np.finfo(np.float32 if features.dtype.itemsize == 4 else np.float64).eps)
    wide = _double(features)
    mean = wide.mean(0)
    offset_free = wide - mean
    varies = (abs(offset_free) > _ULPS * eps * abs(mean)).any(0)
    offset_free = offset_free if varies.all() else offset_free * varies
    return _host(offset_free @ offset_free.T), float((mean * mean).sum()), _host((wide * wide).sum(1))


def _single(chunk: Any) -> Any:  # noqa: ANN401 - an array or a tensor, distinguished without importing torch
    """Return an array or a tensor in single precision, or in double where it is that already."""
    if hasattr(chunk, "detach"):
        if not chunk.is_floating_point():
            return _double(chunk.detach())
        return chunk.detach() if chunk.dtype.itemsize > 4 else chunk.detach().float()
    return np.asarray(chunk, dtype=np.promote_types(chunk.dtype, np.float32))


def _double(features: Any) -> Any:  # noqa: ANN401
    """Return numbers in double precision, on the host where they lie on a GPU of Apple's, which has none."""
    if not is_tensor(features):
        return features.astype(np.float64)
    return features.cpu().double() if features.device.type == "mps" else features.double()


def _host(values: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401
    return np.asarray(values.cpu().numpy() if hasattr(values, "detach") else values, dtype=np.float64)


def squared_distances(grams: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``K_ii + K_jj - 2 K_ij``, squared Euclidean distances (..., n, n); rounding may leave them below zero."""
    norms = np.diagonal(grams, axis1=-2, axis2=-1)
    return np.asarray(norms[..., :, None] + norms[..., None, :] - 2 * grams)


def centre(grams: Same) -> Same:
    r"""Return the centred Gram matrices (..., n, n), whose rows sum to zero.

    Notes
    -----
    .. math:: H K H, \qquad H = I - 1 1^T / n
    """
    values: Any = grams
    rows = values.mean(-1, keepdims=True)
    columns = values.mean(-2, keepdims=True)
    centred: Same = values - rows - columns + columns.mean(-1, keepdims=True)
    return centred


def u_centre(grams: Same) -> Same:
    r"""Return the U-centred Gram matrices (..., n, n): zero diagonal, every row sums to zero.

    Notes
    -----
    .. math:: U_{ij} = K_{ij} - \frac{1}{n - 2} \sum_{l \ne i} K_{il} - \frac{1}{n - 2} \sum_{l \ne j} K_{lj}
        + \frac{1}{(n - 1)(n - 2)} \sum_{k \ne l} K_{kl}, \quad i \ne j; \qquad U_{ii} = 0

    The matrix is centred first, which changes nothing but the rounding.

    References
    ----------
    Szekely & Rizzo 2014, Annals of Statistics 42, 2382 (arXiv 1310.2926), definition 2.
    """
    values: Any = grams
    n = values.shape[-1]
    apart = like(1 - np.eye(n), values)
    off_diagonal: Any = centre(values) * apart
    rows = off_diagonal.sum(-1, keepdims=True) / (n - 2)
    columns = off_diagonal.sum(-2, keepdims=True) / (n - 2)
    total = off_diagonal.sum((-2, -1), keepdims=True) / ((n - 1) * (n - 2))
    centred: Same = (off_diagonal - rows - columns + total) * apart
    return centred

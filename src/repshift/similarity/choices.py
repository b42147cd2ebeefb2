"""Sums over many choices of the maps at once: with weights 0 and 1, all of them are a few matrix products.

A loop over the choices centres and multiplies the Gram matrices of each; the sums here are the same in another order.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import array_of, empty, like, zeros
from repshift.similarity.gram import centre
from repshift.similarity.portions import Resources
from repshift.similarity.stacks import rounding
from repshift.vocabulary import Estimator

Array = npt.NDArray[np.float64]

LOST: Final = 1e-5
"""Share of the products that centring on a choice may leave, down to which rounding leaves ten digits."""

_PAIRS_AT_ONCE: Final = 512
"""Pairs of maps whose products are summed at a time, at most."""

_MANY_LAYERS: Final = 32
_MANY_LEFT_OUT: Final = 0.6
"""Layers from which, and share of the pairs of maps up to which, the products of a choice are faster by themselves."""


@dataclass(frozen=True)
class CentredSums:
    """Sums of Gram matrices that were centred on each of many choices of their maps.

    Attributes
    ----------
    products
        (choices, layers, layers): the sum of the products of two layers' centred Gram matrices: HSIC up to a
        factor.
    exact
        (choices,): where rounding counts for nothing. Elsewhere centring takes nearly all of a layer away.
    """

    products: Array
    exact: npt.NDArray[np.bool_]

    def cka(self) -> Array:
        """Divide once, (choices, layers, layers); never clamped."""
        return cka_of_products(self.products)


def cka_of_products(products: Array) -> Array:
    """Return CKA (..., layers, layers) of the products of all pairs of layers; NaN of what has none with itself."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / np.sqrt(np.diagonal(products, axis1=-2, axis2=-1))
        found = products * scale[..., :, None]
        found *= scale[..., None, :]
    return np.asarray(found)


def centred_sums(
    grams: Array, weights: Array, *, estimator: Estimator, resources: Resources | None = None
) -> CentredSums:
    r"""Return the products of all pairs of layers, Gram matrices centred on each choice.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    weights
        (choices, n_maps): 1 where a map is chosen and 0 elsewhere; enough of them for the estimator.
    estimator
        ``"debiased"``: U-centred; ``"biased"``: ``H K H``.
    resources
        What is held at a time beside the result, and where.

    Notes
    -----
    With weights w of a choice of n maps, :math:`k_i = \sum_j w_j K_{ij}` and :math:`k = \sum_i w_i k_i`, without the
    diagonal where debiased, and l of L alike:

    .. math:: \langle K, L \rangle = \sum_{ij} w_i w_j K_{ij} L_{ij} - \frac{2}{m} \sum_i w_i k_i l_i + \frac{k l}{M}

    with m = n and M = n^2 of the biased estimator, m = n - 2 and M = (n - 1) (n - 2) of the debiased one.
    """
    debiased, allowed = estimator == "debiased", resources or Resources()
    values = allowed.placed(about_central_maps(grams, diagonal=not debiased))
    products = pair_products(values, weights, diagonal=not debiased, resources=allowed)
    uncentred = np.diagonal(products, axis1=1, axis2=2).copy()
    n_layers, n_maps = values.shape[:2]
    for part in allowed.portions(len(weights), each=3 * n_layers * (n_maps + n_layers), what="A choice of the maps"):
        chosen = like(weights[part], values)
        rows = (chosen @ values).swapaxes(0, 1) * chosen[:, None]
        products[part] += array_of(centring(rows, chosen.sum(1), debiased=debiased))
    own = np.diagonal(products, axis1=1, axis2=2)
    floor = np.maximum(LOST * uncentred, (2 * rounding(grams)) ** 2)
    return CentredSums(products, np.asarray((own > floor).all(1)))


def about_central_maps(grams: Array, *, diagonal: bool) -> Array:
    """Return Gram matrices less their rows' means over the half of the maps nearest to the mean of all.

    What is centred on a choice is the same, but no far map that is not chosen has left its rounding in the others.
    """
    found = np.empty_like(grams)
    counted = np.ones(grams.shape[1:]) if diagonal else 1 - np.eye(grams.shape[-1])
    for layer, gram in enumerate(grams):
        distances = np.diagonal(centre(gram))
        central = (distances <= np.median(distances)).astype(np.float64)
        taken = central * counted
        rows = (gram * taken).sum(-1) / taken.sum(-1)
        shifts = rows - (rows * central).sum() / central.sum() / 2
        found[layer] = (gram - (shifts[:, None] + shifts)) * counted
    return found


def centring(rows: Any, n: Any, *, debiased: bool) -> Any:  # noqa: ANN401 - arrays or tensors
    """Return what centring adds to the products of all pairs of layers, (choices, layers, layers).

    Parameters
    ----------
    rows
        (choices, layers, n_maps): ``w_i sum_j w_j K_ij``.
    n
        (choices,): how many maps are chosen.
    """
    n, total = n[:, None, None], rows.sum(-1)
    shares = (1 / (n - 2), 1 / ((n - 1) * (n - 2))) if debiased else (1 / n, 1 / n**2)
    return shares[1] * total[:, :, None] * total[:, None, :] - 2 * shares[0] * (rows @ rows.swapaxes(1, 2))


def pair_products(values: Any, weights: Array, *, diagonal: bool, resources: Resources | None = None) -> Array:  # noqa: ANN401
    """Return ``sum_ij w_i w_j K_ij L_ij`` of any weights (choices, n_maps) and every pair of layers.

    Parameters
    ----------
    values
        (layers, n_maps, n_maps), symmetric; an array, or a tensor.
    weights
        (choices, n_maps), not negative.
    diagonal
        Whether the pairs of a map with itself count.
    resources
        What is held at a time beside the result.

    Returns
    -------
    (choices, layers, layers).

    Notes
    -----
    Of few layers all choices are one product, (pairs of layers, pairs of maps) by (pairs of maps, choices). Of many,
    where choices leave out many maps, each by itself takes fewer operations than that.
    """
    if len(values) >= _MANY_LAYERS and np.square((weights > 0).mean(1)).mean() < _MANY_LEFT_OUT:
        return _products_one_by_one(values, weights, diagonal=diagonal)
    allowed = resources or Resources()
    first, second = np.triu_indices(values.shape[-1], k=0 if diagonal else 1)
    row, column = np.triu_indices(len(values))
    doubled = np.where(first == second, 1.0, 2.0)
    found = np.empty((len(weights), len(values), len(values)))
    step = max(1, min(_PAIRS_AT_ONCE, allowed.numbers // (6 * len(row))))
    blocks = allowed.part(0.75).portions(
        len(weights), each=2 * len(row) + 3 * step, what=f"A resample of {len(values)} layers"
    )
    for block in blocks:
        chosen = like(np.ascontiguousarray(weights[block].T), values)
        total = zeros((len(row), chosen.shape[1]), like=values)
        for start in range(0, len(first), step):
            part = slice(start, start + step)
            both = chosen[first[part]] * chosen[second[part]]
            entries = values[:, first[part], second[part]]
            total += _products_of_layers(entries, entries * like(doubled[part], values)) @ both
        found[block, row, column] = found[block, column, row] = np.transpose(array_of(total))
    return found


def _products_of_layers(entries: Any, others: Any) -> Any:  # noqa: ANN401 - arrays or tensors
    """Return the products of every pair of rows, (pairs, n), in the order of ``np.triu_indices``."""
    n_layers, n = entries.shape
    found = empty((n_layers * (n_layers + 1) // 2, n), like=entries)
    start = 0
    for layer in range(n_layers):
        found[start : start + n_layers - layer] = entries[layer:]
        found[start : start + n_layers - layer] *= others[layer]
        start += n_layers - layer
    return found


def _products_one_by_one(values: Any, weights: Array, *, diagonal: bool) -> Array:  # noqa: ANN401
    """Return `pair_products` of one choice after the other: ``A^T A`` of its entries (pairs of maps, layers)."""
    n_layers, n_maps = values.shape[:2]
    flat = like(np.ascontiguousarray(array_of(values).reshape(n_layers, -1).T), values)
    found = np.empty((len(weights), n_layers, n_layers))
    for number, weight in enumerate(weights):
        maps = np.flatnonzero(weight)
        first, second = np.triu_indices(len(maps), k=0 if diagonal else 1)
        taken = flat[maps[first] * n_maps + maps[second]]
        counted = weight[maps[first]] * weight[maps[second]] * np.where(first == second, 1, 2)
        if (counted != counted[:1]).any():
            taken *= like(np.sqrt(counted), values)[:, None]
            counted = np.ones(1)
        found[number] = array_of(taken.T @ taken) * (counted[0] if len(counted) else 0)
    return found

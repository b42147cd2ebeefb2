"""Debiased CKA on many halves of the maps and on what each leaves, and how numbers of both change with a map's weight.

What the permutation test of two domains of one map a simulation needs. Sums over what a half leaves are those over all
maps less others that are known, so both halves cost little more than one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import array_of, either, is_tensor, like, zeros
from repshift.similarity.choices import LOST, about_central_maps, centring, cka_of_products, pair_products
from repshift.similarity.portions import Resources, cached
from repshift.similarity.stacks import rounding, scale_of, scaled

Array = npt.NDArray[np.float64]

Directions = Callable[[Array], tuple[Array, Array]]
"""Takes matrices of CKA (..., layers, layers); returns numbers of each (..., numbers), and the vectors x along which
they change (..., numbers, layers): the change of a number is ``x^T dCKA x``."""


@dataclass(frozen=True)
class Halves:
    """Numbers of the CKA on each choice of the maps (0) and on all other maps (1), and their standard errors.

    Attributes
    ----------
    numbers, errors
        (2, choices, numbers); errors are of the infinitesimal jackknife.
    exact
        (2, choices): where rounding counts for nothing, as in `repshift.similarity.choices.CentredSums`. Elsewhere
        numbers and errors mean nothing.
    """

    numbers: Array
    errors: Array
    exact: npt.NDArray[np.bool_]


def numbers_of_halves(
    grams: Array, chosen: npt.NDArray[np.bool_], *, directions: Directions, resources: Resources | None = None
) -> Halves:
    """Return numbers of the debiased CKA of all pairs of layers on choices of the maps and on what each leaves.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), of simulations of one map each.
    chosen
        (choices, n_maps): four maps at least, and four that are left.
    directions
        Makes the numbers of matrices.
    resources
        What is held at a time beside the result, and where.

    Notes
    -----
    With the weights w of a choice, and 1 - w of what it leaves,

        sum_ij (1 - w_i) (1 - w_j) K_ij L_ij = sum_ij K_ij L_ij - 2 sum_ij w_i K_ij L_ij + sum_ij w_i w_j K_ij L_ij.

    A number changes with the weight of a map by ``x^T dCKA x``. With U the U-centred matrices of a choice, scaled to
    norm 1, the share of a map in ``x^T CKA x`` is the sum of its row of ``(sum_l x_l U_l)^2``: row i of all choices is
    one product, (choices, layers) by (layers, n_maps). The slow twin is
    `repshift.similarity.reweighting.between_cka_influence`.
    """
    allowed = resources or Resources()
    grams = scaled(grams, by=scale_of(grams))
    whole = _Whole(allowed.placed(about_central_maps(grams, diagonal=False)), (2 * rounding(grams)) ** 2)
    n_layers = len(grams)
    half = allowed.part(0.5)
    found = [
        _of_block(whole, chosen[block], directions, half)
        for block in half.portions(len(chosen), each=3 * n_layers**2, what=f"A permutation of {n_layers} layers")
    ]
    return Halves(*(np.concatenate(parts, axis=1) for parts in zip(*found, strict=True)))


class _Whole:
    """Gram matrices about their central maps, without the diagonal, and sums of their rows over all maps.

    Attributes
    ----------
    values
        (layers, n_maps, n_maps).
    rows, squares
        (layers, n_maps): sums of each row, and of its squares.
    products
        (n_maps, layers, layers): sums of the products of two layers over each row; on the host.
    floor
        (layers,): the sum of squares that is but rounding.
    """

    def __init__(self, values: Any, floor: Array) -> None:  # noqa: ANN401 - an array or a tensor
        self.values, self.floor = values, floor
        of_maps = values.swapaxes(0, 1)
        self.products = array_of(of_maps @ of_maps.swapaxes(1, 2))
        self.rows = values.sum(-1)
        self.squares = like(np.diagonal(self.products, axis1=1, axis2=2).T.copy(), values)


def _of_block(
    whole: _Whole, chosen: npt.NDArray[np.bool_], directions: Directions, resources: Resources
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Return the numbers, errors and exactness of some choices and of what they leave, (2, choices, ...)."""
    weights, n_layers = chosen.astype(np.float64), len(whole.values)
    products = np.empty((2, len(weights), n_layers, n_layers))
    products[0] = pair_products(whole.values, weights, diagonal=False, resources=resources)
    taken = (weights @ whole.products.reshape(len(whole.products), -1)).reshape(products[0].shape)
    total = whole.products.sum(0)
    products[1] = total - 2 * taken + products[0]
    # where nearly all was taken away, as by a far map, the difference has lost digits
    lost = (np.diagonal(products[1], axis1=1, axis2=2) < 10 * LOST * np.diagonal(total)).any(1)
    if lost.any():
        products[1, lost] = pair_products(whole.values, 1 - weights[lost], diagonal=False, resources=resources)
    found = tuple(np.empty((2, len(weights), *shape)) for shape in ((2,), (2,), ()))
    each = (9 * whole.values.shape[-1] + 8 * n_layers) * n_layers
    for apart, which in ((False, np.flatnonzero(~lost)), (True, np.flatnonzero(lost))):
        for part in resources.portions(len(which), each=each, what="A permutation"):
            some = which[part]
            for kept, one in zip(
                found, _of_some(whole, weights[some], products[:, some], directions, apart, resources), strict=True
            ):
                kept[:, some] = one
    return found[0], found[1], found[2].astype(bool)


def _of_some(
    whole: _Whole, weights: Array, products: Array, directions: Directions, apart: bool, resources: Resources
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Return what `_of_block` does of as many choices as memory holds.

    Parameters
    ----------
    products
        (2, choices, layers, layers): `pair_products` of both halves; changed.
    apart
        Whether sums over what is left are summed by themselves, not taken from those over all maps.
    """
    values = whole.values
    sides = like(np.stack([weights, 1 - weights]), values)
    rows, squares = _row_sums(whole, sides, apart=apart)
    n = sides.sum(-1)
    uncentred = np.diagonal(products, axis1=2, axis2=3).copy()
    for side in (0, 1):
        products[side] += array_of(centring(rows[side], n[side], debiased=True))
    own = np.diagonal(products, axis1=2, axis2=3)
    exact = np.asarray((own > np.maximum(LOST * uncentred, whole.floor)).all(-1))
    cka = np.where(exact[..., None, None], cka_of_products(products), np.eye(len(values)))
    own = np.where(exact[..., None], own, 1)
    numbers, vectors = directions(cka)
    scaled = like(vectors / np.sqrt(own)[:, :, None], values)
    moved = like(vectors * (vectors @ cka) / own[:, :, None], values)
    rows /= (n - 2)[:, :, None, None]
    changes = _shares_of_directions(values, sides, scaled, rows, resources.part(0.25))
    shares = _shares_of_layers(values, sides, squares, rows)
    changes -= either(sides[0, :, None] > 0, moved[0] @ shares, moved[1] @ shares)
    variances = [array_of((changes * changes) @ side[:, :, None])[..., 0] for side in sides]
    count = array_of(n)[:, :, None]
    return numbers, 2 * np.sqrt(count / (count - 1) * np.stack(variances)), exact


def _row_sums(whole: _Whole, sides: Any, *, apart: bool) -> tuple[Any, Any]:  # noqa: ANN401 - arrays or tensors
    """Return ``w_i sum_j w_j K_ij`` of both halves, and ``sum_j w_j K_ij^2`` of the half that map i is of.

    Returns
    -------
    (2, choices, layers, n_maps) and (choices, layers, n_maps).
    """
    chosen, left = sides
    n_layers, n_maps = whole.values.shape[:2]
    rows = zeros((2, len(chosen), n_layers, n_maps), like=whole.values)
    squares = zeros((len(chosen), n_layers, n_maps), like=whole.values)
    for layer, gram in enumerate(whole.values):
        squared = gram * gram
        of_chosen, squares_chosen = chosen @ gram, chosen @ squared
        of_left = left @ gram if apart else whole.rows[layer] - of_chosen
        squares_left = left @ squared if apart else whole.squares[layer] - squares_chosen
        rows[0, :, layer], rows[1, :, layer] = of_chosen * chosen, of_left * left
        squares[:, layer] = either(chosen > 0, squares_chosen, squares_left)
    return rows, squares


def _shares_of_directions(values: Any, sides: Any, scaled: Any, means: Any, resources: Resources) -> Any:  # noqa: ANN401
    """Return what each map adds to the square of the layers' combinations on its half, (choices, directions, n_maps).

    Parameters
    ----------
    scaled
        (2, choices, directions, layers): how the layers combine.
    means
        (2, choices, layers, n_maps): ``w_i sum_j w_j K_ij / (n - 2)`` of each half.
    """
    n_maps = values.shape[-1]
    of_combined = scaled[0] @ means[0] + scaled[1] @ means[1]  # a map is of one half
    squares, doubled = zeros(of_combined.shape, like=values), 2 * of_combined
    n_choices, n_directions, n_layers = scaled[0].shape
    of_maps = values.swapaxes(0, 1)
    # on a device also the combinations, their products, and the weights beside them
    several = 4 if is_tensor(values) else 1
    for part in cached(n_choices, each=several * n_directions * n_maps, like=values, resources=resources):
        chosen, some = sides[:, part], doubled[part]
        for tile in cached(n_maps, each=several * math.prod(some.shape), like=values, resources=resources):
            here = chosen[0].T[tile] > 0
            factors = either(here[:, :, None, None], scaled[0, part], scaled[1, part])
            combined = factors.reshape(len(factors), -1, n_layers) @ of_maps[tile]
            combined = combined.reshape(len(factors), *some.shape)
            product = combined - some
            product *= combined
            with_it = either(here[:, :, None], chosen[0], chosen[1])
            squares[part, :, tile] = (product @ with_it[..., None])[..., 0].swapaxes(0, 1).swapaxes(1, 2)
    return _centred_squares(squares, of_combined, sides)


def _shares_of_layers(values: Any, sides: Any, squares: Any, means: Any) -> Any:  # noqa: ANN401
    """Return what each map adds to the square of each layer on its half, (choices, layers, n_maps): `squares`."""
    for layer, gram in enumerate(values):
        crossed = either(sides[0] > 0, means[0, :, layer] @ gram, means[1, :, layer] @ gram)
        squares[:, layer] -= 2 * crossed
    return _centred_squares(squares, means[0] + means[1], sides)


def _centred_squares(squares: Any, means: Any, sides: Any) -> Any:  # noqa: ANN401 - arrays or tensors
    """Return ``sum_j w_j U_ij^2`` of U-centred matrices from sums of the matrices K before, (choices, ..., n_maps).

    Parameters
    ----------
    squares
        ``sum_j w_j K_ij^2 - 2 sum_j K_ij a_j`` over the half that map i is of; changed.
    means
        ``a_i = w_i sum_j w_j K_ij / (n - 2)``.

    Notes
    -----
    ``U_ij = K_ij - a_j + b_i`` with ``b_i = sum_j a_j / (n - 1) - a_i``, and the rows of U sum to zero.
    """
    here, left = sides[0, :, None] > 0, sides.sum(-1)[:, :, None, None] - 1
    sums = [means @ side[:, :, None] for side in sides]
    of_squares = [(means * means) @ side[:, :, None] for side in sides]
    moved = either(here, sums[0] / left[0], sums[1] / left[1]) - means
    squares += either(here, of_squares[0], of_squares[1])
    squares -= means * means
    squares -= either(here, left[0], left[1]) * moved * moved
    return squares

"""Sums over many choices of the maps at once: with weights 0 and 1, all of them are a few matrix products.

A loop over the choices centres and multiplies the Gram matrices of each; the sums here are the same in another order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import centre
from repshift.similarity.stacks import rounding
from repshift.vocabulary import Estimator

Array = npt.NDArray[np.float64]

_NUMBERS_AT_ONCE: Final = 1 << 20
"""Numbers of the largest arrays held for a block of choices: 8 MiB."""

_SQUARES_AT_ONCE: Final = 1 << 17
"""Numbers of the combined Gram matrices squared at a time: 1 MiB, which stay in the cache."""

_LOST: Final = 1e-5
"""Share of the products that centring on a choice may leave, down to which rounding leaves ten digits."""


@dataclass(frozen=True)
class CentredSums:
    """Sums of Gram matrices that were centred on each of many choices of their maps.

    Attributes
    ----------
    products
        (choices, layers, layers): the sum of the products of two layers' centred Gram matrices, as HSIC but for a
        factor.
    exact
        (choices,): where rounding counts for nothing. Elsewhere centring takes nearly all of a layer away.
    """

    products: Array
    exact: npt.NDArray[np.bool_]

    def cka(self) -> Array:
        """Divide once, (choices, layers, layers); never clamped."""
        own = np.diagonal(self.products, axis1=1, axis2=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.products / np.sqrt(own[:, :, None] * own[:, None, :]))


def centred_sums(grams: Array, weights: Array, *, estimator: Estimator) -> CentredSums:
    """Return the products of all pairs of layers, Gram matrices centred on each choice.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    weights
        (choices, n_maps): 1 where a map is chosen and 0 elsewhere; enough of them for the estimator.
    estimator
        ``"debiased"``: U-centred; ``"biased"``: ``H K H``.

    Notes
    -----
    With w of a choice of n maps, ``k_i = sum_j w_j K_ij`` and ``k = sum_i w_i k_i``, and no diagonal where debiased:

        <K, L> = sum_ij w_i w_j K_ij L_ij - 2 / m sum_i w_i k_i l_i + k l / M

    with m = n and M = n^2 of the biased estimator, m = n - 2 and M = (n - 1) (n - 2) of the debiased one.
    """
    debiased = estimator == "debiased"
    values = _about_central_maps(grams, diagonal=not debiased)
    step = _NUMBERS_AT_ONCE // (len(values) * max(values.shape[-1], len(values)))
    parts = [_centred(values, weights[block], debiased=debiased) for block in _slices(len(weights), step)]
    products, uncentred = (np.concatenate(each) for each in zip(*parts, strict=True))
    own = np.diagonal(products, axis1=1, axis2=2)
    floor = np.maximum(_LOST * uncentred, (2 * rounding(grams)) ** 2)
    return CentredSums(products, np.asarray((own > floor).all(1)))


def _about_central_maps(grams: Array, *, diagonal: bool) -> Array:
    """Return Gram matrices less their rows' means over the half of the maps nearest to the mean of all.

    What is centred on a choice is the same, but no far map that is not chosen has left its rounding in the others.
    """
    distances = np.diagonal(centre(grams), axis1=1, axis2=2)
    central = (distances <= np.median(distances, axis=1, keepdims=True)).astype(np.float64)[:, None]
    counted = np.ones(grams.shape[1:]) if diagonal else 1 - np.eye(grams.shape[-1])
    taken = central * counted
    rows = (grams * taken).sum(-1) / taken.sum(-1)
    mean = (rows * central[:, 0]).sum(-1) / central.sum((1, 2))
    shifts = rows - mean[:, None] / 2
    return np.asarray((grams - (shifts[:, :, None] + shifts[:, None, :])) * counted)


def _centred(values: Array, weights: Array, *, debiased: bool) -> tuple[Array, Array]:
    """Return `CentredSums.products` of some choices, and those of each layer with itself before centring."""
    products = pair_products(values, weights, diagonal=not debiased)
    uncentred = np.diagonal(products, axis1=1, axis2=2).copy()
    n = weights.sum(1)[:, None, None]
    rows = np.matmul(weights, values).swapaxes(0, 1) * weights[:, None]
    total = rows.sum(-1)
    shares = (1 / (n - 2), 1 / ((n - 1) * (n - 2))) if debiased else (1 / n, 1 / n**2)
    products += shares[1] * total[:, :, None] * total[:, None, :] - 2 * shares[0] * (rows @ rows.swapaxes(1, 2))
    return products, uncentred


def pair_products(values: Array, weights: Array, *, diagonal: bool) -> Array:
    """Return ``sum_ij w_i w_j K_ij L_ij`` of any weights (choices, n_maps) and every pair of layers.

    Parameters
    ----------
    values
        (layers, n_maps, n_maps), symmetric.
    weights
        (choices, n_maps).
    diagonal
        Whether the pairs of a map with itself count.

    Returns
    -------
    (choices, layers, layers).
    """
    first, second = np.triu_indices(values.shape[-1], k=0 if diagonal else 1)
    row, column = np.triu_indices(len(values))
    found = np.empty((len(weights), len(values), len(values)))
    for block in _slices(len(weights), 2 * _NUMBERS_AT_ONCE // len(row)):
        chosen = np.ascontiguousarray(weights[block].T)
        total = np.zeros((len(row), chosen.shape[1]))
        for part in _slices(len(first), _NUMBERS_AT_ONCE // max(chosen.shape[1], len(row))):
            both = chosen[first[part]] * chosen[second[part]]
            pairs = values[:, first[part], second[part]]
            total += (pairs[row] * np.where(first[part] == second[part], 1, 2) * pairs[column]) @ both
        found[block, row, column] = found[block, column, row] = np.transpose(total)
    return found


@dataclass(frozen=True)
class ChoiceInfluence:
    """Debiased CKA on many choices of simulations of one map each, and how it changes with their weights.

    Attributes
    ----------
    cka
        (choices, layers, layers).
    exact
        As in `CentredSums`.
    """

    cka: Array
    exact: npt.NDArray[np.bool_]
    _values: Array
    _weights: Array
    _own: Array

    def along(self, directions: Array) -> Array:
        """Return the derivative of ``x^T CKA x`` by the weight of each simulation, as in `between_cka_influence`.

        Parameters
        ----------
        directions
            (choices, n_directions, layers): the x.

        Returns
        -------
        (choices, n_directions, n_maps); 0 where a simulation is not chosen.

        Notes
        -----
        With U of a choice scaled to norm 1, the share of a map in ``x^T CKA x`` is that in ``sum_l x_l U_l`` squared.
        """
        n, n_maps = len(directions), self._values.shape[-1]
        moved = directions * (directions @ self.cka) / self._own[:, None]
        found = np.empty((*directions.shape[:2], n_maps))
        for block in _slices(n, _SQUARES_AT_ONCE // (directions.shape[1] * n_maps**2)):
            found[block] = self._shares(block, directions)
        for block in _slices(n, _SQUARES_AT_ONCE // (len(self._values) * n_maps)):
            found[block] -= moved[block] @ self._layer_shares(block)
        return 2 * found

    def _shares(self, block: slice, directions: Array) -> Array:
        """Return what each map adds to the squares of the layers' combinations, (choices, n_directions, n_maps)."""
        weights = self._weights[block, None, :]
        scaled = directions[block] / np.sqrt(self._own[block, None, :])
        combined = np.tensordot(scaled, self._values, axes=1)
        rows = (combined @ weights[..., None])[..., 0] * weights
        means = rows / (weights.sum(-1, keepdims=True) - 2)
        crossed = (combined @ means[..., None])[..., 0]
        return _centred_squares((np.square(combined) @ weights[..., None])[..., 0], crossed, means, weights)

    def _layer_shares(self, block: slice) -> Array:
        """Return what each map adds to the squares of each layer, (choices, layers, n_maps)."""
        weights = self._weights[block]
        rows = np.matmul(weights, self._values) * weights
        means = rows / (weights.sum(-1, keepdims=True) - 2)
        crossed = np.matmul(means, self._values).swapaxes(0, 1)
        squares = np.matmul(weights, np.square(self._values)).swapaxes(0, 1)
        return _centred_squares(squares, crossed, means.swapaxes(0, 1), weights[:, None])


def _centred_squares(squares: Array, crossed: Array, means: Array, weights: Array) -> Array:
    """Return ``sum_j w_j U_ij^2`` of U-centred matrices from the sums of the matrices K before, (..., n_maps).

    Parameters
    ----------
    squares, crossed, means
        ``sum_j w_j K_ij^2``, ``sum_j K_ij a_j`` and ``a_i = w_i sum_j w_j K_ij / (n - 2)``.

    Notes
    -----
    ``U_ij = K_ij - a_j + b_i`` with ``b_i = sum_j a_j / (n - 1) - a_i``, and the rows of U sum to zero.
    """
    n = weights.sum(-1, keepdims=True)
    others = np.square(means).sum(-1, keepdims=True) - np.square(means)
    moved = means.sum(-1, keepdims=True) / (n - 1) - means
    return np.asarray(weights * (squares - 2 * crossed + others - (n - 1) * np.square(moved)))


def _slices(n: int, step: int) -> Iterator[slice]:
    """Yield slices of n things, `step` at a time, or one where that is none."""
    yield from (slice(*ends) for ends in pairwise([*range(0, n, max(1, step)), n]))


def choice_influence(grams: Array, weights: Array) -> ChoiceInfluence:
    """Return the debiased CKA on many choices of simulations of one map each, and its influences.

    Arguments as in `centred_sums`; the slow twin is `repshift.similarity.reweighting.between_cka_influence`.
    """
    sums = centred_sums(grams, weights, estimator="debiased")
    own = np.where(sums.exact[:, None], np.diagonal(sums.products, axis1=1, axis2=2), 1)
    return ChoiceInfluence(sums.cka(), sums.exact, _about_central_maps(grams, diagonal=False), weights, own)

"""CKA of pairs of maps of different simulations, where simulations count more or less: resamples, and derivatives."""

import numpy as np
import numpy.typing as npt

from repshift.similarity.between import CentredBetween, centred_between
from repshift.similarity.choices import cka_of_products, pair_products
from repshift.similarity.portions import Resources
from repshift.similarity.stacks import Grams, scale_of, scaled
from repshift.vocabulary import InputError


def weighted_cka_matrices(
    grams: Grams,
    weights: npt.NDArray[np.float64],
    *,
    simulations: npt.ArrayLike,
    resources: Resources | None = None,
) -> npt.NDArray[np.float64]:
    r"""Return the debiased CKA of every pair of layers for many weightings of the simulations: resamples.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    weights
        (resamples, simulations), not negative, for the simulations in the order of their first maps.
    simulations
        (n_maps,) labels, as in `between_hsic_terms`.
    resources
        What is held at a time beside the result, and where.

    Returns
    -------
    (resamples, layers, layers) float64, at most 1; with equal weights that of `between_cka_matrix`.

    Raises
    ------
    InputError
        As in `between_hsic_terms`, if weights do not fit the simulations, or a resample leaves fewer than two.

    Notes
    -----
    With the weight :math:`w_a` of simulation a, and :math:`k_{ab} \cdot l_{ab}` what simulations a and b add to HSIC in
    the Notes of `between_hsic_terms`,

    .. math:: \mathrm{CKA}(w) = \frac{\sum_{a \ne b} w_a w_b \, k_{ab} \cdot l_{ab}}
        {\sqrt{\sum_{a \ne b} w_a w_b \, k_{ab} \cdot k_{ab} \; \sum_{a \ne b} w_a w_b \, l_{ab} \cdot l_{ab}}}.

    The centring is that of the whole sample: to first order in 1 / G the weights do not change it. A simulation drawn
    twice never meets itself, as it does where rows are drawn with replacement: that drives CKA to 1.
    """
    parts, allowed = centred_between(_scaled(grams), simulations=simulations), resources or Resources()
    _require_weights(weights, n_simulations=parts.means.shape[-1])
    cross = pair_products(allowed.placed(parts.means), weights, diagonal=False, resources=allowed)
    for layer in range(len(parts.means) if parts.mixed.size else 0):
        cross[:, layer, layer:] += _weighted_sums(_contributions(parts, layer), weights, allowed)
        cross[:, layer:, layer] = cross[:, layer, layer:]
    return cka_of_products(cross)


def between_cka_influence(
    grams: Grams, *, simulations: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    r"""Return `between_cka_matrix`, and how it changes with the weight of each simulation.

    Arguments and errors as in `between_hsic_terms`.

    Returns
    -------
    CKA (layers, layers), and its derivative by the weight of a simulation in `weighted_cka_matrices`, where all are 1:
    (simulations, layers, layers), in the order of their first maps. It sums to zero over the simulations; the sum of
    its squares is the variance of CKA to first order (the infinitesimal jackknife).

    Notes
    -----
    With :math:`s_a(K, L) = \sum_b k_{ab} \cdot l_{ab}`, of the terms of `weighted_cka_matrices`, and their sum S,

    .. math:: \frac{\partial \, \mathrm{CKA}}{\partial w_a} = \frac{2 s_a(K, L)}{\sqrt{S(K, K) \, S(L, L)}}
        - \mathrm{CKA} \left( \frac{s_a(K, K)}{S(K, K)} + \frac{s_a(L, L)}{S(L, L)} \right).
    """
    shares = _shares(centred_between(_scaled(grams), simulations=simulations))
    total = shares.sum(0)
    own = np.diagonal(total)
    scale = np.sqrt(np.outer(own, own))
    found = total / scale
    relative = np.diagonal(shares, axis1=1, axis2=2) / own
    return found, 2 * shares / scale - found * (relative[:, :, None] + relative[:, None, :])


def _scaled(grams: Grams) -> Grams:
    """Return Gram matrices each scaled as products need it, with their names; no CKA changes with a scale."""
    found: Grams = scaled(grams, by=scale_of(grams))
    return found


def _contributions(parts: CentredBetween, layer: int) -> npt.NDArray[np.float64]:
    """Return what each pair of simulations of several maps adds, beside that of their means, for a layer and the next.

    Returns
    -------
    (layers - layer, G, G), whose symmetric part counts.
    """
    mixed, single = (part[layer] * part[layer:] for part in (parts.mixed, parts.single))
    return np.asarray(parts.members @ mixed + parts.members @ single @ parts.members.T)


def _shares(parts: CentredBetween) -> npt.NDArray[np.float64]:
    """Return what each simulation adds to the products of all pairs of layers, half of each of its pairs.

    Returns
    -------
    (G, layers, layers).
    """
    of_map = _summed_products(parts.mixed) / 2 + _summed_products(parts.single)
    of_other = _summed_products(parts.mixed.swapaxes(1, 2)) / 2
    return np.asarray(_summed_products(parts.means) + of_other + np.tensordot(parts.members, of_map, axes=1))


def _summed_products(part: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``sum_j A_lij A_mij`` of a part (layers, i, j), as (i, layers, layers)."""
    return part.transpose(1, 0, 2) @ part.transpose(1, 2, 0)


def _weighted_sums(
    contributions: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], resources: Resources
) -> npt.NDArray[np.float64]:
    """Return ``w^T C w`` of every weighting (resamples, G) and every matrix (..., G, G), as (resamples, ...)."""
    return np.concatenate(
        [
            np.einsum("mar,ra->rm", contributions @ weights[some].T, weights[some])
            for some in resources.portions(len(weights), each=contributions[..., 0].size, what="A resample")
        ]
    )


def _require_weights(weights: npt.NDArray[np.float64], *, n_simulations: int) -> None:
    if weights.ndim != 2 or weights.shape[1] != n_simulations:
        raise InputError(f"Weights {weights.shape} do not fit {n_simulations} simulations: (resamples, simulations).")
    if (weights < 0).any() or ((weights > 0).sum(1) < 2).any():
        raise InputError("Weights are not negative, and positive for two simulations at least in each resample.")

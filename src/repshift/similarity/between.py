"""CKA where several maps come from one simulation: from pairs of maps of different simulations only.

Maps of one simulation are alike in every layer, which HSIC_1 takes for similarity of the layers. Here no two maps of
one simulation meet, neither in a product nor in the centring.

References
----------
Song et al. 2012, JMLR 13, 1393, eq. 5 (HSIC_1, which this is where each simulation has one map).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import Grams, centre, u_centre, varying_grams
from repshift.similarity.hsic import FEWEST_MAPS, HSICTerms
from repshift.vocabulary import InputError

_CHUNK_NUMBERS = 1 << 22
"""Numbers of one product over resamples: 32 MiB."""


@dataclass(frozen=True)
class CentredBetween:
    """Gram matrices of G simulations in orthogonal parts; the sum of the products of two layers is G (G - 3) HSIC.

    Attributes
    ----------
    means
        (layers, G, G): the mean over the maps of both simulations, U-centred.
    mixed
        (layers, n_maps, G): how a map differs from its simulation, in the mean over the maps of another one.
    single
        (layers, n_maps, n_maps): what is left. Both are empty, of no maps, where each simulation has one.
    members
        (G, n_maps): 1 where the map is of the simulation.
    """

    means: npt.NDArray[np.float64]
    mixed: npt.NDArray[np.float64]
    single: npt.NDArray[np.float64]
    members: npt.NDArray[np.float64]

    def rows(self) -> npt.NDArray[np.float64]:
        """Return all parts as rows (layers, numbers), whose products are those of the layers."""
        parts = (self.means, self.mixed, self.single)
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)

    def contributions(self, layer: int) -> npt.NDArray[np.float64]:
        """Return what each pair of simulations adds to the products of a layer with itself and those after it.

        Returns
        -------
        (layers - layer, G, G), whose symmetric part counts.
        """
        means, mixed, single = (part[layer] * part[layer:] for part in (self.means, self.mixed, self.single))
        return means + self.members @ mixed + self.members @ single @ self.members.T

    def shares(self) -> npt.NDArray[np.float64]:
        """Return what each simulation adds to the products of all pairs of layers, half of each of its pairs.

        Returns
        -------
        (G, layers, layers).
        """
        of_map = _summed_products(self.mixed) / 2 + _summed_products(self.single)
        of_other = _summed_products(self.mixed.swapaxes(1, 2)) / 2
        return _summed_products(self.means) + of_other + np.tensordot(self.members, of_map, axes=1)


def between_hsic_terms(grams: Grams, *, simulations: npt.ArrayLike) -> HSICTerms:
    """Return the HSIC of every pair of layers, from pairs of maps of different simulations only.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.
    simulations
        (n_maps,) labels: maps with equal labels are of one simulation. Simulations of two suites need labels of their
        own.

    Returns
    -------
    Terms (layers, layers) and (layers,). HSIC of two layers may be negative, that of a layer with itself may not.

    Raises
    ------
    InputError
        If there are fewer than four simulations, labels do not fit the maps, or a layer has no similarity to anything.

    Notes
    -----
    The mean of HSIC_1 over every choice of one map from each simulation, in closed form: so it is unbiased for
    ``E[k l] + E[k] E[l] - 2 E[k(1, 2) l(1, 3)]`` of maps of different simulations, whatever the correlation within one;
    simulations count alike, however many maps they have; and with one map each it is HSIC_1. With G simulations,
    i in a and j in b maps, and means over maps: ``P_ab`` of K over both, ``A_ib = K_ib - P_ab`` centred over b, and
    ``E_ij = K_ij - K_ib - K_aj + P_ab``,

        G (G - 3) HSIC = <U(P), U(P')> + 2 (G - 3)/(G - 2) sum_ab <A_ib A'_ib>_i + (G - 3)/(G - 1) sum_ab <E_ij E'_ij>_ij

    with U the U-centring: the parts are what a choice leaves fixed, what hangs on one of the two maps, and on both.
    """
    parts = centred_between(grams, simulations)
    n = parts.means.shape[-1]
    rows = parts.rows()
    cross = rows @ rows.T / (n * (n - 3))
    own = np.diagonal(cross).copy()
    return HSICTerms(cross, own, own)


def between_cka_matrix(grams: Grams, *, simulations: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the debiased CKA of every pair of layers, from pairs of maps of different simulations only.

    Arguments and errors as in `between_hsic_terms`.

    Returns
    -------
    (layers, layers) float64, at most 1; near 0 for independent layers, so it may be negative.

    Examples
    --------
    >>> layers = np.random.default_rng(0).normal(size=(2, 8, 3))
    >>> between_cka_matrix(layers @ layers.swapaxes(1, 2), simulations=[0, 0, 1, 1, 2, 2, 3, 3]).shape
    (2, 2)
    """
    return between_hsic_terms(grams, simulations=simulations).cka()


def between_cka_influence(
    grams: Grams, *, simulations: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return `between_cka_matrix`, and how it changes with the weight of each simulation.

    Arguments and errors as in `between_hsic_terms`.

    Returns
    -------
    CKA (layers, layers), and its derivative by the weight of a simulation in `weighted_cka_matrices`, where all are 1:
    (simulations, layers, layers), in the order of their first maps. It sums to zero over the simulations; the sum of
    its squares is the variance of CKA to first order (the infinitesimal jackknife).
    """
    shares = centred_between(grams, simulations).shares()
    total = shares.sum(0)
    own = np.diagonal(total)
    scale = np.sqrt(np.outer(own, own))
    found = total / scale
    relative = np.diagonal(shares, axis1=1, axis2=2) / own
    return found, 2 * shares / scale - found * (relative[:, :, None] + relative[:, None, :])


def weighted_cka_matrices(
    grams: Grams, weights: npt.NDArray[np.float64], *, simulations: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return the debiased CKA of every pair of layers for many weightings of the simulations: resamples.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    weights
        (resamples, simulations), not negative, for the simulations in the order of their first maps.
    simulations
        (n_maps,) labels, as in `between_hsic_terms`.

    Returns
    -------
    (resamples, layers, layers) float64, at most 1; with equal weights that of `between_cka_matrix`.

    Raises
    ------
    InputError
        As in `between_hsic_terms`, if weights do not fit the simulations, or a resample leaves fewer than two.

    Notes
    -----
    ``sum_ab w_a w_b`` over the pairs of different simulations of the products in the Notes of `between_hsic_terms`,
    divided once. The centring is that of the whole sample: to first order in 1 / G the weights do not change it. A
    simulation drawn twice never meets itself, as it does where rows are drawn with replacement: that drives CKA to 1.
    """
    parts = centred_between(grams, simulations)
    _require_weights(weights, n_simulations=parts.means.shape[-1])
    n_layers = len(parts.means)
    cross = np.empty((len(weights), n_layers, n_layers))
    for layer in range(n_layers):
        cross[:, layer, layer:] = _weighted_sums(parts.contributions(layer), weights)
        cross[:, layer:, layer] = cross[:, layer, layer:]
    scale = np.sqrt(np.diagonal(cross, axis1=1, axis2=2))
    return np.asarray(cross / scale[:, :, None] / scale[:, None, :])


def _summed_products(part: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``sum_j A_lij A_mij`` of a part (layers, i, j), as (i, layers, layers)."""
    return part.transpose(1, 0, 2) @ part.transpose(1, 2, 0)


def _weighted_sums(
    contributions: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return ``w^T C w`` of every weighting (resamples, G) and every matrix (..., G, G), as (resamples, ...)."""
    step = max(1, _CHUNK_NUMBERS // contributions[..., 0].size)
    edges = [*range(0, len(weights), step), len(weights)]
    return np.concatenate(
        [
            np.einsum("mar,ra->rm", contributions @ weights[start:stop].T, weights[start:stop])
            for start, stop in pairwise(edges)
        ]
    )


def centred_between(grams: Grams, simulations: npt.ArrayLike) -> CentredBetween:
    """Split Gram matrices into the parts of which the Notes of `between_hsic_terms` speak."""
    values = varying_grams(grams, fewest=FEWEST_MAPS["debiased"])
    members = _members(simulations, n_maps=values.shape[-1])
    n, n_maps = members.shape
    if n == n_maps:
        order = members.argmax(1)
        mixed = np.zeros((len(values), 0, n))
        return CentredBetween(u_centre(values[:, order][:, :, order]), mixed, mixed[..., :0], members[:, :0])
    shares = 1 / (members.sum(1) @ members)
    others = 1 - members.T
    between = centre(values) * (others @ members)
    mean_of = members * shares
    rows = between @ mean_of.T
    means = mean_of @ rows
    mixed = rows - members.T @ means
    mixed = mixed - mixed.sum(-1, keepdims=True) / (n - 1) * others
    spread = rows @ members
    single = between - spread - spread.swapaxes(-1, -2) + members.T @ means @ members
    return CentredBetween(
        u_centre(means),
        mixed * np.sqrt(2 * (n - 3) / (n - 2) * shares)[:, None],
        single * np.sqrt((n - 3) / (n - 1) * np.outer(shares, shares)),
        members,
    )


def _members(simulations: npt.ArrayLike, *, n_maps: int) -> npt.NDArray[np.float64]:
    """Return which maps each simulation has (G, n_maps), in the order of their first maps."""
    labels = np.asarray(simulations)
    if labels.shape != (n_maps,):
        raise InputError(f"Simulations {labels.shape} do not label the {n_maps} maps of the Gram matrices.")
    found, first = np.unique(labels, return_index=True)
    if len(found) < FEWEST_MAPS["debiased"]:
        raise InputError(
            f"The maps are of {len(found)} simulations; CKA of pairs of different simulations needs at least "
            f"{FEWEST_MAPS['debiased']}."
        )
    return np.asarray(found[np.argsort(first)][:, None] == labels, dtype=np.float64)


def _require_weights(weights: npt.NDArray[np.float64], *, n_simulations: int) -> None:
    if weights.ndim != 2 or weights.shape[1] != n_simulations:
        raise InputError(f"Weights {weights.shape} do not fit {n_simulations} simulations: (resamples, simulations).")
    if (weights < 0).any() or ((weights > 0).sum(1) < 2).any():
        raise InputError("Weights are not negative, and positive for two simulations at least in each resample.")

"""CKA where several maps come from one simulation: from pairs of maps of different simulations only.

Maps of one simulation are alike in every layer. HSIC_1 takes that for similarity of the layers. Here no two maps of one
simulation meet, neither in a product nor in the centring.

References
----------
Song et al. 2012, JMLR 13, 1393, eq. 5 (HSIC_1, which this is where each simulation has one map).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.similarity.cka import cka_terms
from repshift.similarity.gram import centre, u_centre
from repshift.similarity.hsic import FEWEST_MAPS, HSICTerms
from repshift.similarity.stacks import Grams, Names, names_of, refuse_layers, rounding, varying_grams
from repshift.vocabulary import InputError


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


def between_hsic_terms(grams: Grams, *, simulations: npt.ArrayLike) -> HSICTerms:
    r"""Return the HSIC of every pair of layers, from pairs of maps of different simulations only.

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
    This is the mean of HSIC_1 over every choice of one map from each simulation, in closed form. So each simulation has
    the same weight, however many maps it has. With k and l the kernels of both layers, of maps 1, 2, 3 and 4 of four
    simulations, it is unbiased for

    .. math:: E[k_{12} l_{12}] + E[k_{12}] E[l_{34}] - 2 E[k_{12} l_{13}],

    whatever maps of one simulation share. Map i is of simulation a, map j of b, and bars are means over the maps of a
    simulation. K splits into three orthogonal parts, as L does, all of different simulations a and b alone:

    .. math:: P_{ab} = \bar K_{ab}, \qquad A_{ib} = \bar K_{ib} - P_{ab} - \langle \bar K_{ib'} - P_{ab'} \rangle_{b'},
        \qquad E_{ij} = K_{ij} - \bar K_{ib} - \bar K_{aj} + P_{ab}.

    P does not depend on the choice of maps, A on one of the two, E on both. With G simulations of
    :math:`m_a` maps, and the U-centring U,

    .. math:: G (G - 3) \, \mathrm{HSIC} = \sum_{a \ne b} U_{ab}(P) \, U_{ab}(P')
        + \frac{2 (G - 3)}{G - 2} \sum_{a \ne b} \frac{1}{m_a} \sum_{i \in a} A_{ib} A'_{ib}
        + \frac{G - 3}{G - 1} \sum_{a \ne b} \frac{1}{m_a m_b} \sum_{i \in a, \, j \in b} E_{ij} E'_{ij}.

    With one map of each simulation A and E are 0, and this is HSIC_1.
    """
    parts = centred_between(grams, simulations=simulations)
    n = parts.means.shape[-1]
    rows = parts.rows()
    cross = 1 / (n * (n - 3)) * (rows @ rows.T)
    own = np.diagonal(cross).copy()
    return HSICTerms(cross, own, own)


def debiased_hsic_terms(
    grams: Grams,
    others: "Grams | None" = None,
    *,
    simulations: npt.ArrayLike,
    names: tuple[Names, Names] = (None, None),
) -> HSICTerms:
    """Return debiased HSIC terms: of all pairs of maps, or of maps of different simulations where these have several.

    Parameters
    ----------
    grams, others, names
        As in `repshift.similarity.cka.cka_terms`.
    simulations
        (n_maps,) labels, as in `between_hsic_terms`.

    Raises
    ------
    InputError
        As in either.
    """
    if len(np.unique(simulations)) == np.shape(grams)[-1]:
        return cka_terms(grams, others, estimator="debiased", names=names)
    if others is None:
        return between_hsic_terms(grams, simulations=simulations)
    n = len(grams)
    terms = between_hsic_terms(np.concatenate([grams, others]), simulations=simulations)
    return HSICTerms(terms.cross[:n, n:], terms.own[:n], terms.own[n:])


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
    return np.asarray(between_hsic_terms(grams, simulations=simulations).cka())


def centred_between(grams: Grams, *, simulations: npt.ArrayLike) -> CentredBetween:
    """Split Gram matrices into the parts of which the Notes of `between_hsic_terms` speak, with its errors."""
    values = varying_grams(grams, fewest=FEWEST_MAPS["debiased"])
    parts = split_between(values, simulations=simulations)
    why = "has maps of different simulations that are all equally far apart, so it has no debiased CKA. Leave it out."
    refuse_layers(names_of(grams), np.linalg.norm(parts.rows(), axis=1) <= rounding(values), why=why)
    return parts


def split_between(values: npt.NDArray[np.float64], *, simulations: npt.ArrayLike) -> CentredBetween:
    """Split Gram matrices as `centred_between` does, also those of which nothing is left."""
    return _split(values, _members(simulations, n_maps=values.shape[-1]))


def _split(values: npt.NDArray[np.float64], members: npt.NDArray[np.float64]) -> CentredBetween:
    n, n_maps = members.shape
    if n == n_maps:
        order = members.argmax(1)
        mixed = np.zeros((len(values), 0, n))
        return CentredBetween(
            u_centre(np.ascontiguousarray(values[:, order][:, :, order])), mixed, mixed[..., :0], members[:, :0]
        )
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

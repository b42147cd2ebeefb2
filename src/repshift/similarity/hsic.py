"""The Hilbert-Schmidt independence criterion (HSIC) of Gram matrices, and the three terms a CKA is made of.

References
----------
Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", arXiv 1905.00414, eq. 3 (biased).
Song et al. 2012, "Feature Selection via Dependence Maximization", JMLR 13, 1393, eq. 5 (debiased, called HSIC_1).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import centre, require_grams, u_centre
from repshift.similarity.pairing import require_same_maps
from repshift.vocabulary import Estimator, InputError

FEWEST_MAPS: dict[Estimator, int] = {"biased": 2, "debiased": 4}
"""Maps below which an estimator is undefined."""


@dataclass(frozen=True)
class HSICTerms:
    """The three terms of a CKA between two sets of layers; sums over batches are terms too.

    Attributes
    ----------
    cross
        (layers, layers_other): HSIC of every layer of the one with every layer of the other.
    own
        (layers,): HSIC of each layer with itself.
    own_other
        (layers_other,): the same for the other set.
    """

    cross: npt.NDArray[np.float64]
    own: npt.NDArray[np.float64]
    own_other: npt.NDArray[np.float64]

    def __add__(self, terms: "HSICTerms") -> "HSICTerms":
        return HSICTerms(self.cross + terms.cross, self.own + terms.own, self.own_other + terms.own_other)

    def cka(self) -> npt.NDArray[np.float64]:
        """Divide once: cross / sqrt(own own_other), (layers, layers_other); never clamped."""
        return self.cross / np.sqrt(np.outer(self.own, self.own_other))


def hsic(gram: npt.NDArray[np.float64], other: npt.NDArray[np.float64], *, estimator: Estimator) -> float:
    """Return the HSIC of two Gram matrices of the same maps in the same order.

    Parameters
    ----------
    gram, other
        (n_maps, n_maps) each; centred or not.
    estimator
        ``"biased"``: tr(K H L H) / (n - 1)^2, never negative. ``"debiased"``: HSIC_1, zero on average for independent
        representations, so it may be negative; needs four maps.

    Raises
    ------
    InputError
        If the matrices are not square, differ in their maps, are too small, or the estimator is unknown.

    Examples
    --------
    >>> gram = np.diag([1.0, 2.0, 3.0, 4.0])
    >>> round(hsic(gram, gram, estimator="biased"), 3)
    2.361
    """
    require_same_maps(gram, other)
    return float(hsic_terms(np.asarray(gram)[None], np.asarray(other)[None], estimator=estimator).cross[0, 0])


def hsic_terms(
    grams: npt.NDArray[np.float64], others: npt.NDArray[np.float64] | None = None, *, estimator: Estimator
) -> HSICTerms:
    """Return the HSIC of every layer with every other layer, as one small matrix product.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    others
        (layers_other, n_maps, n_maps) of the same maps in the same order; without it, `grams` itself.
    estimator
        As in `hsic`.

    Raises
    ------
    InputError
        As in `hsic`.
    """
    rows, weight = _centred_rows(np.asarray(grams), estimator=estimator)
    if others is None:
        cross = weight * (rows @ rows.T)
        own = np.diagonal(cross).copy()
        return HSICTerms(cross, own, own)
    require_same_maps(grams, others)
    rows_other, _ = _centred_rows(np.asarray(others), estimator=estimator)
    return HSICTerms(
        weight * (rows @ rows_other.T),
        weight * np.square(rows).sum(1),
        weight * np.square(rows_other).sum(1),
    )


def _centred_rows(grams: npt.NDArray[np.float64], *, estimator: Estimator) -> tuple[npt.NDArray[np.float64], float]:
    """Return centred Gram matrices as rows (layers, n_maps^2), and the weight that makes their products HSIC."""
    if estimator not in FEWEST_MAPS:
        raise InputError(f"Unknown estimator '{estimator}'. The estimators are 'biased' and 'debiased'.")
    require_grams(grams, fewest=FEWEST_MAPS[estimator])
    n = grams.shape[-1]
    if estimator == "biased":
        return centre(grams).reshape(len(grams), -1), 1 / (n - 1) ** 2
    return u_centre(grams).reshape(len(grams), -1), 1 / (n * (n - 3))

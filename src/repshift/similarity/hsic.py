"""The Hilbert-Schmidt independence criterion (HSIC) of Gram matrices, and the three terms of a CKA.

References
----------
Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", arXiv 1905.00414, eq. 3 (biased).
Song et al. 2012, "Feature Selection via Dependence Maximization", JMLR 13, 1393, eq. 5 (debiased, called HSIC_1).
"""

from dataclasses import dataclass
from typing import Any

from repshift.similarity.arrays import Values, is_tensor, root
from repshift.similarity.gram import centre, u_centre
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import Grams, Names, checked_grams
from repshift.vocabulary import Estimator, InputError

FEWEST_MAPS: dict[str, int] = {"biased": 2, "debiased": 4}
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

    cross: Any
    own: Any
    own_other: Any

    def __add__(self, terms: "HSICTerms") -> "HSICTerms":
        return HSICTerms(self.cross + terms.cross, self.own + terms.own, self.own_other + terms.own_other)

    def cka(self) -> Any:  # noqa: ANN401 - an array of arrays, a tensor of tensors
        r"""Return CKA (..., layers, layers_other): the terms divided once, and never clamped.

        Notes
        -----
        .. math:: \mathrm{CKA}(K, L) = \frac{\mathrm{HSIC}(K, L)}{\sqrt{\mathrm{HSIC}(K, K) \, \mathrm{HSIC}(L, L)}}
        """
        return self.cross / root(self.own[..., :, None] * self.own_other[..., None, :])


def hsic(gram: Values, other: Values, *, estimator: Estimator) -> Any:  # noqa: ANN401 - a float of arrays, a tensor of tensors
    r"""Return the HSIC of two Gram matrices of the same maps in the same order.

    Parameters
    ----------
    gram, other
        (n_maps, n_maps) each; centred or not.
    estimator
        ``"biased"``: never negative. ``"debiased"``: HSIC_1, zero on average for independent representations, so it
        may be negative; needs four maps.

    Returns
    -------
    A float of arrays; of tensors a tensor without axes, with its gradient.

    Raises
    ------
    InputError
        If the matrices are not finite, symmetric and square, differ in their maps, are too small, or the estimator is
        unknown.

    Notes
    -----
    Of the Gram matrices K and L of n maps, with :math:`H = I - 1 1^T / n`, the biased estimator is

    .. math:: \mathrm{HSIC}(K, L) = \frac{\mathrm{tr}(K H L H)}{(n - 1)^2}.

    The debiased one takes the matrices without their diagonals, :math:`\tilde K` and :math:`\tilde L`:

    .. math:: \mathrm{HSIC}_1(K, L) = \frac{1}{n (n - 3)} \left[ \mathrm{tr}(\tilde K \tilde L)
        + \frac{1^T \tilde K 1 \; 1^T \tilde L 1}{(n - 1)(n - 2)} - \frac{2}{n - 2} 1^T \tilde K \tilde L 1 \right]
        = \frac{1}{n (n - 3)} \sum_{i \ne j} U_{ij}(K) \, U_{ij}(L),

    where U is the U-centring of `repshift.similarity.gram.u_centre`. The code uses the last form.

    References
    ----------
    Kornblith et al. 2019, arXiv 1905.00414, eq. 3 (biased). Song et al. 2012, JMLR 13, 1393, eq. 5 (HSIC_1).

    Examples
    --------
    >>> import numpy as np
    >>> gram = np.diag([1.0, 2.0, 3.0, 4.0])
    >>> round(hsic(gram, gram, estimator="biased"), 3)
    2.361
    """
    found = hsic_terms(*pair_of_stacks(gram, other, estimator=estimator), estimator=estimator).cross[0, 0]
    return found if is_tensor(found) else float(found)


def pair_of_stacks(gram: Values, other: Values, *, estimator: Estimator) -> tuple[Any, Any]:
    """Return two Gram matrices as stacks of one layer, after refusing what is none. Errors as in `hsic`."""
    fewest = fewest_maps(estimator)
    pair = tuple(checked_grams(one, fewest=fewest, axes=2)[None] for one in (gram, other))
    require_same_maps(gram, other)
    return pair[0], pair[1]


def hsic_terms(
    grams: Grams,
    others: "Grams | None" = None,
    *,
    estimator: Estimator,
    names: tuple[Names, Names] = (None, None),
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
    names
        Of the layers of both, for messages.

    Raises
    ------
    InputError
        As in `hsic`; names the layer.
    """
    fewest = fewest_maps(estimator)
    values = checked_grams(grams, fewest=fewest, names=names[0])
    if others is None:
        rows, weight = _centred_rows(values, estimator=estimator)
        cross = weight * (rows @ rows.T)
        own = cross.diagonal() + 0.0
        return HSICTerms(cross, own, own)
    values_other = checked_grams(others, fewest=fewest, names=names[1])
    require_same_maps(grams, others)
    if is_tensor(values) != is_tensor(values_other):
        raise InputError("One stack is an array and the other a tensor. Give two of a kind.")
    rows, weight = _centred_rows(values, estimator=estimator)
    rows_other, _ = _centred_rows(values_other, estimator=estimator)
    return HSICTerms(
        weight * (rows @ rows_other.T),
        weight * (rows * rows).sum(1),
        weight * (rows_other * rows_other).sum(1),
    )


def fewest_maps(estimator: str) -> int:
    """Return how many maps an estimator needs, and refuse an unknown one."""
    if not isinstance(estimator, str) or estimator not in FEWEST_MAPS:
        raise InputError(f"Unknown estimator '{estimator}'. The estimators are 'biased' and 'debiased'.")
    return FEWEST_MAPS[estimator]


def _centred_rows(grams: Values, *, estimator: Estimator) -> tuple[Any, float]:
    """Return centred Gram matrices as rows (layers, n_maps^2), and the weight that makes their products HSIC."""
    n = grams.shape[-1]
    if estimator == "biased":
        return centre(grams).reshape(len(grams), -1), 1 / (n - 1) ** 2
    return u_centre(grams).reshape(len(grams), -1), 1 / (n * (n - 3))

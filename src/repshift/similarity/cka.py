"""Centred kernel alignment (CKA): of two layers, of all pairs of layers, and summed over mini-batches.

References
----------
Kornblith et al. 2019, arXiv 1905.00414, eq. 4 (CKA).
Nguyen et al. 2021, "Do Wide and Deep Networks Learn the Same Things?", arXiv 2010.15327, eq. 2 (mini-batch CKA).
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import Values, array_of, doubles_of, is_tensor
from repshift.similarity.hsic import FEWEST_MAPS, HSICTerms, fewest_maps, hsic_terms, pair_of_stacks
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import ROUNDING, Grams, Names, checked_grams, names_of, refuse_layers, scale_of, scaled
from repshift.vocabulary import Estimator, InputError

_SMALLEST = float(np.sqrt(np.finfo(np.float64).tiny))
"""HSIC with itself at which the product of two underflows; single precision, whatever its scale, stays above."""


def cka(gram: Values, other: Values, *, estimator: Estimator) -> Any:  # noqa: ANN401 - a float of arrays, a tensor of tensors
    r"""Return the CKA of two Gram matrices of the same maps in the same order.

    Parameters
    ----------
    gram, other
        (n_maps, n_maps) each; centred or not.
    estimator
        ``"biased"``: in [0, 1], but near 1 for any two wide layers on few maps. ``"debiased"``: near 0 for independent
        layers, at most 1, may be negative; needs four maps.

    Returns
    -------
    CKA, dimensionless: a float of arrays; of tensors a tensor without axes, with its gradient. It does not change when
    a representation is shifted, rotated, scaled by one number, or when the maps of both are reordered alike; it does
    under a general invertible linear map.

    Raises
    ------
    InputError
        If the matrices are not finite and symmetric, do not fit each other or the estimator, or a representation is
        constant.

    Notes
    -----
    .. math:: \mathrm{CKA}(K, L) = \frac{\mathrm{HSIC}(K, L)}{\sqrt{\mathrm{HSIC}(K, K) \, \mathrm{HSIC}(L, L)}},

    with one estimator of HSIC for all three terms (`repshift.hsic`).

    References
    ----------
    Kornblith et al. 2019, arXiv 1905.00414, eq. 4.

    Examples
    --------
    >>> gram = np.diag([1.0, 2.0, 3.0, 4.0])
    >>> round(cka(gram, 5 * gram, estimator="biased"), 6)
    1.0
    """
    found = cka_matrix(*pair_of_stacks(gram, other, estimator=estimator), estimator=estimator)[0, 0]
    return found if is_tensor(found) else float(found)


def cka_matrix(grams: Grams, others: "Grams | None" = None, *, estimator: Estimator) -> Any:  # noqa: ANN401 - an array of arrays, a tensor of tensors
    """Return the CKA of every pair of layers.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    estimator
        As in `cka`.

    Returns
    -------
    (layers, layers_other) float64; of tensors a tensor, with its gradient.

    Raises
    ------
    InputError
        As in `cka`; names the layer, or says its position.
    """
    values = checked_grams(grams, fewest=fewest_maps(estimator))
    values = scaled(values, by=scale_of(values))
    if others is None:
        return cka_terms(values, estimator=estimator, names=(names_of(grams), None)).cka()
    values_other = checked_grams(others, fewest=fewest_maps(estimator))
    require_same_maps(grams, others)
    values_other = scaled(values_other, by=scale_of(values_other))
    return cka_terms(values, values_other, estimator=estimator, names=(names_of(grams), names_of(others))).cka()


def minibatch_cka_matrix(batches: Iterable[Grams], others: "Iterable[Grams] | None" = None) -> Any:  # noqa: ANN401 - an array of arrays, a tensor of tensors
    r"""Return the mini-batch CKA of every pair of layers, of one network or of two.

    Parameters
    ----------
    batches
        Gram matrices (layers, n_maps, n_maps) of one batch after the other, each of at least four maps; one is held at
        a time. Batches may differ in size.
    others
        (layers_other, n_maps, n_maps) of another network over the same batches; without them, `batches` themselves.

    Returns
    -------
    (layers, layers_other) float64; with one batch the debiased CKA.

    Raises
    ------
    InputError
        If there is no batch, one is no stack of Gram matrices or too small, a layer is constant over all of them, or
        the others are of another number of batches, or of other maps.

    Notes
    -----
    With the Gram matrices :math:`K_b` and :math:`L_b` of batch b, the three terms are summed over the batches and
    divided once:

    .. math:: \frac{\sum_b \mathrm{HSIC}_1(K_b, L_b)}
        {\sqrt{\sum_b \mathrm{HSIC}_1(K_b, K_b) \, \sum_b \mathrm{HSIC}_1(L_b, L_b)}}

    The result depends on which maps share a batch, so shuffle by a recorded seed first. It does not depend on the order
    of batches or of maps within one.

    References
    ----------
    Nguyen et al. 2021, arXiv 2010.15327, eq. 2.
    """
    if others is None:
        return minibatch_cka_terms((batch, None) for batch in _scaled_alike(batches)).cka()
    return minibatch_cka_terms(_together(_scaled_alike(batches), _scaled_alike(others))).cka()


def _together(batches: Iterator[Any], others: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the batches of two networks side by side."""
    for number, (batch, other) in enumerate(zip_longest(batches, others)):
        if batch is None or other is None:
            which = "first" if other is None else "second"
            raise InputError(f"After {number} batches of both networks the {which} has more. Record both in the same.")
        yield batch, other


def _scaled_alike(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield batches whose layers are those of the first, each layer of all batches scaled alike."""
    if isinstance(batches, str | bytes) or not isinstance(batches, Iterable):
        raise InputError(f"Batches are stacks of Gram matrices, one after the other; found a {type(batches).__name__}.")
    first: list[Any] = []
    for batch in batches:
        values = checked_grams(batch, fewest=FEWEST_MAPS["debiased"])
        first = first or [len(values), names_of(batch), scale_of(values)]
        if len(values) != first[0] or names_of(batch) != first[1]:
            raise InputError(
                f"Batches have different layers: {first[1] or first[0]}, then {names_of(batch) or len(values)}."
            )
        # as they came where nothing is far, for their names
        yield batch if (first[2] == 1).all() else scaled(values, by=first[2])


def cka_terms(
    grams: Grams,
    others: "Grams | None" = None,
    *,
    estimator: Estimator,
    names: tuple[Names, Names] = (None, None),
) -> HSICTerms:
    """Return the HSIC terms of `cka_matrix`, after refusing constant layers.

    Arguments as there; `names` are those of the layers of `grams` and of `others`, for the message.
    """
    terms = hsic_terms(grams, others, estimator=estimator, names=names)
    _require_varying(_vanishing(grams, terms.own), names[0] or names_of(grams))
    if others is not None:
        _require_varying(_vanishing(others, terms.own_other), names[1] or names_of(others))
    return terms


def minibatch_cka_terms(
    batches: "Iterable[tuple[Grams, Grams | None]]", *, names: tuple[Names, Names] = (None, None)
) -> HSICTerms:
    """Return the HSIC_1 terms summed over batches; each batch is the pair (grams, others) of `cka_terms`."""
    total: HSICTerms | None = None
    constant, constant_other = [], []
    found: tuple[Names, Names] = names
    for grams, others in batches:
        terms = hsic_terms(grams, others, estimator="debiased", names=names)
        found = names[0] or names_of(grams), names[1] or names_of(grams if others is None else others)
        total = terms if total is None else total + terms
        constant.append(_vanishing(grams, terms.own))
        constant_other.append(_vanishing(grams if others is None else others, terms.own_other))
    if total is None:
        raise InputError(f"There is no batch: mini-batch CKA needs at least one of {FEWEST_MAPS['debiased']} maps.")
    _require_varying(np.all(constant, axis=0), found[0])
    _require_varying(np.all(constant_other, axis=0), found[1])
    return total


def _vanishing(grams: Grams, own: Values) -> npt.NDArray[np.bool_]:
    """Say which layers have nothing but rounding left once centred: HSIC with themselves beside that of their scale."""
    values = array_of(doubles_of(grams, what="A stack of Gram matrices"))
    n, scale = values.shape[-1], np.abs(values).max((-2, -1))
    return np.asarray(array_of(own) <= np.maximum((n * ROUNDING * scale) ** 2, _SMALLEST))


def _require_varying(constant: npt.NDArray[np.bool_], names: Names) -> None:
    """Refuse layers that are constant, by their names, or by their positions from 0."""
    why = (
        "is constant over the maps, so it has no CKA (debiased, also where they are all equally far apart, or all "
        "equal but one). Leave it out."
    )
    refuse_layers(names, constant, why=why)

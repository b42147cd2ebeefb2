"""CKA of some of the maps: what it is without those that dominate, and whether it hangs on how many there are."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from repshift.similarity.between import between_cka_matrix
from repshift.similarity.choices import CentredSums, centred_sums
from repshift.similarity.cka import cka_terms, minibatch_cka_terms
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.portions import Resources
from repshift.similarity.stacks import Grams, names_of, scale_of, scaled
from repshift.vocabulary import Estimator, InputError


def subset_cka_matrices(
    grams: Grams,
    subsets: Iterable[npt.NDArray[np.int64]],
    *,
    simulations: npt.ArrayLike,
    estimator: Estimator,
    resources: Resources | None = None,
) -> npt.NDArray[np.float64]:
    """Return the CKA of every pair of layers on each of many subsets of the maps, centred again on each.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); a DataArray names the layers in the message.
    subsets
        Positions (n,) of the maps of each, no map twice; sizes may differ.
    simulations
        (n_maps,) labels: maps with equal labels are of one simulation.
    estimator
        ``"debiased"`` is of pairs of maps of different simulations, as `between_cka_matrix`; ``"biased"`` of all.
    resources
        What is held at a time beside the result, and where.

    Returns
    -------
    (subsets, layers, layers) float64.

    Raises
    ------
    InputError
        If a subset has too few maps, or a layer is constant over it; says of how many maps.

    Examples
    --------
    >>> layers = np.random.default_rng(0).normal(size=(3, 12, 5))
    >>> subsets = [np.arange(8), np.arange(4, 12)]
    >>> subset_cka_matrices(layers @ layers.swapaxes(1, 2), subsets, simulations=range(12), estimator="biased").shape
    (2, 3, 3)
    """
    values, labels = _scaled(grams), np.asarray(simulations)
    if labels.shape != values.shape[-1:]:
        raise InputError(f"Simulations {labels.shape} do not label the {values.shape[-1]} maps of the Gram matrices.")
    named: Any = grams
    names = None if isinstance(grams, np.ndarray) else [str(name) for name in named["layer"].to_numpy()]
    chosen = [np.asarray(maps) for maps in subsets]
    weights = _weights(chosen, n_maps=len(labels))
    found, exact = _at_once(values, labels, weights, estimator, resources or Resources())
    for subset in np.flatnonzero(~exact):
        maps = chosen[subset]
        found[subset] = _cka(values[:, maps[:, None], maps], labels[maps], estimator, names, n_maps=len(labels))
    return found


def subset_minibatch_matrices(
    grams: Grams,
    subsets: Iterable[npt.NDArray[np.int64]],
    *,
    batches: npt.NDArray[np.int64],
    resources: Resources | None = None,
) -> npt.NDArray[np.float64]:
    """Return the mini-batch CKA of every pair of layers on each of many subsets of the maps, in the batches of all.

    Parameters
    ----------
    grams, subsets, resources
        As in `subset_cka_matrices`; each subset leaves four maps at least of every batch.
    batches
        (batches, maps) positions of all maps.

    Returns
    -------
    (subsets, layers, layers) float64.

    Raises
    ------
    InputError
        As in `repshift.minibatch_cka_matrix`.
    """
    chosen, values = list(subsets), _scaled(grams)
    weights = _weights(chosen, n_maps=values.shape[-1])
    n = np.stack([weights[:, batch].sum(1) for batch in batches])
    products, exact = np.zeros((len(chosen), len(values), len(values))), n.min(0) >= FEWEST_MAPS["debiased"]
    large = np.flatnonzero(exact)
    for batch, sizes in zip(batches, n[:, large, None, None], strict=True) if len(large) else ():
        part = values[:, batch[:, None], batch]
        sums = centred_sums(part, weights[large][:, batch], estimator="debiased", resources=resources)
        products[large] += sums.products / (sizes * (sizes - 3))
        exact[large] &= sums.exact
    found = CentredSums(products, exact).cka()
    for subset in np.flatnonzero(~exact):
        kept = weights[subset].astype(bool)
        kept_maps = (batch[kept[batch]] for batch in batches)
        pairs = ((values[:, maps[:, None], maps], None) for maps in kept_maps)
        found[subset] = minibatch_cka_terms(pairs, names=(names_of(grams), None)).cka()
    return found


def _scaled(grams: Grams) -> npt.NDArray[np.float64]:
    """Return Gram matrices as an array, each scaled as products need it: no CKA changes with a scale."""
    values = np.asarray(grams, dtype=np.float64)
    return np.asarray(scaled(values, by=scale_of(values)))


def _weights(subsets: Sequence[npt.NDArray[np.int64]], *, n_maps: int) -> npt.NDArray[np.float64]:
    """Return 1 where a map is of a subset and 0 elsewhere, (subsets, n_maps)."""
    weights = np.zeros((len(subsets), n_maps))
    for weight, maps in zip(weights, subsets, strict=True):
        weight[maps] = 1
    return weights


def _at_once(
    values: npt.NDArray[np.float64],
    labels: npt.NDArray[Any],
    weights: npt.NDArray[np.float64],
    estimator: Estimator,
    resources: Resources,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the CKA of all subsets by matrix products, and where that is right: elsewhere `_cka` has to tell why not.

    Debiased, simulations of several maps are not: which maps of one meet depends on the subset.
    """
    exact = weights.sum(1) >= FEWEST_MAPS.get(estimator, np.inf)
    if estimator == "debiased" and len(np.unique(labels)) < len(labels):
        exact[:] = False
    found = np.zeros((len(weights), len(values), len(values)))
    if exact.any():
        sums = centred_sums(values, weights[exact], estimator=estimator, resources=resources)
        found[exact] = sums.cka()
        exact[exact] = sums.exact
    return found, exact


def _cka(
    grams: npt.NDArray[np.float64],
    labels: npt.NDArray[Any],
    estimator: Estimator,
    names: Sequence[str] | None,
    *,
    n_maps: int,
) -> npt.NDArray[np.float64]:
    """Return the CKA of one subset; HSIC_1, which is faster, where each of its simulations has one map."""
    try:
        if estimator == "debiased" and len(np.unique(labels)) < len(labels):
            return between_cka_matrix(grams, simulations=labels)
        return np.asarray(cka_terms(grams, estimator=estimator, names=(names, None)).cka())
    except InputError as error:
        raise InputError(f"On {len(labels)} of the {n_maps} maps: {error}") from error

"""What CKA is where two layers have nothing to do with each other: of simulations permuted in one of them."""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.similarity.between import centred_between
from repshift.similarity.gram import centre
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.stacks import Grams, varying_grams
from repshift.vocabulary import Estimator, InputError

_Axis = Literal["map", "simulation"]
_NUMBERS_AT_ONCE: Final = 1 << 21
"""Numbers of the Gram matrices in other orders held at a time: 16 MiB."""

_Part = tuple[npt.NDArray[np.float64], _Axis, _Axis]


def permuted_cka_matrices(
    grams: Grams, orders: npt.NDArray[np.int64], *, simulations: npt.ArrayLike, estimator: Estimator
) -> npt.NDArray[np.float64]:
    """Return the CKA of every pair of layers, simulations of the one in another order than those of the other.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    orders
        (permutations, simulations): the numbers of the simulations, from 0 in ascending order of their labels.
    simulations
        (n_maps,) labels, as many maps of each; maps of a simulation stand in a given order, and keep it.
    estimator
        ``"biased"``, or ``"debiased"`` from pairs of maps of different simulations only.

    Returns
    -------
    (permutations, layers, layers) float64, symmetric: each pair of layers is permuted once. With the simulations in
    ascending order the CKA itself; of other orders also the diagonal is that of independent layers.

    Raises
    ------
    InputError
        As in `between_hsic_terms`, if simulations differ in their number of maps, or an order is none of them.

    Notes
    -----
    Exchangeable are whole simulations: where what a layer makes of a simulation is independent of what the other makes
    of it, any simulation of the one may stand beside any of the other. The mean over all orders is known: 0 debiased,
    and ``tr(H K) tr(H L) / ((n - 1) sqrt(tr(H K H K) tr(H L H L)))`` biased, with one map a simulation.
    """
    values = varying_grams(grams, fewest=FEWEST_MAPS[estimator])
    sorted_maps, n_each = _sorted_maps(simulations, n_maps=values.shape[-1])
    labels = np.repeat(np.arange(len(sorted_maps) // n_each), n_each)
    _require_orders(orders, n_simulations=labels[-1] + 1)
    parts = _parts(values[:, sorted_maps][:, :, sorted_maps], labels, estimator=estimator)
    cross = np.zeros((len(orders), len(values), len(values)))
    for part in _of_norm_one(parts):
        step = max(1, _NUMBERS_AT_ONCE // part[0].size)
        for start in range(0, len(orders), step):
            block = slice(start, start + step)
            cross[block] += _permuted_products(part, orders[block], n_each=n_each)
    row, column = np.triu_indices(len(values), k=1)
    cross[:, column, row] = cross[:, row, column]
    return cross


def _parts(values: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], *, estimator: Estimator) -> list[_Part]:
    """Return the centred parts whose products are CKA, each with what its rows and its columns are."""
    if estimator == "biased":
        return [(centre(values), "map", "map")]
    parts = centred_between(values, simulations=labels)
    all_parts: list[_Part] = [
        (parts.means, "simulation", "simulation"),
        (parts.mixed, "map", "simulation"),
        (parts.single, "map", "map"),
    ]
    return [part for part in all_parts if part[0].size]


def _of_norm_one(parts: list[_Part]) -> list[_Part]:
    """Return the parts scaled so that the product of each layer with itself, of all parts together, is one."""
    norms = np.sqrt(sum(np.square(part).sum((1, 2)) for part, _, _ in parts))
    return [(part / norms[:, None, None], rows, columns) for part, rows, columns in parts]


def _permuted_products(part: _Part, orders: npt.NDArray[np.int64], *, n_each: int) -> npt.NDArray[np.float64]:
    """Return the products of a part and of it in other orders, (orders, layers, layers).

    Notes
    -----
    ``sum_ij A_ij B_o(i)o(j)`` is one matrix product for all layers and orders o. The order of a symmetric part needs
    its entries above the diagonal alone, and those on it.
    """
    values, rows, columns = part
    of_maps = (orders[:, :, None] * n_each + np.arange(n_each)).reshape(len(orders), -1)
    places = {"simulation": orders, "map": of_maps}
    n_rows, n_columns = values.shape[1:]
    symmetric = rows == columns
    first, second = np.triu_indices(n_rows) if symmetric else np.indices((n_rows, n_columns)).reshape(2, -1)
    counted = values[:, first, second] * np.where(symmetric & (first != second), 2, 1)
    flat = np.ascontiguousarray(values.reshape(len(values), -1).T)
    taken = flat[places[rows].T[first] * n_columns + places[columns].T[second]]
    return np.asarray((counted @ taken.reshape(len(first), -1)).reshape(len(values), len(orders), -1).swapaxes(0, 1))


def _sorted_maps(simulations: npt.ArrayLike, *, n_maps: int) -> tuple[npt.NDArray[np.int64], int]:
    """Return the maps, simulation after simulation, and how many each has."""
    labels = np.asarray(simulations)
    if labels.shape != (n_maps,):
        raise InputError(f"Simulations {labels.shape} do not label the {n_maps} maps of the Gram matrices.")
    counts = np.unique(labels, return_counts=True)[1]
    if (counts != counts[0]).any():
        raise InputError(
            f"Simulations have from {counts.min()} to {counts.max()} maps; to be permuted they need as many each."
        )
    return np.argsort(labels, kind="stable"), int(counts[0])


def _require_orders(orders: npt.NDArray[np.int64], *, n_simulations: int) -> None:
    if orders.ndim != 2 or (np.sort(orders, axis=1) != np.arange(n_simulations)).any():
        raise InputError(f"Orders {orders.shape} are not permutations of {n_simulations} simulations.")

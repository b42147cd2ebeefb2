"""CKA of layers that have nothing to do with each other: of simulations permuted in one of two layers."""

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from repshift.similarity.arrays import array_of, zeros
from repshift.similarity.between import centred_between
from repshift.similarity.gram import centre
from repshift.similarity.hsic import FEWEST_MAPS
from repshift.similarity.portions import Resources
from repshift.similarity.stacks import Grams, scale_of, scaled, varying_grams
from repshift.vocabulary import Estimator, InputError

Array = npt.NDArray[np.float64]

_Axis = Literal["map", "simulation"]

_COLUMNS: Final = 512
"""Columns, layers times orders, of one product: as many as stay in the cache, and as are multiplied fast."""

_TAKEN: Final = 1 << 17
"""Numbers of the matrices in other orders taken at a time: 1 MiB."""


_Part = tuple[Array, _Axis, _Axis]
"""Centred matrices (layers, rows, columns) that add their products to CKA, and what rows and columns are."""


def permuted_cka_blocks(
    grams: Grams, orders: npt.NDArray[np.int64], *, simulations: npt.ArrayLike, resources: Resources | None = None
) -> Iterator[dict[Estimator, Array]]:
    r"""Yield the CKA of every pair of layers, simulations of the one in another order than those of the other.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps).
    orders
        (permutations, simulations): the numbers of the simulations, from 0 in ascending order of their labels.
    simulations
        (n_maps,) labels, as many maps of each; maps of a simulation stand in a given order, and keep it.
    resources
        What is held at a time, and where.

    Returns
    -------
    Of some orders after the other, by estimator: (permutations, layers, layers) float64, symmetric, for each pair of
    layers is permuted once. ``"debiased"`` is of pairs of maps of different simulations only. With the simulations in
    ascending order the CKA itself; of other orders also the diagonal is that of independent layers.

    Raises
    ------
    InputError
        As in `between_hsic_terms`, if simulations differ in their number of maps, or an order is none of them.

    Notes
    -----
    Whole simulations are exchangeable: where two layers are independent, any simulation of the one may stand beside any
    of the other. The mean over all orders is 0 for debiased CKA. For biased CKA, with one map a simulation, it is

    .. math:: \frac{\mathrm{tr}(H K) \, \mathrm{tr}(H L)}
        {(n - 1) \sqrt{\mathrm{tr}(H K H K) \, \mathrm{tr}(H L H L)}}.

    With one map a simulation one sum over pairs of maps gives both estimators. Off the diagonal, the centred matrix is
    :math:`C_{ij} = U_{ij} + a_i + a_j`, with the U-centred matrix U, whose rows sum to zero. So, for an order o,

    .. math:: \sum_{ij} C_{ij} C'_{o(i) o(j)} = \sum_{ij} U_{ij} U'_{o(i) o(j)} + 2 (n - 2) \sum_i a_i a'_{o(i)}
        + 2 \sum_i a_i \sum_i a'_i + \sum_i C_{ii} C'_{o(i) o(i)}.
    """
    values = varying_grams(grams, fewest=FEWEST_MAPS["debiased"])
    values = scaled(values, by=scale_of(values))
    sorted_maps, n_each = _sorted_maps(simulations, n_maps=values.shape[-1])
    _require_orders(orders, n_simulations=len(sorted_maps) // n_each)
    allowed, ordered = resources or Resources(), values[:, sorted_maps[:, None], sorted_maps]
    permuted = _OfSingleMaps(ordered, allowed) if n_each == 1 else _OfSeveralMaps(ordered, n_each, allowed)
    what = f"A permutation of {len(values)} layers"
    for block in allowed.part(0.75).portions(
        len(orders), each=len(values) * (8 * len(values) + 5 * len(sorted_maps)), what=what
    ):
        yield {name: _symmetric(matrices) for name, matrices in permuted.cka(orders[block]).items()}


class _Products:
    """Matrices (layers, rows, columns) of norm one, whose products with themselves in other orders are sums.

    ``sum_ij A_ij B_o(i)o(j)`` is one matrix product for all layers and orders o. Of symmetric ones the entries above
    the diagonal are enough, and those on it.
    """

    def __init__(self, values: Array, resources: Resources, *, diagonal: bool = True) -> None:
        n_layers, n_rows, self.n_columns = values.shape
        symmetric = n_rows == self.n_columns
        places = np.triu_indices(n_rows, k=0 if diagonal else 1) if symmetric else np.indices(values.shape[1:])
        self.first, self.second = (np.ravel(one) for one in places)
        doubled = np.where(symmetric & (self.first != self.second), 2.0, 1.0)
        self.flat = resources.placed(np.ascontiguousarray(values.reshape(n_layers, -1).T))
        self.counted = resources.placed(values[:, self.first, self.second] * doubled)

    def of(self, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> Array:
        """Return the products (orders, layers, layers) with rows and columns in other orders (orders, ...)."""
        n_layers = len(self.counted)
        found = np.empty((len(rows), n_layers, n_layers))
        step = max(1, _COLUMNS // n_layers)
        for start in range(0, len(rows), step):
            of_rows, of_columns = rows[start : start + step].T, columns[start : start + step].T
            total = zeros((n_layers, of_rows.shape[1] * n_layers), like=self.flat)
            entries = max(1, _TAKEN // total.shape[1])
            for begin in range(0, len(self.first), entries):
                part = slice(begin, begin + entries)
                places = of_rows[self.first[part]] * self.n_columns + of_columns[self.second[part]]
                total += self.counted[:, part] @ self.flat[places].reshape(len(places), -1)
            found[start : start + step] = array_of(total).reshape(n_layers, -1, n_layers).swapaxes(0, 1)
        return found


class _OfSingleMaps:
    """CKA of Gram matrices (layers, n_maps, n_maps) of one map a simulation, by both estimators of one sum."""

    def __init__(self, values: Array, resources: Resources) -> None:
        n = values.shape[-1]
        apart, centred = centred_between(values, simulations=np.arange(n)).means, centre(values)
        norms = np.linalg.norm(apart, axis=(1, 2))
        diagonal = np.diagonal(centred, axis1=1, axis2=2)
        # off the diagonal the centred matrix is the U-centred one, and a number of each of the two maps
        of_maps = diagonal.sum(1, keepdims=True) / (2 * (n - 1) * (n - 2)) - diagonal / (n - 2)
        scale = np.linalg.norm(centred, axis=(1, 2))
        self.products = _Products(apart / norms[:, None, None], resources, diagonal=False)
        self.ratios = np.outer(norms / scale, norms / scale)
        self.of_maps = np.concatenate([np.sqrt(2 * (n - 2)) * of_maps, diagonal], axis=1) / scale[:, None]
        self.fixed = 2 * np.outer(of_maps.sum(1) / scale, of_maps.sum(1) / scale)

    def cka(self, orders: npt.NDArray[np.int64]) -> dict[Estimator, Array]:
        """Return CKA (orders, layers, layers) by estimator."""
        debiased = self.products.of(orders, orders)
        both = self.of_maps[:, np.concatenate([orders, orders.shape[1] + orders], axis=1)]
        moved = np.einsum("li,moi->olm", self.of_maps, both, optimize=True)
        return {"debiased": debiased, "biased": self.ratios * debiased + moved + self.fixed}


class _OfSeveralMaps:
    """The same of as many maps of each simulation, in their order; debiased from maps of different simulations."""

    def __init__(self, values: Array, n_each: int, resources: Resources) -> None:
        self.n_each = n_each
        labels = np.repeat(np.arange(values.shape[-1] // n_each), n_each)
        parts = centred_between(values, simulations=labels)
        together: dict[Estimator, list[_Part]] = {
            "debiased": [
                (parts.means, "simulation", "simulation"),
                (parts.mixed, "map", "simulation"),
                (parts.single, "map", "map"),
            ],
            "biased": [(centre(values), "map", "map")],
        }
        self.products = {
            name: [(_Products(part, resources), rows, columns) for part, rows, columns in _of_norm_one(each)]
            for name, each in together.items()
        }

    def cka(self, orders: npt.NDArray[np.int64]) -> dict[Estimator, Array]:
        """Return CKA (orders, layers, layers) by estimator."""
        of_maps = (orders[:, :, None] * self.n_each + np.arange(self.n_each)).reshape(len(orders), -1)
        places = {"simulation": orders, "map": of_maps}
        return {
            name: np.sum([products.of(places[rows], places[columns]) for products, rows, columns in each], axis=0)
            for name, each in self.products.items()
        }


def _of_norm_one(parts: list[_Part]) -> list[_Part]:
    """Return the parts scaled so that the product of each layer with itself, of all parts together, is one."""
    norms = np.sqrt(sum(np.square(part).sum((1, 2)) for part, _, _ in parts))
    return [(part / norms[:, None, None], rows, columns) for part, rows, columns in parts]


def _symmetric(matrices: Array) -> Array:
    """Return matrices whose entries below the diagonal are those above; changed in place."""
    row, column = np.triu_indices(matrices.shape[-1], k=1)
    matrices[:, column, row] = matrices[:, row, column]
    return matrices


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

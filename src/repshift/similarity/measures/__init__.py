"""Every measure of similarity by its name: each module of this package declares some, beside their function."""

from typing import Any, Final

from repshift.declarations import declared, require
from repshift.similarity.arrays import array_of, is_tensor, like
from repshift.similarity.measures.measure import Measure, Option
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import Grams
from repshift.vocabulary import InputError, Pairing

DECLARED: Final[dict[str, Measure]] = declared(Measure, package=__name__, path=__path__)
"""All measures that a file of the stage cka may hold."""

MEASURES: Final[dict[str, Measure]] = {name: one for name, one in DECLARED.items() if one.function is not None}
"""Those of whole Gram matrices, which `similarity_matrix` knows."""

BESIDE_CKA: Final[tuple[str, ...]] = tuple(name for name, one in MEASURES.items() if not one.is_always_there)
"""Names of those that a configuration may ask for."""

OPTIONS: Final[dict[str, Option]] = {one.option.name: one.option for one in MEASURES.values() if one.option}
"""Numbers that measures depend on, by name."""


def measure_of(name: str) -> Measure:
    """Return the measure called `name`.

    Raises
    ------
    InputError
        If no measure has that name.
    """
    return require(name, DECLARED, what="measure")


def similarity_matrix(
    grams: Grams,
    others: "Grams | None" = None,
    *,
    measure: str,
    pairing: Pairing = "map",
    **options: float,
) -> Any:  # noqa: ANN401 - an array of arrays, a tensor of tensors
    """Return a measure of similarity of every pair of layers, from Gram matrices alone.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), linear; centred or not. An ``xarray.DataArray`` may name its layers and maps.
    others
        (layers_other, n_maps, n_maps) of another network on the same maps, or of maps paired with them; without it,
        `grams` itself.
    measure
        A key of `MEASURES`; distances are 0 where alike.
    pairing
        What makes row i of the one the partner of row i of the other, as in `require_same_maps`.
    options
        What measures depend on; those of other measures are ignored. ``width`` of the RBF kernel, as in
        `rbf_cka_matrix`; ``neighbours`` of each map, as in `mutual_neighbours_matrix`; ``share`` of the variance that
        SVCCA keeps, as in `svcca_matrix` (``cca`` keeps all).

    Returns
    -------
    (layers, layers_other) float64, in the unit of the measure; of tensors a tensor, of CKA with its gradient.

    Raises
    ------
    InputError
        If the measure or an option is unknown, rows are not paired, a gradient is asked for that there is not, or as in
        the measure's own function.

    Examples
    --------
    >>> import numpy as np
    >>> layers = np.random.default_rng(0).normal(size=(2, 8, 3))
    >>> similarity_matrix(layers @ layers.swapaxes(1, 2), measure="cca").round(3).shape
    (2, 2)
    """
    found = require(measure, MEASURES, what="measure")
    for name in options:
        require(name, OPTIONS, what="option of a measure")
    if others is not None:
        require_same_maps(grams, others, pairing=pairing)
        others = _unnamed(others)
    function: Any = found.function
    tensors: list[Any] = [one for one in (grams, others) if is_tensor(one)]
    if not tensors or found.has_gradient:
        return function(grams, others, **found.chosen(options))
    if any(one.requires_grad for one in tensors):
        names = ", ".join(name for name, one in MEASURES.items() if one.has_gradient)
        raise InputError(f"Measure '{measure}' gives no gradient; {names} do. Give the tensors detached.")
    sides: list[Any] = [grams, others]
    arrays = [array_of(one.double()) if is_tensor(one) else one for one in sides]
    return like(function(*arrays, **found.chosen(options)), tensors[0].double())


def _unnamed(grams: Grams) -> Grams:
    """Take the names off the maps, whose pairing has been checked; partners have names of their own."""
    return grams.drop_vars("map", errors="ignore") if hasattr(grams, "drop_vars") else grams

"""Every measure of similarity by its name: each module of this package declares some, beside their function."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.declarations import declared, require
from repshift.similarity.gram import Grams
from repshift.similarity.measures.measure import Measure, Option
from repshift.similarity.pairing import require_same_maps
from repshift.vocabulary import Pairing

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
) -> npt.NDArray[np.float64]:
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
    (layers, layers_other) float64, in the unit of the measure.

    Raises
    ------
    InputError
        If the measure or an option is unknown, rows are not paired, or as in the measure's own function.

    Examples
    --------
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
    return np.asarray(function(grams, others, **found.chosen(options)))


def _unnamed(grams: Grams) -> Grams:
    """Take the names off the maps, whose pairing has been checked; partners have names of their own."""
    return grams if isinstance(grams, np.ndarray) else grams.drop_vars("map", errors="ignore")

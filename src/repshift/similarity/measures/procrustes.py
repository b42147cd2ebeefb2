"""Procrustes: how near two representations come to each other after the best rotation.

References
----------
Williams et al. 2021, "Generalized Shape Metrics on Neural Representations", arXiv 2110.14739, section 2.
Harvey et al. 2023, "Duality of Bures and Shape Distances with Implications for Comparing Neural Representations",
arXiv 2311.11436: the same from Gram matrices alone.
"""

from functools import partial
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from repshift.similarity.measures.measure import EUCLIDEAN, SCALE_FREE, Measure
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.spectra import nuclear_norms, spectra
from repshift.similarity.stacks import Grams
from repshift.vocabulary import InputError

_RESOLVED: Final = 1e-6
"""Angle [rad] that is more than rounding, which its square root raises to 1e-7."""

ProcrustesForm = Literal["similarity", "angle", "distance"]


def procrustes_matrix(grams: Grams, others: "Grams | None" = None, *, form: ProcrustesForm) -> npt.NDArray[np.float64]:
    r"""Return the Procrustes similarity, angle or distance of every pair of layers.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    form
        ``"similarity"``, dimensionless, in [0, 1]; ``"angle"``, its arc cosine, the angular shape metric, in
        [0, pi / 2] rad; ``"distance"``, not normalised, in the unit of the representation, not negative: it changes
        with a layer's scale.

    Returns
    -------
    (layers, layers_other) float64. Angle and distance resolve the square root of rounding, some 1e-7, near zero.

    Raises
    ------
    InputError
        If the matrices do not fit each other, the form is unknown, or a layer is constant.

    Notes
    -----
    With X and Y centred, the best rotation Q gives the nuclear norm :math:`\mathrm{tr}(Q^T X^T Y) = \|X^T Y\|_*`. It is
    that of :math:`K^{1/2} L^{1/2}`. Similarity and squared distance are

    .. math:: \frac{\|X^T Y\|_*}{\|X\|_F \|Y\|_F}, \qquad \|X\|_F^2 + \|Y\|_F^2 - 2 \|X^T Y\|_*.

    The similarity of independent wide layers on few maps nears 1, as that of biased CKA does.
    """
    if form not in get_args(ProcrustesForm):
        raise InputError(f"Unknown form of Procrustes '{form}'. There are {', '.join(get_args(ProcrustesForm))}.")
    if others is not None:
        require_same_maps(grams, others)
    roots, squared = _roots(grams)
    roots_other, squared_other = (None, squared) if others is None else _roots(others)
    nuclear = nuclear_norms(roots, roots_other)
    if form == "distance":
        # no estimate is cut here: only rounding makes this negative, or a similarity exceed 1
        return np.sqrt(np.maximum(squared[:, None] + squared_other - 2 * nuclear, 0))
    similarity = nuclear / np.sqrt(np.outer(squared, squared_other))
    return np.arccos(np.minimum(similarity, 1)) if form == "angle" else similarity


def procrustes_influence(
    grams: Grams, *, form: Literal["similarity", "angle"]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return `procrustes_matrix` of every pair of layers, and its derivative by the weight of each map.

    Arguments and errors as there. Not of the distance, whose intervals by derivatives held the truth in 0.88 only.

    Returns
    -------
    (layers, layers), and (n_maps, layers, layers) for weights that are all 1; of an angle of zero, 0.

    Notes
    -----
    With weights ``X^T W Y`` takes the place of ``X^T Y``, and with its singular vectors U and V the nuclear norm
    changes with the weight of map i by ``x_i^T U V^T y_i``, to first order also where the mean moves with the weights.
    """
    matrix = procrustes_matrix(grams, form=form)
    roots, squared = _roots(grams)
    n_layers, n_maps = roots.shape[:2]
    changes = np.zeros((n_maps, n_layers, n_layers))
    for row, root in enumerate(roots):
        left, _, right = np.linalg.svd(root.T @ roots[row:])
        rotated = (root @ left) * (roots[row:] @ right.swapaxes(1, 2))
        changes[:, row, row:] = changes[:, row:, row] = rotated.sum(-1).T
    norms = np.square(roots).sum(-1).T
    similarity = matrix if form == "similarity" else np.cos(matrix)
    relative = norms / squared / 2
    scale = np.sqrt(np.outer(squared, squared))
    changes = changes / scale - similarity * (relative[:, :, None] + relative[:, None, :])
    if form == "similarity":
        return matrix, changes
    return matrix, np.divide(-changes, np.sin(matrix), out=np.zeros_like(changes), where=matrix > _RESOLVED)


def _roots(grams: Grams) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return representations in n coordinates that have these Gram matrices, and their squared norms (layers,)."""
    values, vectors = spectra(grams, fewest=2)
    return vectors * np.sqrt(values)[:, None, :], values.sum(1)


PROCRUSTES_SIMILARITY: Final = Measure(
    name="procrustes_similarity",
    long_name="normalised Procrustes similarity",
    label="Procrustes\nsimilarity",
    invariances=SCALE_FREE,
    function=partial(procrustes_matrix, form="similarity"),
    influence=partial(procrustes_influence, form="similarity"),
    depends_on_number=True,
)
PROCRUSTES_ANGLE: Final = Measure(
    name="procrustes_angle",
    long_name="angular Procrustes distance",
    label="Procrustes\nangle",
    invariances=SCALE_FREE,
    function=partial(procrustes_matrix, form="angle"),
    influence=partial(procrustes_influence, form="angle"),
    units="rad",
    is_distance=True,
    depends_on_number=True,
)
PROCRUSTES_DISTANCE: Final = Measure(
    name="procrustes_distance",
    long_name="Procrustes distance, not normalised",
    label="Procrustes\ndistance",
    invariances=EUCLIDEAN,
    function=partial(procrustes_matrix, form="distance"),
    is_distance=True,
    depends_on_number=True,
)

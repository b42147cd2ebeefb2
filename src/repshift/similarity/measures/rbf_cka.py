"""CKA with a radial basis function (RBF) kernel, from linear Gram matrices.

References
----------
Kornblith et al. 2019, "Similarity of Neural Network Representations Revisited", arXiv 1905.00414, section 3.
"""

from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.cka import cka_matrix
from repshift.similarity.kernels import WIDTH, rbf_grams
from repshift.similarity.measures.measure import SCALE_FREE, Measure, Option
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.stacks import Grams
from repshift.vocabulary import Estimator


def rbf_cka_matrix(
    grams: Grams, others: "Grams | None" = None, *, estimator: Estimator, width: float = WIDTH
) -> npt.NDArray[np.float64]:
    """Return the CKA of every pair of layers with an RBF kernel.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps), linear; centred or not.
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    estimator
        As in `repshift.cka`; the debiased one needs four maps.
    width
        As in `rbf_grams`.

    Returns
    -------
    (layers, layers_other) float64, dimensionless; in [0, 1] where biased, at most 1 and maybe negative where debiased.

    Raises
    ------
    InputError
        As in `repshift.cka_matrix` and `rbf_grams`.
    """
    if others is not None:
        require_same_maps(grams, others)
    columns = None if others is None else rbf_grams(others, width=width)
    return np.asarray(cka_matrix(rbf_grams(grams, width=width), columns, estimator=estimator))


_OPTION: Final = Option(
    name="width",
    default=WIDTH,
    description="width of the RBF kernel [root of median distance^2]",
    minimum=0,
    above_minimum=True,
)

RBF_CKA_BIASED: Final = Measure(
    name="rbf_cka_biased",
    long_name="biased CKA with an RBF kernel",
    label="biased\nRBF CKA",
    invariances=SCALE_FREE,
    function=partial(rbf_cka_matrix, estimator="biased"),
    option=_OPTION,
    depends_on_number=True,
)
RBF_CKA_DEBIASED: Final = Measure(
    name="rbf_cka_debiased",
    long_name="debiased CKA with an RBF kernel",
    label="debiased\nRBF CKA",
    invariances=SCALE_FREE,
    function=partial(rbf_cka_matrix, estimator="debiased"),
    option=_OPTION,
)

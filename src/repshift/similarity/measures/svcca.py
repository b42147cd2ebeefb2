"""Singular vector canonical correlation analysis (SVCCA).

References
----------
Raghu et al. 2017, "SVCCA: Singular Vector Canonical Correlation Analysis for Deep Learning Dynamics and
Interpretability", arXiv 1706.05806.
"""

from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.similarity.measures.measure import SCALE_FREE, Measure, Option
from repshift.similarity.pairing import require_same_maps
from repshift.similarity.spectra import nuclear_norms, spectra
from repshift.similarity.stacks import Grams
from repshift.vocabulary import InputError

SHARE: Final = 0.99
"""Share of the variance kept, as in Raghu et al."""


def svcca_matrix(grams: Grams, others: "Grams | None" = None, *, share: float = SHARE) -> npt.NDArray[np.float64]:
    r"""Return the mean canonical correlation of every pair of layers, each reduced to its leading directions.

    Parameters
    ----------
    grams
        (layers, n_maps, n_maps); centred or not.
    others
        (layers_other, n_maps, n_maps) of the same maps; without it, `grams` itself.
    share
        Share of each layer's variance to keep, in (0, 1]; 1 keeps all, which is plain canonical correlation (CCA).

    Returns
    -------
    (layers, layers_other) float64, dimensionless, in [0, 1].

    Raises
    ------
    InputError
        If the matrices do not fit each other, the share is out of (0, 1], or a layer is constant.

    Notes
    -----
    With U and V the k and l leading eigenvectors of the two centred Gram matrices, and the nuclear norm,

    .. math:: \frac{\| U^T V \|_*}{\min(k, l)}.

    It saturates on few maps. Centred layers live in n - 1 dimensions, so of two that keep k and l directions at least
    k + l - (n - 1) correlations are exactly 1, whatever the network; where either keeps all n - 1, as a wide layer
    nearly does at 0.99, the result is 1 and says nothing. `kept_directions` has the numbers: read them beside it.

    A share of 1 counts every direction that exceeds double rounding. The Gram matrix of a wide layer, multiplied in
    single precision, has directions of rounding.
    """
    if others is not None:
        require_same_maps(grams, others)
    vectors, kept = _leading(grams, share)
    vectors_other, kept_other = (None, kept) if others is None else _leading(others, share)
    return nuclear_norms(vectors, vectors_other) / np.minimum.outer(kept, kept_other)


def kept_directions(grams: Grams, *, share: float = SHARE) -> npt.NDArray[np.int64]:
    """Return how many directions each layer keeps for `share` of its variance, (layers,), at most n_maps - 1.

    Raises
    ------
    InputError
        As in `svcca_matrix`.
    """
    return _leading(grams, share)[1]


def _leading(grams: Grams, share: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the leading eigenvectors (layers, n, n), zeros in place of the others, and their numbers (layers,)."""
    if not 0 < share <= 1:
        raise InputError(f"The share of variance to keep is {share}; it lies above 0 and is at most 1.")
    values, vectors = spectra(grams, fewest=3)
    explained = np.cumsum(values, axis=1)
    kept = 1 + (explained < share * explained[:, -1:]).sum(1)
    return vectors * (np.arange(values.shape[1]) < kept[:, None])[:, None, :], kept


CCA: Final = Measure(
    name="cca",
    long_name="mean canonical correlation",
    label="CCA\ncorrelation",
    invariances=SCALE_FREE | {"linear_map"},
    function=partial(svcca_matrix, share=1.0),
    kept=partial(kept_directions, share=1.0),
    interval_trusted=False,
    depends_on_number=True,
)
SVCCA: Final = Measure(
    name="svcca",
    long_name="mean canonical correlation of leading directions",
    label="SVCCA\ncorrelation",
    invariances=SCALE_FREE,
    function=svcca_matrix,
    option=Option(
        name="share",
        default=SHARE,
        description="share of the variance that svcca keeps, in (0, 1]",
        minimum=0,
        maximum=1,
        above_minimum=True,
    ),
    kept=kept_directions,
    interval_trusted=False,
    depends_on_number=True,
)

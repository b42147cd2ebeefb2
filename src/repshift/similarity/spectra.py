"""Eigenvectors of centred Gram matrices, and the nuclear norms that Procrustes and canonical correlation are made from.

With the singular value decomposition ``H X = U S V^T``, the centred Gram matrix is ``U S^2 U^T``.
"""

import numpy as np
import numpy.typing as npt

from repshift.similarity.gram import centre
from repshift.similarity.stacks import Grams, rounding, varying_grams


def spectra(grams: Grams, *, fewest: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return eigenvalues (layers, n), largest first, and eigenvectors (layers, n, n) as columns, centred.

    An eigenvalue that rounding explains is exactly zero; n - 1 at most are not.

    Raises
    ------
    InputError
        As in `varying_grams`.
    """
    found = varying_grams(grams, fewest=fewest)
    values, vectors = np.linalg.eigh(centre(found))
    values, vectors = values[:, ::-1], vectors[:, :, ::-1]
    floor = np.maximum(rounding(found), found.shape[-1] * np.finfo(np.float64).eps * values[:, 0])
    return np.where(values > floor[:, None], values, 0.0), vectors


def nuclear_norms(
    factors: npt.NDArray[np.float64], others: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Return the sum of the singular values of ``A^T B`` for every pair of factors.

    Parameters
    ----------
    factors, others
        (layers, n, n) and (layers_other, n, n); columns of zeros at the end cost nothing. Without `others`, `factors`
        itself, and each pair is computed once.

    Returns
    -------
    (layers, layers_other) float64.
    """
    rows = _trimmed(factors)
    columns = rows if others is None else _trimmed(others)
    norms = np.zeros((len(rows), len(columns)))
    for row, factor in enumerate(rows):
        start = row if others is None else 0
        norms[row, start:] = np.linalg.svd(factor.T @ columns[start:], compute_uv=False).sum(-1)
    return norms if others is not None else norms + np.triu(norms, 1).T


def _trimmed(factors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Leave out the last columns that are zero in every layer."""
    return factors[:, :, : int(np.flatnonzero(factors.any((0, 1))).max()) + 1]

"""Numbers that say how much a matrix of similarity is one block of mutually similar layers."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Blockness:
    """Summary of a matrix of CKA, or of another measure; of distances the last three are NaN.

    Attributes
    ----------
    off_diagonal_mean, off_diagonal_median
        Of distinct layers, in the unit of the measure.
    leading_share
        Largest eigenvalue over the sum of all: 1 where all layers are alike, 1 / layers where none are.
    participation_ratio
        (sum of eigenvalues)^2 / sum of their squares: how many of them matter; from 1 to the number of layers.
    spectral_entropy
        -sum p log p of p = |eigenvalue| / sum |eigenvalue|, in nats; from 0 to log(layers).
    """

    off_diagonal_mean: float
    off_diagonal_median: float
    leading_share: float
    participation_ratio: float
    spectral_entropy: float


def off_diagonal(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the values of distinct layers: above the diagonal, of the symmetric part.

    Parameters
    ----------
    matrix
        (layers, layers). Symmetric within one pass; between two passes the mean with its transpose is taken.

    Returns
    -------
    (layers * (layers - 1) / 2,).
    """
    return _symmetric(matrix)[np.triu_indices(len(matrix), k=1)]


def eigenvalues(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the eigenvalues of the symmetric part, (layers,), largest first; debiased ones may be negative."""
    return np.asarray(np.linalg.eigvalsh(_symmetric(matrix))[::-1], dtype=np.float64)


def blockness(matrix: npt.NDArray[np.float64]) -> Blockness:
    """Sum up a matrix of similarity (layers, layers): near 1 where layers are alike.

    Examples
    --------
    >>> blockness(np.ones((4, 4))).participation_ratio.__round__(6)
    1.0
    """
    values, spectrum = off_diagonal(matrix), eigenvalues(matrix)
    share = np.abs(spectrum) / np.abs(spectrum).sum()
    positive = share[share > 0]
    return Blockness(
        off_diagonal_mean=float(values.mean()),
        off_diagonal_median=float(np.median(values)),
        leading_share=float(spectrum[0] / spectrum.sum()),
        participation_ratio=float(spectrum.sum() ** 2 / np.square(spectrum).sum()),
        spectral_entropy=float(-(positive * np.log(positive)).sum()),
    )


def blockness_of_distances(matrix: npt.NDArray[np.float64]) -> Blockness:
    """Sum up a matrix of distances (layers, layers): 0 where layers are alike, so its eigenvalues tell of no block."""
    values = off_diagonal(matrix)
    return Blockness(float(values.mean()), float(np.median(values)), math.nan, math.nan, math.nan)


def diagonal_mean(matrix: npt.NDArray[np.float64]) -> float:
    """Return the mean of the diagonal: of two networks with the same layers, how alike each layer is to itself."""
    return float(np.diagonal(matrix).mean())


def _symmetric(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return (matrix + matrix.T) / 2

"""Numbers that say how much a matrix of similarity is one block of mutually similar layers."""

import math
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import numpy.typing as npt

_FEW_LAYERS: Final = 32
"""Layers up to which all eigenvectors take no longer than the leading one."""


@dataclass(frozen=True)
class Blockness:
    """Summary of a matrix of CKA, or of another measure; of distances the last three are NaN.

    Attributes
    ----------
    off_diagonal_mean, off_diagonal_median
        Of distinct layers, in the unit of the measure.
    off_diagonal_skewness
        Of distinct layers; negative where a few layers are unlike all others, NaN where all values are one.
    leading_share
        Largest eigenvalue over the sum of all: 1 where all layers are alike, 1 / layers where none are.
    participation_ratio
        (sum of eigenvalues)^2 / sum of their squares: how many of them matter; from 1 to the number of layers.
    spectral_entropy
        -sum p log p of p = |eigenvalue| / sum |eigenvalue|, in nats; from 0 to log(layers).
    """

    off_diagonal_mean: float = field(metadata={"long_name": "mean of distinct layers", "has_unit": True})
    off_diagonal_median: float = field(metadata={"long_name": "median of distinct layers", "has_unit": True})
    off_diagonal_skewness: float = field(metadata={"long_name": "skewness of distinct layers", "has_unit": False})
    leading_share: float = field(
        metadata={"long_name": "largest eigenvalue of the matrix over their sum", "has_unit": False}
    )
    participation_ratio: float = field(
        metadata={"long_name": "participation ratio of the eigenvalues of the matrix", "has_unit": False}
    )
    spectral_entropy: float = field(
        metadata={"long_name": "entropy of the eigenvalues of the matrix", "has_unit": False}
    )


BLOCK_NUMBERS: Final = tuple(field.name for field in fields(Blockness))
"""What `block_numbers` returns, in its order."""

LONG_NAMES: Final = {one.name: str(one.metadata["long_name"]) for one in fields(Blockness)}
"""What each number of a matrix is, in words."""

WITH_UNIT: Final = tuple(one.name for one in fields(Blockness) if one.metadata["has_unit"])
"""Numbers in the unit of the measure; the others are dimensionless."""

COMPARISON_MEANS: Final = {
    "mean": "mean of all pairs of layers",
    "diagonal_mean": "mean of each layer and its namesake",
}
"""Numbers of a matrix of two networks, and what they are."""


def off_diagonal(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the values of distinct layers: above the diagonal, of the symmetric part.

    Parameters
    ----------
    matrix
        (..., layers, layers). Symmetric within one pass; between two passes the mean with its transpose is taken.

    Returns
    -------
    (..., layers * (layers - 1) / 2).
    """
    rows, columns = np.triu_indices(matrix.shape[-1], k=1)
    return (matrix[..., rows, columns] + matrix[..., columns, rows]) / 2


def eigenvalues(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the eigenvalues of the symmetric part, (..., layers), largest first; debiased ones may be negative."""
    return np.asarray(np.linalg.eigvalsh(_symmetric(matrix))[..., ::-1], dtype=np.float64)


def blockness(matrix: npt.NDArray[np.float64]) -> Blockness:
    """Sum up a matrix of similarity (layers, layers): near 1 where layers are alike.

    Examples
    --------
    >>> blockness(np.ones((4, 4))).participation_ratio.__round__(6)
    1.0
    """
    return Blockness(**dict(zip(BLOCK_NUMBERS, block_numbers(matrix).tolist(), strict=True)))


def block_numbers(matrices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum up matrices of similarity, many at a time: resamples, or permutations.

    Parameters
    ----------
    matrices
        (..., layers, layers).

    Returns
    -------
    (..., 6) in the order of `BLOCK_NUMBERS`: the attributes of `Blockness`.
    """
    return summed_up(off_diagonal(matrices), eigenvalues(matrices))


def summed_up(values: npt.NDArray[np.float64], spectrum: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
    """Return `block_numbers` of what they are made from.

    Parameters
    ----------
    values
        (..., pairs) of distinct layers, as of `off_diagonal`.
    spectrum
        (..., layers) `eigenvalues`; None of distances, whose last three numbers are NaN.
    """
    shape = [np.full(values.shape[:-1], np.nan)] * 3  # of one layer there are no distinct ones
    if values.shape[-1]:
        shape = [values.mean(-1), np.median(values, axis=-1), _skewness(values)]
    if spectrum is None:
        return np.stack([*shape, *[np.full_like(shape[0], np.nan)] * 3], axis=-1)
    total, share = spectrum.sum(-1), np.abs(spectrum) / np.abs(spectrum).sum(-1, keepdims=True)
    of_spectrum = (
        spectrum[..., 0] / total,
        np.square(total) / np.square(spectrum).sum(-1),
        -(share * np.log(np.where(share > 0, share, 1))).sum(-1),
    )
    return np.stack([*shape, *of_spectrum], axis=-1)


def mean_and_share(
    matrix: npt.NDArray[np.float64], influence: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the off-diagonal mean and the leading share of a matrix of CKA, and their standard errors.

    Parameters
    ----------
    matrix
        (layers, layers), symmetric, ones on the diagonal.
    influence
        (simulations, layers, layers): the derivative of the matrix by the weight of each simulation, where all are 1.

    Returns
    -------
    Two numbers, and their standard errors, (2,) each; dimensionless.

    Notes
    -----
    The infinitesimal jackknife: the squared error is ``G / (G - 1)`` times the sum of the squared derivatives over G
    simulations. That of the leading eigenvalue is ``v^T dM v``, with v its eigenvector.
    """
    spectrum, vectors = np.linalg.eigh(matrix)
    leading = vectors[:, -1]
    numbers = np.array([_off_diagonal_means(matrix), spectrum[-1] / len(matrix)])
    changes = np.stack([_off_diagonal_means(influence), influence @ leading @ leading / len(matrix)])
    n = len(influence)
    return numbers, np.sqrt(n / (n - 1) * np.square(changes).sum(1))


def mean_and_share_directions(
    matrices: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the two numbers of `mean_and_share` of many matrices, and the vectors x along which they change.

    Parameters
    ----------
    matrices
        (..., layers, layers), symmetric, ones on the diagonal.

    Returns
    -------
    Numbers (..., 2), and vectors (..., 2, layers): the change of a number is ``x^T dM x`` where the diagonal stays.
    """
    n_layers = matrices.shape[-1]
    largest, vector = _leading(matrices)
    numbers = np.stack([_off_diagonal_means(matrices), largest / n_layers], axis=-1)
    even = np.full_like(vector, 1 / math.sqrt(n_layers * (n_layers - 1)) if n_layers > 1 else np.nan)
    return numbers, np.stack([even, vector / math.sqrt(n_layers)], axis=-2)


def _leading(matrices: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the largest eigenvalue of symmetric matrices (..., layers, layers), and its vector (..., layers)."""
    n_layers = matrices.shape[-1]
    if n_layers <= _FEW_LAYERS:
        spectrum, vectors = np.linalg.eigh(matrices)
        return spectrum[..., -1], vectors[..., -1]
    from scipy import linalg  # many layers alone are worth its start

    found = [
        linalg.eigh(matrix, subset_by_index=[n_layers - 1] * 2, check_finite=False)
        for matrix in matrices.reshape(-1, n_layers, n_layers)
    ]
    largest, vectors = np.array([one[0] for one, _ in found]), np.stack([one[:, 0] for _, one in found])
    return largest.reshape(matrices.shape[:-2]), vectors.reshape(matrices.shape[:-1])


def _off_diagonal_means(matrices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean of the values of distinct layers, (...)."""
    n_layers = matrices.shape[-1]
    n_pairs = n_layers * (n_layers - 1)
    return np.asarray((matrices * (1 - np.eye(n_layers))).sum((-2, -1)) / (n_pairs or np.nan))


def _skewness(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``<d^3> / <d^2>^(3/2)`` of the deviations d from the mean along the last axis."""
    deviations = values - values.mean(-1, keepdims=True)
    squares = deviations * deviations
    variance = squares.mean(-1)
    squares *= deviations
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(squares.mean(-1) / variance**1.5)


def blockness_of_distances(matrix: npt.NDArray[np.float64]) -> Blockness:
    """Sum up a matrix of distances (layers, layers): 0 where layers are alike, so its eigenvalues tell of no block."""
    return Blockness(*summed_up(off_diagonal(matrix), None).tolist())


def diagonal_mean(matrix: npt.NDArray[np.float64]) -> float:
    """Return the mean of the diagonal: of two networks with the same layers, how alike each layer is to itself."""
    return float(np.diagonal(matrix).mean())


def _symmetric(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray((matrix + np.swapaxes(matrix, -1, -2)) / 2)

"""All numbers of a matrix of similarity, one after the other: of distinct layers, eigenvalues, `BLOCK_NUMBERS`."""

from typing import Final

import numpy as np
import numpy.typing as npt

from repshift.statistics.blocks import BLOCK_NUMBERS, summed_up

Array = npt.NDArray[np.float64]

_NEAR_LINEAR: Final = ("similarity", "off_diagonal_mean")
"""Numbers that noise does not drive one way."""


def folded(matrices: Array, *, is_distance: bool = False) -> Array:
    """Return the numbers of symmetric matrices (..., layers, layers), (..., numbers); distances have no eigenvalues."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    values = matrices[..., rows, columns]
    if is_distance:
        none = np.full(matrices.shape[:-1], np.nan)
        return np.concatenate([values, none, summed_up(values, None)], axis=-1)
    spectrum = np.asarray(np.linalg.eigvalsh(matrices)[..., ::-1], dtype=np.float64)
    return np.concatenate([values, spectrum, summed_up(values, spectrum)], axis=-1)


def unfolded(numbers: Array, n_layers: int) -> dict[str, tuple[tuple[str, ...], Array, str]]:
    """Return numbers of `folded` by name: dimensions, values, and what they are."""
    similarity = np.full((n_layers, n_layers), np.nan)
    rows, columns = np.triu_indices(n_layers, k=1)
    similarity[rows, columns] = similarity[columns, rows] = numbers[: len(rows)]
    spectrum = numbers[len(rows) : len(rows) + n_layers]
    of_block = dict(zip(BLOCK_NUMBERS, numbers[len(rows) + n_layers :], strict=True))
    return {
        "similarity": (("layer", "layer_other"), similarity, "measure of two distinct layers"),
        "eigenvalue": (("rank",), spectrum, "eigenvalue of the matrix of the measure, largest first"),
        **{name: ((), np.asarray(value), name.replace("_", " ")) for name, value in of_block.items()},
    }


def number_of(numbers: Array, name: str) -> Array:
    """Return one of `BLOCK_NUMBERS` of numbers of `folded`, (...)."""
    return np.asarray(numbers[..., numbers.shape[-1] - len(BLOCK_NUMBERS) + BLOCK_NUMBERS.index(name)])


def is_near_linear(n_layers: int) -> npt.NDArray[np.bool_]:
    """Return which numbers of `folded` noise does not drive one way, (numbers,)."""
    n_pairs = n_layers * (n_layers - 1) // 2
    names = ["similarity"] * n_pairs + ["eigenvalue"] * n_layers + list(BLOCK_NUMBERS)
    return np.array([name in _NEAR_LINEAR for name in names])

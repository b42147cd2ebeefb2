"""The numbers of the matrices of a case, along ``measure``, as the file of the stage cka holds them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.measures import measure_of
from repshift.statistics.blocks import (
    BLOCK_NUMBERS,
    COMPARISON_MEANS,
    LONG_NAMES,
    WITH_UNIT,
    block_numbers,
    blockness_of_distances,
    diagonal_mean,
    eigenvalues,
)


def matrix_numbers(matrices: Mapping[str, xr.DataArray], *, same_network: bool) -> xr.Dataset:
    """Return what sums up each matrix: of one network its block, of two networks how alike their layers are.

    Parameters
    ----------
    matrices
        (layer, layer_other) by measure, each with its ``long_name`` and ``units``.
    same_network
        Whether rows and columns are layers of one network.

    Returns
    -------
    Along ``measure``: the numbers of `BLOCK_NUMBERS` and ``eigenvalue`` (measure, rank), NaN where that means nothing
    of a distance; or ``mean`` and ``diagonal_mean``, which is NaN where the layers differ. Coordinates say what each
    measure is, its unit, and whether it is a distance.
    """
    about = {f"measure_{key}": [str(one.attrs[key]) for one in matrices.values()] for key in ("long_name", "units")}
    distances = np.array([measure_of(name).is_distance for name in matrices], dtype=np.int8)
    coords: dict[str, Any] = {"measure": list(matrices), "distance": ("measure", distances)}
    coords |= {name: ("measure", values) for name, values in about.items()}
    variables = _of_block(matrices) if same_network else _of_two(matrices)
    return xr.Dataset(variables, coords=coords)


def _of_block(matrices: Mapping[str, xr.DataArray]) -> dict[str, Any]:
    """Return the numbers of `BLOCK_NUMBERS`, and the eigenvalues."""
    distances = [measure_of(name).is_distance for name in matrices]
    values = [one.to_numpy() for one in matrices.values()]
    numbers = [_sum_up(one, is_distance=is_distance) for one, is_distance in zip(values, distances, strict=True)]
    spectra = [
        np.full(len(one), np.nan) if is_distance else eigenvalues(one)
        for one, is_distance in zip(values, distances, strict=True)
    ]
    of_spectrum = {"units": "1", "long_name": "eigenvalue of the matrix of similarity, largest first"}
    return {
        **{
            name: (
                "measure",
                np.array(column),
                {"units": "see measure_units" if name in WITH_UNIT else "1", "long_name": LONG_NAMES[name]},
            )
            for name, column in zip(BLOCK_NUMBERS, zip(*numbers, strict=True), strict=True)
        },
        "eigenvalue": (("measure", "rank"), np.stack(spectra), of_spectrum),
    }


def _sum_up(matrix: npt.NDArray[np.float64], *, is_distance: bool) -> npt.NDArray[np.float64]:
    """Return the numbers of a matrix, (6,); of one layer there are no distinct ones, and all is in one eigenvalue."""
    if len(matrix) == 1:
        return np.array([np.nan] * 6 if is_distance else [np.nan] * 3 + [1.0, 1.0, 0.0])
    return np.array(list(vars(blockness_of_distances(matrix)).values())) if is_distance else block_numbers(matrix)


def _of_two(matrices: Mapping[str, xr.DataArray]) -> dict[str, Any]:
    """Return the means over all pairs of layers and, where both networks have the same, over namesakes."""
    means = [float(one.mean()) for one in matrices.values()]
    diagonals = [
        diagonal_mean(one.to_numpy())
        if one["layer"].to_numpy().tolist() == one["layer_other"].to_numpy().tolist()
        else np.nan
        for one in matrices.values()
    ]
    return {
        name: ("measure", np.array(values), {"units": "see measure_units", "long_name": text})
        for values, (name, text) in zip((means, diagonals), COMPARISON_MEANS.items(), strict=True)
    }

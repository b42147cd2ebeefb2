"""All tables and matrices of the cases on common axes, as summary.nc holds them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr

from repshift.case.grams import case_names
from repshift.stages.summary.matrices import MATRIX, Variables, measure_coordinates, stacked_matrices
from repshift.stages.summary.scores import MAPS, folded_scores
from repshift.stages.summary.similarity import ENDS, with_ends
from repshift.statistics.blocks import BLOCK_NUMBERS
from repshift.storage.tables import Row
from repshift.vocabulary import CASE

_LONG_NAMES: Final = {
    "r2": "coefficient of determination R^2",
    "rmse": "root mean squared error",
    "bias": "mean error",
    "chi2": "mean squared error over predicted variance",
    "n_maps": "maps scored",
    "n_simulations": "simulations of the maps scored",
    "off_diagonal_mean": "mean of distinct layers",
    "off_diagonal_median": "median of distinct layers",
    "off_diagonal_skewness": "skewness of distinct layers",
    "leading_share": "largest eigenvalue of the matrix over their sum",
    "participation_ratio": "participation ratio of the eigenvalues of the matrix",
    "spectral_entropy": "entropy of the eigenvalues of the matrix",
    **MATRIX,
}

_OF_MEASURE: Final = ("similarity", "off_diagonal_mean", "off_diagonal_median")
"""Variables in the unit of their measure."""


def on_common_axes(
    matrices: Sequence[xr.Dataset],
    measures: Sequence[str],
    score_rows: Sequence[Row],
    similarity_rows: Sequence[Row],
) -> xr.Dataset:
    """Return all tables and matrices on common axes."""
    cases = [case_names(matrix) for matrix in matrices]
    parameters = list(dict.fromkeys(str(row["parameter"]) for row in score_rows))
    scored = folded_scores(cases, parameters, score_rows)
    shaped = _folded_numbers(len(matrices), len(measures), similarity_rows)
    variables = {**stacked_matrices(matrices, measures), **scored, **shaped}
    labels = {name: ("case", [str(matrix.attrs[name]) for matrix in matrices]) for name in CASE[:-1]}
    inside = np.array([matrix.attrs["in_distribution"] == "true" for matrix in matrices], dtype=np.int8)
    return xr.Dataset(
        {
            name: (
                dimensions,
                values,
                {"units": "see measure_units" if name in _OF_MEASURE else "1", "long_name": _long_name(name)},
            )
            for name, (dimensions, values) in variables.items()
        },
        coords={
            **labels,
            "in_distribution": ("case", inside),
            **measure_coordinates(measures, matrices[0]),
            "parameter": np.array(parameters, dtype=object),
            "maps": list(MAPS),
        },
    )


def _long_name(name: str) -> str:
    """Return what a variable is, also where it is an end of an interval."""
    number, _, end = name.rpartition("_")
    if end in ENDS:
        return f"{'lower' if end == 'low' else 'upper'} end of the interval: {_LONG_NAMES[number]}"
    return _LONG_NAMES[name]


def _folded_numbers(n_cases: int, n_measures: int, similarity_rows: Sequence[Row]) -> Variables:
    """Fold the columns of similarity.csv onto their axes."""
    columns = [name for name in with_ends(BLOCK_NUMBERS) if name in similarity_rows[0]]
    shaped = {name: np.reshape([row[name] for row in similarity_rows], (n_cases, n_measures)) for name in columns}
    return {name: (("case", "measure"), values) for name, values in shaped.items()}

"""What files of the stage cka hold: measures, matrices (layer, layer_other), and the numbers of these."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.similarity.measures import DECLARED, measure_of
from repshift.statistics.blocks import blockness, blockness_of_distances, diagonal_mean, eigenvalues
from repshift.storage.tables import Row
from repshift.vocabulary import InputError

MATRIX: Final = {
    "similarity": "similarity of two layers, or distance: see the coordinate distance",
    "eigenvalue": "eigenvalue of the matrix of similarity, largest first",
    "layer_name": "name of the layer",
    "cka_biased_pixels": "biased linear CKA of the layer and the standardised maps",
    "cka_debiased_pixels": "debiased linear CKA of the layer and the standardised maps",
}
"""Long names of what `stacked_matrices` returns."""

PIXELS: Final = ("cka_biased_pixels", "cka_debiased_pixels")
"""How similar each layer is to the maps themselves (layer,), where a file says so."""

Variables = dict[str, tuple[tuple[str, ...], npt.NDArray[Any]]]


def measures_of(cases: Sequence[xr.Dataset]) -> list[str]:
    """Return the measures that all cases hold, in the order of their files.

    Raises
    ------
    InputError
        If two cases were compared by different measures.
    """
    held = [[str(name) for name in case.data_vars if name in DECLARED] for case in cases]
    for case, names in zip(cases, held, strict=True):
        if names != held[0]:
            raise InputError(
                f"Model '{case.attrs['model']}' shown domain '{case.attrs['domain']}' was compared by "
                f"{', '.join(names)}, the first case by {', '.join(held[0])}. All cases need the same measures."
            )
    return held[0]


def measure_coordinates(measures: Sequence[str], case: xr.Dataset) -> dict[str, Any]:
    """Return coordinates along ``measure``: names, what they are, units, and 1 where the measure is a distance."""
    about = {
        f"measure_{key}": ("measure", [str(case[name].attrs[key]) for name in measures])
        for key in ("long_name", "units")
    }
    distance = np.array([measure_of(name).is_distance for name in measures], dtype=np.int8)
    return {"measure": list(measures), **about, "distance": ("measure", distance)}


def blockness_row(matrix: xr.DataArray) -> Row:
    """Return how much a matrix is one block; NaN where that means nothing of a distance."""
    sum_up = blockness_of_distances if measure_of(str(matrix.name)).is_distance else blockness
    return asdict(sum_up(matrix.to_numpy()))


def stacked_matrices(cases: Sequence[xr.Dataset], measures: Sequence[str]) -> Variables:
    """Stack matrices, eigenvalues, layer names and, where all cases hold it, CKA with the pixels; NaN fills up."""
    n_layers = max(case.sizes["layer"] for case in cases)
    layer_names = np.full((len(cases), n_layers), "", dtype=object)
    similarity = np.full((len(cases), len(measures), n_layers, n_layers), np.nan)
    spectrum = np.full((len(cases), len(measures), n_layers), np.nan)
    held = [name for name in PIXELS if all(name in case for case in cases)]
    pixels = {name: np.full((len(cases), n_layers), np.nan) for name in held}
    for index, case in enumerate(cases):
        own = case.sizes["layer"]
        layer_names[index, :own] = case["layer"].to_numpy()
        for name, of_cases in pixels.items():
            of_cases[index, :own] = case[name].to_numpy()
        for number, measure in enumerate(measures):
            values = case[measure].to_numpy()
            similarity[index, number, :own, :own] = values
            if not measure_of(measure).is_distance:
                spectrum[index, number, :own] = eigenvalues(values)
    return {
        "layer_name": (("case", "layer"), layer_names),
        "similarity": (("case", "measure", "layer", "layer_other"), similarity),
        "eigenvalue": (("case", "measure", "rank"), spectrum),
        **{name: (("case", "layer"), of_cases) for name, of_cases in pixels.items()},
    }


def comparison_rows(comparison: xr.Dataset) -> list[Row]:
    """Return the rows of a comparison of two networks, one for each measure."""
    named = {
        name: str(comparison.attrs[name]) for name in ("model", "domain", "model_other", "domain_other", "pairing")
    }
    layers, others = (comparison[name].to_numpy().tolist() for name in ("layer", "layer_other"))
    return [
        {
            **named,
            "measure": measure,
            "mean": float(comparison[measure].mean()),
            "diagonal_mean": diagonal_mean(comparison[measure].to_numpy()) if layers == others else math.nan,
            "n_maps": comparison.sizes["map"],
        }
        for measure in measures_of([comparison])
    ]

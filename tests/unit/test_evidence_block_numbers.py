"""What the file of the stage cka says of each matrix."""

import numpy as np
import pytest
import xarray as xr

from repshift.evidence.block_numbers import matrix_numbers
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers


def matrix(values, *, layers="ab", others=None):
    coords = {"layer": list(layers), "layer_other": list(others or layers)}
    about = {"units": "1", "long_name": "similarity"}
    return xr.DataArray(np.asarray(values, dtype=np.float64), coords, ("layer", "layer_other"), attrs=about)


ALIKE = matrix([[1, 0.5], [0.5, 1]])


def test_numbers_of_a_matrix_are_those_of_its_block():
    found = matrix_numbers({"cka_debiased": ALIKE}, same_network=True)
    expected = block_numbers(ALIKE.to_numpy())
    assert [found[name].item() for name in BLOCK_NUMBERS] == pytest.approx(expected, nan_ok=True)
    assert found["eigenvalue"].values.tolist() == [[pytest.approx(1.5), pytest.approx(0.5)]]
    assert all({"units", "long_name"} <= set(found[name].attrs) for name in found.data_vars)


def test_a_distance_has_a_mean_and_no_spectrum():
    found = matrix_numbers({"cka_biased": ALIKE, "procrustes_angle": ALIKE}, same_network=True)
    assert found["distance"].values.tolist() == [0, 1]
    angle = found.sel(measure="procrustes_angle")
    assert angle["off_diagonal_mean"] == 0.5
    assert np.isnan(angle["leading_share"])
    assert np.isnan(angle["eigenvalue"]).all()


def test_one_layer_is_alike_to_no_other():
    found = matrix_numbers({"cka_biased": matrix([[1]], layers="a")}, same_network=True)
    assert np.isnan(found["off_diagonal_mean"])
    assert found["leading_share"] == 1


@pytest.mark.parametrize(("others", "diagonal"), [("ab", 1.0), ("xy", np.nan)])
def test_two_networks_have_a_diagonal_where_layers_agree(others, diagonal):
    found = matrix_numbers({"cka_biased": matrix([[1, 0.5], [0.5, 1]], others=others)}, same_network=False)
    assert found["mean"] == 0.75
    assert found["diagonal_mean"].item() == pytest.approx(diagonal, nan_ok=True)

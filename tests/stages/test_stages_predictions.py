"""The stage predictions: every map of a split."""

import numpy as np
import pytest
import xarray as xr

from world import predict


def test_predictions_hold_every_map_of_the_split(world):
    with xr.open_dataset(predict(world)) as found:
        assert found["mean"].shape == (12 * 15, 6)
        assert (found["std"] >= 0).all()
        truth = np.loadtxt(world["home"].parameters)[found["simulation"].values]
        assert found["truth"].values == pytest.approx(truth)


def test_a_batch_does_not_change_predictions(world):
    with xr.open_dataset(predict(world)) as whole:
        expected = whole["mean"].load()
    with xr.open_dataset(predict(world, batch_size=7)) as found:
        assert found["mean"].values == pytest.approx(expected.values, abs=1e-4)


def test_wide_tables_score_omega_m_and_sigma_8_alone(world):
    table = np.loadtxt(world["home"].parameters)
    np.savetxt(world["home"].parameters, np.hstack([table[:, :2], np.full((len(table), 26), 7.0)]))
    with xr.open_dataset(predict(world)) as found:
        truth = found["truth"].sel(parameter=["Omega_m", "sigma_8"]).values
        assert truth == pytest.approx(table[found["simulation"].values, :2])
        assert np.isnan(found["truth"].isel(parameter=slice(2, None))).all()
        assert np.isfinite(found["mean"]).all()


def test_parameters_that_are_a_twin_s_are_not_scored(world):
    with xr.open_dataset(predict(world, unscored=["A_SN1", "A_AGN2"])) as found:
        missing = [
            str(name) for name in found["parameter"].values if np.isnan(found["truth"].sel(parameter=name)).all()
        ]
        assert missing == ["A_SN1", "A_AGN2"]

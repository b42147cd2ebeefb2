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

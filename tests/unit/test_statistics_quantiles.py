"""Quantiles over maps of numbers that may be infinite, and their intervals."""

import numpy as np
import pytest

from repshift.statistics.quantiles import quantile_intervals
from repshift.vocabulary import InputError

LITTLE = {"n_resamples": 400, "seed": 1}


def quantiles(values, shares=(0.5,), *, simulations=None, **changes):
    simulations = range(np.shape(values)[-1]) if simulations is None else simulations
    return quantile_intervals(np.asarray(values), shares, simulations=simulations, **LITTLE | changes)


def test_the_median_is_numpy_s(rng):
    values = rng.normal(size=(3, 21))
    assert quantiles(values)[0, 0] == pytest.approx(np.median(values, axis=1))
    assert quantiles(values[:, :20])[0, 0] == pytest.approx(np.median(values[:, :20], axis=1))


def test_other_quantiles_are_numpy_s(rng):
    values = rng.normal(size=25)
    expected = np.quantile(values, [0.1, 0.9], method="averaged_inverted_cdf")
    assert quantiles(values, (0.1, 0.9))[:, 0] == pytest.approx(expected)


def test_ends_hold_the_quantile_and_the_shape_is_kept(rng):
    value, low, high = np.moveaxis(quantiles(rng.normal(size=(2, 3, 30)), (0.1, 0.5, 0.9)), 1, 0)
    assert value.shape == (3, 2, 3)
    assert ((low < value) & (value < high)).all()


def test_infinity_counts_as_the_largest_number():
    values = np.append(np.arange(15.0), [np.inf] * 5)
    value, low, high = quantiles(values, (0.5, 0.9)).T
    assert value.tolist() == [9.5, np.inf]
    assert low[0] < 9.5 < high[0]


def test_maps_without_a_number_are_left_out(rng):
    values = rng.normal(size=15)
    with_none = np.append(values, [np.nan] * 5)
    assert quantiles(with_none)[0, 0] == pytest.approx(np.median(values))
    assert np.isnan(quantiles(np.full(12, np.nan))).all()


def test_maps_of_one_simulation_are_drawn_together(rng):
    values = np.repeat(rng.normal(size=12), 4)
    alone, together = quantiles(values)[0], quantiles(values, simulations=np.repeat(np.arange(12), 4))[0]
    assert together[2] - together[1] > 1.3 * (alone[2] - alone[1])


def test_intervals_of_a_median_hold_it_in_most_samples(rng):
    values = rng.normal(size=(400, 25))
    _, low, high = quantiles(values)[0]
    assert 0.90 < np.mean((low <= 0) & (high >= 0)) < 0.99


def test_too_few_simulations_are_refused():
    with pytest.raises(InputError, match="9 simulations are too few"):
        quantiles(np.arange(9.0))

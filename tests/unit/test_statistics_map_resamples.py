import numpy as np
import pytest

from repshift.statistics.map_resamples import bands_of, interval_of, map_resamples, ratio
from repshift.statistics.resampling import bootstrap_weights, percentile_interval


def resampled(values, simulations, statistic, *, n_resamples=60, seed=3):
    """Return a statistic of the maps, each as often as its simulation is drawn, by a double loop."""
    weights = bootstrap_weights(len(set(simulations)), n_resamples=n_resamples, seed=seed).astype(int)
    drawn = [np.repeat(values, row[simulations]) for row in weights]
    return np.array([statistic(one) for one in drawn])


@pytest.mark.parametrize(("name", "statistic"), [("means", np.mean), ("sums", np.sum), ("medians", np.median)])
def test_numbers_of_resamples_equal_a_loop(rng, name, statistic):
    values, simulations = rng.normal(size=30), np.repeat(np.arange(15), 2)
    found = getattr(map_resamples(simulations, n_resamples=60, seed=3), name)(values[None])
    assert found[0] == pytest.approx(statistic(values))
    np.testing.assert_allclose(found[1:, 0], resampled(values, simulations, statistic))


def test_an_interval_ends_where_that_of_a_loop_does(rng):
    values = rng.normal(size=20)
    resamples = map_resamples(np.arange(20), n_resamples=60, seed=3)
    found = interval_of(resamples.means(values[None]), n_simulations=20)
    slow = percentile_interval(resampled(values, np.arange(20), np.mean)[:, None], n_simulations=20)
    np.testing.assert_allclose([found.low, found.high], [slow.low, slow.high])


def test_few_simulations_have_numbers_without_ends(rng):
    resamples = map_resamples(np.repeat(np.arange(9), 3), n_resamples=60, seed=3)
    values = rng.normal(size=(2, 27))
    means = resamples.means(values)
    np.testing.assert_allclose(means[0], values.mean(1))
    assert np.isnan(bands_of(means, n_simulations=9).low).all()
    assert np.isnan(interval_of(means, n_simulations=9).high).all()


def test_bands_of_several_places_are_wider_than_those_of_one(rng):
    means = map_resamples(np.arange(40), n_resamples=500, seed=3).means(rng.normal(size=(8, 40)))
    many, one = bands_of(means, n_simulations=40), bands_of(means[:, :1], n_simulations=40)
    assert many.high[0] - many.low[0] > 1.2 * (one.high[0] - one.low[0])


def test_a_band_of_one_place_is_that_of_students_t(rng):
    values = rng.normal(size=(1, 40))
    means = map_resamples(np.arange(40), n_resamples=4000, seed=3).means(values)
    found = bands_of(means, n_simulations=40)
    assert found.high[0] - found.low[0] == pytest.approx(2 * 2.02 * values.std(ddof=1) / np.sqrt(40), rel=0.05)


def test_bands_of_amounts_stay_above_zero(rng):
    sums = map_resamples(np.arange(12), n_resamples=500, seed=3).sums(rng.exponential(size=(3, 12)) ** 4)
    assert (bands_of(sums, n_simulations=12, scale="log").low > 0).all()


def test_what_does_not_scatter_has_a_band_of_no_width(rng):
    resamples = map_resamples(np.arange(12), n_resamples=50, seed=3)
    numbers = resamples.means(np.stack([np.full(12, 0.3), rng.normal(size=12)]))
    found = bands_of(numbers, n_simulations=12)
    assert found.low[0] == found.high[0] == numbers[0, 0]
    assert found.low[1] < found.high[1]


def test_a_ratio_over_nothing_is_no_number():
    np.testing.assert_array_equal(ratio(np.array([1.0, 2.0]), np.array([0.0, 4.0])), [np.nan, 0.5])

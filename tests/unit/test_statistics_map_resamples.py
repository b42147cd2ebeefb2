import numpy as np
import pytest

from repshift.statistics.bands import ratio_bands
from repshift.statistics.map_resamples import (
    bands_of,
    interval_of,
    map_resamples,
    means_with_bands,
    ratio,
    ratio_with_bands,
)
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
    assert np.isnan(means_with_bands(values, resamples=resamples)[1].low).all()
    assert np.isnan(interval_of(means, n_simulations=9).high).all()


def linear(values, resamples):
    """Return means in bands of any numbers."""
    means = resamples.means(values)
    return means[0], bands_of(means, n_simulations=resamples.n_simulations)


@pytest.mark.parametrize("bands", [means_with_bands, linear])
def test_bands_of_several_places_are_wider_than_of_one(rng, bands):
    values, resamples = rng.normal(size=(8, 40)), map_resamples(np.arange(40), n_resamples=500, seed=3)
    many, one = bands(values, resamples=resamples)[1], bands(values[:1], resamples=resamples)[1]
    assert many.high[0] - many.low[0] > 1.2 * (one.high[0] - one.low[0])


@pytest.mark.parametrize("bands", [means_with_bands, linear])
def test_a_band_of_one_place_is_that_of_students_t(rng, bands):
    values = rng.normal(size=(1, 40))
    found = bands(values, resamples=map_resamples(np.arange(40), n_resamples=4000, seed=3))[1]
    assert found.high[0] - found.low[0] == pytest.approx(2 * 2.02 * values.std(ddof=1) / np.sqrt(40), rel=0.06)


@pytest.mark.parametrize("bands", [means_with_bands, linear])
def test_what_does_not_scatter_has_a_band_of_no_width(rng, bands):
    values = np.stack([np.full(12, 0.3), rng.normal(size=12)])
    value, found = bands(values, resamples=map_resamples(np.arange(12), n_resamples=50, seed=3))
    assert found.low[0] == found.high[0] == value[0]
    assert found.low[1] < found.high[1]


def test_ratios_have_the_bands_of_their_simulations(rng):
    above, below = rng.exponential(size=(2, 3, 4, 24))
    resamples = map_resamples(np.repeat(np.arange(12), 2), n_resamples=50, seed=3)
    value, ends = ratio_with_bands(above, below, resamples=resamples)
    sums = [np.stack([side[1, :, 2 * at : 2 * at + 2].sum(-1) for at in range(12)]) for side in (above, below)]
    slow = ratio_bands(*sums, weights=bootstrap_weights(12, n_resamples=50, seed=3))
    np.testing.assert_allclose([value[1], ends.low[1], ends.high[1]], [slow.value, slow.low, slow.high])


def test_a_ratio_over_nothing_is_no_number():
    np.testing.assert_array_equal(ratio(np.array([1.0, 2.0]), np.array([0.0, 4.0])), [np.nan, 0.5])

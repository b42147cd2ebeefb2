"""What trust is judged by: distances to a reference, ratios of likelihoods, risk, calibration, halves, areas."""

import numpy as np
import pytest
from scipy import stats
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from repshift import InputError
from repshift.statistics.areas import score_auc
from repshift.statistics.calibration import coverage_error, integral_transform, transform_bins, within_intervals
from repshift.statistics.likelihood_ratio import likelihood_ratios
from repshift.statistics.ranks import ranks
from repshift.statistics.reference_distances import mahalanobis_distances, neighbour_distances, shrunk_covariance
from repshift.statistics.risk_coverage import relative_area, risk_curves
from repshift.statistics.simulation_halves import simulation_halves


@pytest.mark.parametrize("shape", [(30, 5), (20, 60)])
def test_the_shrunk_covariance_is_that_of_scikit_learn(rng, shape):
    sample = rng.normal(size=shape) * np.arange(1, shape[1] + 1)
    assert shrunk_covariance(sample) == pytest.approx(LedoitWolf().fit(sample).covariance_, rel=1e-9)


def test_mahalanobis_is_that_of_scikit_learn(rng):
    sample, maps = rng.normal(size=(40, 8)), rng.normal(size=(6, 8))
    found = mahalanobis_distances(maps, sample)
    assert np.square(found) == pytest.approx(LedoitWolf().fit(sample).mahalanobis(maps))


def test_a_constant_reference_measures_no_distance():
    with pytest.raises(InputError, match="The 5 maps of the reference have the same features"):
        mahalanobis_distances(np.zeros((2, 3)), np.ones((5, 3)))


def test_neighbours_are_those_of_scikit_learn(rng):
    sample, maps = 100 + rng.normal(size=(40, 8)), 100 + rng.normal(size=(6, 8))
    slow = NearestNeighbors(n_neighbors=3).fit(sample).kneighbors(maps)[0].mean(1)
    assert neighbour_distances(maps, sample, n_neighbours=3) == pytest.approx(slow)


def test_a_map_is_not_near_its_own_simulation(rng):
    sample, labels = rng.normal(size=(12, 2)), np.repeat(np.arange(4), 3)
    apart = labels[:, None] != labels
    found = neighbour_distances(sample, sample, n_neighbours=2, apart=apart)
    slow = neighbour_distances(sample[:3], sample[3:], n_neighbours=2)
    assert found[:3] == pytest.approx(slow)
    with pytest.raises(InputError, match="10 nearest maps were asked for; a map has 9 of other simulations"):
        neighbour_distances(sample, sample, n_neighbours=10, apart=apart)


def test_ratios_are_those_of_scikit_learn(rng):
    values, others = rng.normal(size=50), 1 + rng.normal(size=200)
    inside, outside = likelihood_ratios(values, others)
    pooled = np.concatenate([values, others])[:, None]
    standard = (pooled - pooled.mean()) / pooled.std()
    slow = LogisticRegression(class_weight="balanced", tol=1e-10).fit(standard, np.arange(250) >= 50)
    expected = np.exp(standard[:, 0] * slow.coef_[0, 0])
    assert np.concatenate([inside, outside]) == pytest.approx(expected, rel=1e-4)


def test_ratios_are_finite_where_samples_do_not_overlap(rng):
    inside, outside = likelihood_ratios(rng.uniform(size=50), 1000 + rng.uniform(size=30))
    assert np.isfinite([inside.max(), outside.max()]).all()
    assert inside.max() < outside.min()
    with pytest.raises(InputError, match="All 5 values are 2: no sample is likelier at one of them"):
        likelihood_ratios(np.full(3, 2.0), np.full(2, 2.0))


def slow_risk(score, loss, share, rng):
    """Return the mean loss of the share trusted most, of many random orders within ties."""
    n_kept = round(share * len(score))
    orders = [np.lexsort((rng.permutation(len(score)), score))[:n_kept] for _ in range(4000)]
    return np.mean([loss[order].mean() for order in orders])


def test_risk_is_the_mean_over_the_orders_of_ties(rng):
    score, loss = rng.integers(3, size=20).astype(float), rng.exponential(size=20)
    found = risk_curves(score, loss, weights=np.ones((1, 20)), shares=np.array([0.25, 0.6, 1.0]))[0]
    assert found == pytest.approx([slow_risk(score, loss, share, rng) for share in (0.25, 0.6, 1.0)], abs=0.02)
    assert found[-1] == pytest.approx(loss.mean())


def test_risk_of_resamples_is_that_of_maps_drawn_again(rng):
    score, loss, shares = rng.normal(size=20), rng.exponential(size=20), np.array([0.1, 0.5, 1.0])
    counts = rng.multinomial(20, np.full(20, 0.05), size=4)
    found = risk_curves(score, loss, weights=counts.astype(float), shares=shares)
    for row, curve in zip(counts, found, strict=True):
        again = np.repeat(np.arange(20), row)
        slow = risk_curves(score[again], loss[again], weights=np.ones((1, 20)), shares=shares)[0]
        assert curve == pytest.approx(slow)


def test_a_constant_score_has_the_area_of_a_random_order(rng):
    loss, shares = rng.exponential(size=30), np.linspace(0.1, 1, 10)
    areas = [
        relative_area(risk_curves(score, loss, weights=np.ones((1, 30)), shares=shares))[0]
        for score in (np.zeros(30), loss, -loss)
    ]
    assert areas[0] == pytest.approx(1)
    assert areas[1] < 1 < areas[2]
    assert np.isnan(relative_area(np.zeros(3)))


def test_the_area_under_the_curve_is_that_of_scikit_learn(rng):
    score, positive = rng.integers(5, size=40).astype(float), rng.integers(2, size=40).astype(bool)
    weights = rng.integers(1, 4, size=(3, 40)).astype(float)
    slow = [roc_auc_score(positive, score, sample_weight=one) for one in weights]
    assert score_auc(score, positive, weights=weights) == pytest.approx(slow)
    assert np.isnan(score_auc(score, np.ones(40, dtype=bool), weights=weights)).all()


def test_weighted_ranks_are_those_of_values_repeated(rng):
    values, counts = rng.integers(6, size=15).astype(float), rng.integers(1, 4, size=15)
    again = np.repeat(np.arange(15), counts)
    slow = stats.rankdata(values[again]) - 0.5
    assert ranks(values, counts.astype(float))[again] == pytest.approx(slow)


def test_true_distributions_are_calibrated(rng):
    mean, std = rng.normal(size=20_000), rng.uniform(0.1, 3, size=20_000)
    transform = integral_transform(mean + std * rng.normal(size=20_000), mean, std)
    levels = (0.5, 0.68, 0.9)
    coverage = within_intervals(transform, levels).mean(0)
    assert transform_bins(transform).mean(0) == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert coverage == pytest.approx(levels, abs=0.015)
    assert coverage_error(coverage, levels) < 0.015


def test_too_small_deviations_hold_too_little(rng):
    transform = integral_transform(rng.normal(size=5000), np.zeros(5000), np.full(5000, 0.5))
    expected = stats.norm.cdf(0.5 * stats.norm.ppf(0.95)) * 2 - 1
    assert within_intervals(transform, [0.9]).mean() == pytest.approx(expected, abs=0.03)


def test_a_deviation_of_zero_is_one_value():
    found = integral_transform(np.array([1.0, 2.0, 3.0]), np.full(3, 2.0), np.zeros(3))
    assert found.tolist() == [0, 0.5, 1]
    assert within_intervals(found, [0.9])[:, 0].tolist() == [0, 1, 0]


def test_each_half_is_followed_by_its_complement():
    halves = simulation_halves(11, n_splits=3, seed=1)
    assert halves.sum(1).tolist() == [5, 6] * 3
    assert (halves[::2] != halves[1::2]).all()
    assert len({half.tobytes() for half in halves}) == 6
    with pytest.raises(InputError, match="7 simulations do not make two halves of 4 or more. Use 8 simulations"):
        simulation_halves(7, n_splits=1, seed=1)

"""Intervals by simulation: what they cover, and what a bootstrap of rows does not."""

from functools import partial

import numpy as np
import pytest

from monte_carlo import least
from repshift import InputError, cka_matrix
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.reweighting import weighted_cka_matrices
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.resampling import (
    bias_covering_interval,
    bootstrap_weights,
    jackknife,
    percentile_interval,
    simulation_of,
)

SPECTRUM = np.arange(1, 61) ** -0.75
"""Scales of the features: a few directions dominate. With equal scales intervals hold the truth nearly always."""

WIDE = np.ones(1000)


def maps_of(rng, n_simulations, *, maps_each=1, spectrum=SPECTRUM):
    """Maps whose features correlate by 0.8 within a simulation, where it has several."""
    shared = np.repeat(rng.normal(size=(n_simulations, len(spectrum))), maps_each, axis=0)
    if maps_each == 1:
        return shared
    return np.sqrt(0.8) * shared + np.sqrt(0.2) * rng.normal(size=shared.shape)


def layers_of(rng, loadings, n_simulations, *, maps_each=1, spectrum=SPECTRUM):
    """X_l = a_l Z + sqrt(1 - a_l^2) Z_l with all Z alike and a_l^2 the loadings: CKA of two layers is (a_l a_m)^2."""
    shape = {"maps_each": maps_each, "spectrum": spectrum}
    shared = maps_of(rng, n_simulations, **shape)
    layers = np.stack([np.sqrt(a) * shared + np.sqrt(1 - a) * maps_of(rng, n_simulations, **shape) for a in loadings])
    return (layers * spectrum) @ (layers * spectrum).swapaxes(1, 2)


def cka_of(loadings):
    truth = np.outer(loadings, loadings)
    np.fill_diagonal(truth, 1)
    return truth


def covered(interval, truth):
    return (interval.low <= truth) & (truth <= interval.high)


DRAWS = pytest.mark.parametrize("draws", [8, pytest.param(30, marks=pytest.mark.slow)])


@DRAWS
@pytest.mark.parametrize("truth", [0, 0.5, 0.9])
@pytest.mark.parametrize(("n_simulations", "maps_each"), [(50, 1), (10, 5)])
def test_intervals_of_cka_hold_the_truth(rng, truth, n_simulations, maps_each, draws):
    labels = np.repeat(np.arange(n_simulations), maps_each)
    weights = bootstrap_weights(n_simulations, n_resamples=400, seed=1)
    bootstrap, without = [], []
    for _ in range(draws):
        grams = layers_of(rng, np.full(2, np.sqrt(truth) if truth else 0), n_simulations, maps_each=maps_each)
        resamples = weighted_cka_matrices(grams, weights, simulations=labels)[:, 0, 1]
        bootstrap.append(covered(percentile_interval(resamples, n_simulations=n_simulations), truth))
        statistic = partial(cka_of_maps, grams=grams, labels=labels)
        without.append(covered(jackknife(statistic, simulations=labels).interval, truth)[0, 1])
    # measured: 0.95 at least of many draws; below 0.8 of thirty, or 0.625 of eight, once in a thousand choices
    assert np.mean(bootstrap) >= least(0.95, draws)
    assert np.mean(without) >= least(0.95, draws)


def cka_of_maps(maps, *, grams, labels):
    return between_cka_matrix(grams[:, maps][:, :, maps], simulations=labels[maps])


@pytest.mark.parametrize("truth", [0, 0.5])
def test_a_bootstrap_of_rows_does_not_hold_the_truth(rng, truth):
    for _ in range(3):
        grams = layers_of(rng, np.full(2, np.sqrt(truth)), 50, spectrum=WIDE)
        draws = rng.integers(50, size=(100, 50))
        resamples = np.stack([cka_matrix(grams[:, maps][:, :, maps], estimator="debiased") for maps in draws])
        # every row drawn twice is its own nearest neighbour in both layers
        assert percentile_interval(resamples[:, 0, 1], n_simulations=50).low > truth + 0.2
        weights = bootstrap_weights(50, n_resamples=100, seed=1)
        resamples = weighted_cka_matrices(grams, weights, simulations=np.arange(50))
        assert covered(percentile_interval(resamples[:, 0, 1], n_simulations=50), truth)


def test_a_bootstrap_of_maps_does_not_hold_the_truth(rng):
    hits = []
    for _ in range(20):
        grams = layers_of(rng, np.zeros(2), 10, maps_each=5)
        weights = bootstrap_weights(50, n_resamples=200, seed=1)
        resamples = weighted_cka_matrices(grams, weights, simulations=np.arange(50))
        hits.append(covered(percentile_interval(resamples[:, 0, 1], n_simulations=50), 0))
    assert np.mean(hits) <= 0.5


@DRAWS
@pytest.mark.parametrize("loadings", [np.zeros(8), np.linspace(0.2, 0.95, 8)], ids=["independent", "graded"])
def test_intervals_of_block_numbers_hold_the_truth(rng, loadings, draws):
    truth = block_numbers(cka_of(loadings))
    hits, percentiles = [], []
    weights = bootstrap_weights(50, n_resamples=300, seed=1)
    for _ in range(draws):
        grams = layers_of(rng, loadings, 50)
        estimate = block_numbers(between_cka_matrix(grams, simulations=np.arange(50)))
        resamples = block_numbers(weighted_cka_matrices(grams, weights, simulations=np.arange(50)))
        hits.append(covered(bias_covering_interval(estimate, resamples, n_simulations=50), truth))
        percentiles.append(covered(percentile_interval(resamples, n_simulations=50), truth))
    defined = np.isfinite(truth)
    assert (np.mean(hits, axis=0)[defined] >= least(0.95, draws)).all(), np.mean(hits, axis=0)
    if not loadings.any():
        # noise alone raises the leading share, and the resamples are noisier still
        assert np.mean(percentiles, axis=0)[BLOCK_NUMBERS.index("leading_share")] == 0


def test_intervals_are_quantiles_a_little_further_out(rng):
    resamples = rng.normal(size=20_000)
    found = percentile_interval(resamples, n_simulations=10)
    # Student's t with 9 degrees of freedom, 2.262, times sqrt(10 / 9); the quantile there scatters by 0.03
    assert (found.low, found.high) == pytest.approx((-2.385, 2.385), abs=0.12)
    narrow = percentile_interval(resamples, n_simulations=10_000, level=0.5)
    assert narrow.high == pytest.approx(0.674, abs=0.04)


def test_a_bias_moves_one_end(rng):
    resamples = rng.normal(1, 1, size=(20_000, 1))
    plain = percentile_interval(resamples, n_simulations=50)
    found = bias_covering_interval(np.zeros(1), resamples, n_simulations=50)
    assert found.high == plain.high
    assert found.low == pytest.approx(plain.low - 2, abs=0.05)


def test_weights_are_counts_of_draws_and_belong_to_the_seed():
    weights = bootstrap_weights(12, n_resamples=500, seed=3)
    assert weights.shape == (500, 12)
    assert (weights.sum(1) == 12).all()
    assert (weights == bootstrap_weights(12, n_resamples=500, seed=3)).all()
    assert (weights != bootstrap_weights(12, n_resamples=500, seed=4)).any()
    # binomial: 11 / 12; over 6,000 draws it scatters by 0.02
    assert weights.var() == pytest.approx(11 / 12, abs=0.1)


def test_the_jackknife_of_a_mean_is_its_standard_error(rng):
    values = rng.normal(size=20)
    found = jackknife(lambda maps: values[maps].mean(keepdims=True), simulations=np.arange(20))
    assert found.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(20), rel=1e-9)
    assert found.bias == pytest.approx(0, abs=1e-12)
    assert found.interval.high - values.mean() == pytest.approx(2.093 * found.standard_error, rel=1e-3)


def test_the_jackknife_finds_the_bias_of_a_variance(rng):
    values = rng.normal(size=20)
    found = jackknife(lambda maps: values[maps].var(keepdims=True), simulations=np.arange(20))
    assert found.bias == pytest.approx(-values.var(ddof=1) / 20, rel=1e-9)


def test_the_jackknife_leaves_out_all_maps_of_a_simulation():
    labels = np.repeat(np.arange(12), 3)[::-1]
    seen = []
    jackknife(lambda maps: seen.append(labels[maps]) or np.zeros(1), simulations=labels)
    assert [sorted(set(range(12)) - set(kept)) for kept in seen[1:]] == [[left_out] for left_out in range(11, -1, -1)]


def test_simulations_are_numbered_by_their_first_maps():
    assert simulation_of(["b", "a", "b", "c", "a"]).tolist() == [0, 1, 0, 2, 1]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: bootstrap_weights(9, n_resamples=10, seed=0),
        lambda: percentile_interval(np.zeros((10, 2)), n_simulations=9),
        lambda: jackknife(lambda maps: np.zeros(1), simulations=np.repeat(np.arange(9), 5)),
    ],
)
def test_fewer_than_ten_simulations_are_refused(refused):
    with pytest.raises(InputError, match="9 simulations are too few for an interval or a test: with fewer than 10"):
        refused()


def test_a_level_of_percent_is_refused():
    with pytest.raises(InputError, match="The level of an interval is between 0 and 1; found 95"):
        percentile_interval(np.zeros((10, 2)), n_simulations=20, level=95)

"""What a shift does to the raw input and to the answers, and how well a classifier sees it."""

import numpy as np
import pytest

from repshift import InputError
from repshift.statistics.classification import domain_auc
from repshift.statistics.outputs import deviation_ratio, disagreement_ratio, error_ratio, scatter_ratio
from repshift.statistics.pixels import PixelDistances, pixel_distances, power_spectrum


def classify(rng, shift, *, n=30, paired=False, n_folds=5):
    features = rng.normal(size=(2 * n, 3))
    features[:n] += shift
    simulations = np.tile(np.arange(n), 2) if paired else np.arange(2 * n)
    return domain_auc(
        features, out_of_distribution=np.arange(2 * n) < n, simulations=simulations, n_folds=n_folds, seed=1
    )


@pytest.mark.parametrize(("draws", "error"), [(5, 0.12), pytest.param(20, 0.06, marks=pytest.mark.slow)])
def test_domains_that_are_alike_cannot_be_told_apart(rng, draws, error):
    # a fourth of the draws, twice the standard error
    assert np.mean([classify(rng, 0) for _ in range(draws)]) == pytest.approx(0.5, abs=error)


def test_domains_that_are_apart_can(rng):
    assert classify(rng, 10) == 1
    assert 0.7 < classify(rng, 0.7) < 1


def test_every_seed_of_the_configuration_draws_folds(rng):
    features, simulations = rng.normal(size=(40, 2)), np.arange(40)
    how = {"out_of_distribution": simulations < 20, "simulations": simulations}
    assert 0 <= domain_auc(features, **how, seed=2**63 - 1) <= 1


def test_what_a_simulation_gives_away_of_itself_is_no_help(rng):
    """Each simulation has a feature of its own: a classifier that had seen one of its maps would know the others."""
    simulations = np.repeat(np.arange(24), 5)
    features = np.eye(24)[simulations] + 0.01 * rng.normal(size=(120, 24))
    known = domain_auc(features, out_of_distribution=simulations < 12, simulations=simulations, seed=1)
    guessed = domain_auc(features, out_of_distribution=simulations < 12, simulations=np.arange(120), seed=1)
    assert guessed == pytest.approx(1)
    assert known < 0.8


def test_both_maps_of_a_pair_are_in_one_fold(rng):
    assert classify(rng, 0, paired=True) == pytest.approx(0.5, abs=0.25)


def test_folds_without_a_domain_are_refused(rng):
    with pytest.raises(InputError, match="31 folds of 30 simulations in distribution and 30 out of it"):
        classify(rng, 0, n_folds=31)
    with pytest.raises(InputError, match="do not label features"):
        domain_auc(np.ones((4, 2)), out_of_distribution=[True, False], simulations=[0, 1], seed=1)


# Raw input


def test_pixels_that_are_alike_have_no_distance(rng):
    maps = rng.normal(size=(20, 1, 16, 16))
    assert pixel_distances(maps, maps) == PixelDistances(0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_shift_and_a_scale_are_found_as_planted(rng):
    maps = rng.normal(size=(20, 1, 16, 16))
    found = pixel_distances(0.5 - 2 * maps, maps)
    assert found.mean == pytest.approx(abs(0.5 - 3 * maps.mean()) / maps.std())
    assert found.std == pytest.approx(np.log(2))
    assert found.kurtosis == pytest.approx(0, abs=1e-9)
    assert found.spectrum == pytest.approx(np.log(4))


def test_skewness_and_kurtosis_are_seen(rng):
    found = pixel_distances(rng.exponential(size=(40, 1, 16, 16)), rng.normal(size=(40, 1, 16, 16)))
    assert found.skewness == pytest.approx(2, abs=0.4)
    assert found.kurtosis == pytest.approx(6, abs=2.5)


def test_pixels_of_channels_are_the_mean_of_each(rng):
    outside, inside = rng.exponential(size=(2, 20, 3, 16, 12))
    each = [pixel_distances(outside[:, [one]], inside[:, [one]]) for one in range(3)]
    found = pixel_distances(outside, inside)
    assert found.spectrum == pytest.approx(np.mean([one.spectrum for one in each]))
    assert found.skewness == pytest.approx(np.mean([one.skewness for one in each]))


@pytest.mark.parametrize("axis", [0, 1])
def test_waves_of_a_rectangle_are_counted_along_its_shorter_side(axis):
    along = np.cos(2 * np.pi * 3 * np.arange(16) / 16)  # 3 waves over 16 pixels
    maps = np.broadcast_to(along[:, None] if axis == 0 else np.tile(along, 2), (2, 16, 32)) + 0.0
    maps = maps + 1e-6 * np.random.default_rng(0).normal(size=maps.shape)
    assert power_spectrum(maps).argmax() == 2


def test_power_is_at_its_wavenumber():
    wave = np.cos(2 * np.pi * 3 * np.arange(16) / 16)
    maps = np.broadcast_to(wave, (2, 16, 16)) + 1e-6 * np.random.default_rng(0).normal(size=(2, 16, 16))
    assert power_spectrum(maps).argmax() == 2


def test_maps_without_scatter_or_of_another_size_are_refused(rng):
    with pytest.raises(InputError, match="All pixels of a domain are equal"):
        pixel_distances(np.ones((4, 1, 8, 8)), rng.normal(size=(4, 1, 8, 8)))
    with pytest.raises(InputError, match="of one size"):
        pixel_distances(rng.normal(size=(4, 1, 8, 8)), rng.normal(size=(4, 1, 16, 16)))
    with pytest.raises(InputError, match="without power at some wavenumber"):
        power_spectrum(np.ones((1, 8, 8)))


# Answers


def test_errors_twice_as_large_are_the_logarithm_of_two(rng):
    error = rng.normal(size=(40, 2))
    assert error_ratio(error * [2, 1], error) == pytest.approx([np.log(2), 0])


def test_deviations_are_compared_by_their_means():
    assert deviation_ratio(np.full((5, 1), 3.0), np.full((9, 1), 1.0)) == pytest.approx([np.log(3)])


def test_scatter_over_sigma_takes_away_what_the_network_admits(rng):
    scatter, sigma = rng.uniform(1, 2, size=(2, 30, 2))
    assert scatter_ratio(3 * scatter, scatter) == pytest.approx([np.log(3)] * 2)
    admitted = scatter_ratio(3 * scatter, scatter, sigma_out=3 * sigma, sigma_in=sigma)
    assert admitted == pytest.approx([0, 0])


def test_trials_that_disagree_twice_as_much(rng):
    first, difference = rng.normal(size=(2, 30, 1))
    inside, outside = [first, first + difference], [first, first + 2 * difference]
    assert disagreement_ratio(outside, inside) == pytest.approx([np.log(2)])
    stds = [np.ones((30, 1))] * 2
    wider = [2 * std for std in stds]
    assert disagreement_ratio(outside, inside, std_out=wider, std_in=stds) == pytest.approx([0])


def test_three_trials_disagree_in_every_pair():
    trials = [np.full((4, 1), value) for value in (0.0, 1.0, 3.0)]
    near = [np.full((4, 1), value) for value in (0.0, 1.0)]
    assert disagreement_ratio(trials, near) == pytest.approx([np.log((1 + 4 + 9) / 3) / 2])


def test_numbers_without_a_ratio_are_refused():
    with pytest.raises(
        InputError, match=r"squared error of the parameters is \[0.0\]; a ratio needs numbers above zero"
    ):
        error_ratio(np.ones((3, 1)), np.zeros((3, 1)))
    with pytest.raises(InputError, match="1 trial: disagreement needs two or more"):
        disagreement_ratio([np.ones((3, 1))], [np.ones((3, 1))])


def test_a_ratio_with_zero_is_left_out_of_its_parameter():
    some, invariant = np.ones((3, 2)), np.array([[0.0, 1.0]] * 3)
    expected = pytest.approx([np.nan, 0], nan_ok=True)
    assert deviation_ratio(invariant, some) == expected
    assert deviation_ratio(some, invariant) == expected
    assert scatter_ratio(invariant, some) == expected
    assert scatter_ratio(some, some, sigma_out=invariant, sigma_in=some) == expected
    assert disagreement_ratio([0 * some, invariant], [0 * some, some]) == expected

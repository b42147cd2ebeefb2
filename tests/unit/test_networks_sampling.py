"""Moments of a sample: unbiased, and with errors that are the spread over samples."""

import numpy as np
import pytest

from repshift import InputError
from repshift.networks.channels import Preprocessing
from repshift.networks.moments import log_moments
from repshift.networks.sampling import sampled_moments

N_MAPS, N_SAMPLED, N_SEEDS = 600, 60, 1500


@pytest.fixture(scope="module")
def maps():
    """Maps of 40 simulations that share a level, and of which each has a level and a contrast of its own."""
    rng = np.random.default_rng(5)
    levels = np.repeat(rng.normal(scale=0.5, size=40), 15) + rng.normal(scale=0.2, size=N_MAPS)
    contrasts = rng.uniform(0.3, 1.5, size=N_MAPS)
    pixels = rng.normal(size=(N_MAPS, 6, 6)) * contrasts[:, None, None]
    return (10 ** (5 + levels[:, None, None] + pixels)).astype(np.float32)


def estimate(maps, positions, **options):
    pieces = np.split(maps[positions], [7, 20]) if len(positions) > 20 else [maps[positions]]
    return sampled_moments(pieces, "T", positions=positions, n_maps_total=len(maps), **options)


@pytest.fixture(scope="module")
def estimates(maps):
    """Mean, standard deviation and their errors, (N_SEEDS, 4), of samples by their seeds."""
    samples = [np.sort(np.random.default_rng(s).permutation(N_MAPS)[:N_SAMPLED]) for s in range(N_SEEDS)]
    return np.array([[v for pair in estimate(maps, sample) for v in (pair.mean, pair.std)] for sample in samples])


def test_estimates_are_unbiased(maps, estimates):
    exact = log_moments([maps], "T")
    noise = estimates[:, :2].std(axis=0) / np.sqrt(N_SEEDS)
    # the bias of a square root is of second order: -Var(std) / (2 std)
    bias = np.array([0, -estimates[:, 1].var() / (2 * exact.std)])
    assert np.abs(estimates[:, :2].mean(axis=0) - (exact.mean, exact.std) - bias).max() < 4 * noise.max()


def test_errors_are_the_spread_over_samples(estimates):
    # a spread over 1500 samples is known to 2 %
    assert estimates[:, 2:].mean(axis=0) == pytest.approx(estimates[:, :2].std(axis=0), rel=0.08)


@pytest.mark.parametrize("preprocessing", [Preprocessing(), Preprocessing(1.5, "kept")])
def test_all_maps_give_the_exact_moments_without_error(maps, preprocessing):
    found, error = estimate(maps, np.arange(N_MAPS), preprocessing=preprocessing)
    exact = log_moments([maps], "T", preprocessing=preprocessing)
    assert (found.mean, found.std) == pytest.approx((exact.mean, exact.std), rel=1e-12)
    assert (error.mean, error.std) == (0, 0)


@pytest.mark.parametrize("n_sampled", [0, 1])
def test_a_sample_of_one_is_refused(maps, n_sampled):
    with pytest.raises(InputError, match=f"sample of {n_sampled} of 600 maps has no error. Expected 2 to 600"):
        estimate(maps, np.arange(n_sampled))


def test_more_than_all_maps_are_refused(maps):
    with pytest.raises(InputError, match="sample of 60 of 50 maps"):
        sampled_moments([maps[:60]], "T", positions=range(60), n_maps_total=50)


def test_a_bad_map_is_named_by_its_position_in_the_file(maps):
    spoilt = maps.copy()
    spoilt[500] = 0
    with pytest.raises(InputError, match="Map 500 of field 'T'"):
        estimate(spoilt, np.arange(10, N_MAPS, 5))


def test_equal_pixels_are_refused():
    with pytest.raises(InputError, match="All 36 pixels of field 'T' are equal"):
        estimate(np.ones((4, 3, 3), np.float32), np.arange(4))

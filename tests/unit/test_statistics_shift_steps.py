"""The share of a difference that a step takes away: known truths, coverage of its interval, and what is refused."""

import numpy as np
import pytest

from repshift import InputError
from repshift.statistics.resampling import Jackknife, jackknife
from repshift.statistics.shift_steps import explained


def of_mean(values):
    return jackknife(lambda maps: values[maps].mean(keepdims=True), simulations=np.arange(len(values)))


@pytest.fixture
def samples(rng):
    """Own domain around 0, the other around 1."""
    return rng.normal(0, 0.2, 40), rng.normal(1, 0.2, 40)


@pytest.mark.parametrize("share", [-0.5, 0.0, 0.3, 1.0, 1.5])
def test_a_step_a_known_way_back_explains_that_share(samples, share):
    own, other = samples
    whole = other.mean() - own.mean()
    found = explained(of_mean(own), of_mean(other), of_mean(other - share * whole))
    assert found.share == pytest.approx(share)
    assert found.interval.low <= found.share <= found.interval.high


def test_a_step_that_changes_nothing_explains_nothing_exactly(samples):
    found = explained(of_mean(samples[0]), of_mean(samples[1]), of_mean(samples[1]))
    assert (found.interval.low, found.share, found.interval.high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_domains_that_do_not_differ_have_no_share(rng):
    own, other = rng.normal(size=(2, 40))
    found = explained(of_mean(own), of_mean(other), of_mean(other - 1))
    assert np.isnan([found.share, found.interval.low, found.interval.high]).all()


def test_a_share_needs_a_difference_beyond_0(rng):
    own, other = rng.normal(0, 1, (30, 200)), rng.normal(0.6, 1, (30, 200))
    parts = [jackknife(lambda maps, v=values: v[maps].mean(0), simulations=range(30)) for values in (own, other)]
    difference = Jackknife(parts[1].value - parts[0].value, _apart(*parts)).interval
    found = explained(*parts, parts[0])
    assert 0 < np.isnan(found.share).mean() < 1
    assert np.array_equal(np.isnan(found.share), (difference.low <= 0) & (difference.high >= 0))


def _apart(own, other):
    """Replicates of a difference of independent samples with the variance of both, by t of one of them."""
    changes = np.hypot(np.sqrt(np.square(own.changes).sum(0)), np.sqrt(np.square(other.changes).sum(0)))
    n = len(own.without)
    signs = np.where(np.arange(n) % 2, 1, -1)[:, None]
    return other.value - own.value + signs * changes / np.sqrt(n - 1)


def test_the_interval_holds_the_true_share(rng):
    own, other = rng.normal(0, 1, (25, 2000)), rng.normal(2, 1, (25, 2000))
    step = other - 1.4 + rng.normal(0, 0.5, other.shape)
    parts = [jackknife(lambda maps, v=values: v[maps].mean(0), simulations=range(25)) for values in (own, other, step)]
    found = explained(*parts)
    held = (found.interval.low <= 0.7) & (found.interval.high >= 0.7)
    assert held.mean() == pytest.approx(0.95, abs=0.02)


def test_too_few_simulations_are_refused():
    with pytest.raises(InputError, match=r"9 simulations are too few"):
        of_mean(np.arange(9.0))


def test_a_step_of_other_simulations_is_refused(samples):
    with pytest.raises(InputError, match=r"A step of 39 simulations is no change of a domain of 40\."):
        explained(of_mean(samples[0]), of_mean(samples[1]), of_mean(samples[1][1:]))

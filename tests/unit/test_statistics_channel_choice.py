"""Channels are shown for their shift and for their activation in turn; their numbers have intervals."""

import numpy as np
import pytest

from repshift import InputError
from repshift.evidence.attribution.feature_channels import channel_numbers
from repshift.statistics.channel_choice import ChosenChannel, choose_channels, shift_of

MEANS = np.array([0.0, 5.0, 1.0, 4.0, 0.5])
SHIFTS = np.array([0.0, 0.1, -3.0, 0.2, 2.0])


@pytest.fixture
def domains(rng):
    own = MEANS + rng.normal(size=(40, 5))
    return own, own + SHIFTS


def test_channels_come_in_turn_each_once(domains):
    found = choose_channels(*domains, n_channels=4)
    expected = [(2, "shift"), (1, "activation"), (4, "shift"), (3, "activation")]
    assert found == [ChosenChannel(*one) for one in expected]


def test_one_domain_has_the_largest_activations_alone(domains):
    assert [one.channel for one in choose_channels(domains[0], None, n_channels=2)] == [1, 3]


def test_channels_that_never_vary_are_left_out(domains):
    own, other = (one.copy() for one in domains)
    own[:, 1], other[:, 1] = 100.0, 0.0
    found = choose_channels(own, other, n_channels=9)
    assert sorted(one.channel for one in found) == [0, 2, 3, 4]
    assert np.isnan(shift_of(own, other)[1])


def test_a_layer_that_never_varies_is_refused():
    with pytest.raises(InputError, match="None of its 5 channels differs between the maps"):
        choose_channels(np.ones((4, 5)), None, n_channels=2)


def test_a_loop_over_resamples_finds_the_same_shift(domains):
    own, other = domains
    found = channel_numbers([own, other], n_resamples=400, seed=3)
    assert found.shift == pytest.approx((other.mean(0) - own.mean(0)) / own.std(0))
    draws = np.random.default_rng(4)
    slow = []
    for _ in range(400):
        one, two = (part[draws.integers(40, size=40)] for part in (own, other))
        slow.append((two.mean(0) - one.mean(0)) / one.std(0))
    low, high = np.percentile(slow, [2.5, 97.5], axis=0)
    assert found.shift_ends.low == pytest.approx(low, abs=0.25)
    assert found.shift_ends.high == pytest.approx(high, abs=0.25)


def test_an_interval_holds_a_planted_shift_and_no_shift(domains):
    found = channel_numbers(list(domains), n_resamples=400, seed=3)
    assert found.shift_ends.high[2] < 0 < found.shift_ends.low[4]
    assert found.shift_ends.low[0] < 0 < found.shift_ends.high[0]
    assert (found.mean_ends.low <= found.means).all()
    assert (found.means <= found.mean_ends.high).all()


def test_one_domain_has_no_shift(domains):
    found = channel_numbers([domains[0]], n_resamples=100, seed=1)
    assert found.shift is None
    assert found.shift_ends is None
    assert found.means.shape == (1, 5)

"""Where curves reach a target: by hand, for curves of every shape, on both sides of 0."""

import numpy as np
import pytest

from monte_carlo import least
from repshift.statistics.bands import paired_bands
from repshift.statistics.critical import branches, critical_strength, level_of, slope_at_zero
from repshift.statistics.resampling import bootstrap_weights
from repshift.statistics.stress_scores import summed
from stress_draws import BASE, LABELS, RESAMPLES, STRENGTHS, predictions

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0, -0.05, -0.15, -1], 0.1 * np.sqrt(0.1)),  # half way in the logarithm
        ([0, -0.2, -1, -2], 0.005),  # before the first strength: linear
        ([0, -0.01, -0.02, -0.03], INF),
        ([0, 0, 0, 0], INF),
        ([0, 0.3, 0.2, 0.1], INF),  # it helps
        ([0, 0.3, 0.1, -0.9], 10**-0.8),  # helps before it hurts
        ([0, -0.2, 0.5, -0.9], 0.005),  # the first crossing counts
        ([0, -0.05, -INF, -INF], 0.01),
        ([0, INF, -0.5, -1], 0.1),
        ([0, NAN, -0.5, -1], NAN),
        ([0, -0.2, NAN, NAN], 0.005),
        ([0, -0.05, NAN, -1], NAN),
        ([NAN, -0.2, -0.5, -1], NAN),
        ([NAN, NAN, NAN, NAN], NAN),
    ],
)
def test_a_critical_strength_is_the_first_crossing(curve, expected):
    strengths = [0, 0.01, 0.1, 1]
    found = critical_strength(strengths, curve, curve, curve)
    assert [found.value, found.low, found.high] == pytest.approx([expected] * 3, nan_ok=True)


def test_no_warning_is_given_where_numbers_are_infinite():
    assert level_of([0, 1, 2], [-INF, -INF, 3], 1) == 2
    assert level_of([0, 1, 2], [0, 0.5, INF], 1) == 1


def test_a_score_at_its_limit_does_not_exceed_it():
    assert level_of(STRENGTHS, [0, 0, 0, 0], 0) == INF


def test_a_score_that_starts_beyond_its_limit_is_at_0():
    assert level_of(STRENGTHS, [2, 3, 4, 5], 1) == 0


def test_without_a_target_there_is_no_strength():
    assert np.isnan(level_of(STRENGTHS, [0, 1, 2, 3], NAN))


def test_signed_axes_have_two_branches():
    up, down = branches([-0.3, -0.1, 0, 0.03, 0.1])
    assert (up.direction, up.positions.tolist(), up.strengths.tolist()) == ("up", [2, 3, 4], [0, 0.03, 0.1])
    assert (down.direction, down.positions.tolist(), down.strengths.tolist()) == ("down", [2, 1, 0], [0, 0.1, 0.3])


@pytest.mark.parametrize(("strengths", "direction"), [([0, 1, 2], "up"), ([-2, -1, 0], "down")])
def test_one_sided_axes_have_one_branch(strengths, direction):
    assert [one.direction for one in branches(strengths)] == [direction]


def test_each_branch_has_its_own_critical_strength():
    strengths, change = np.array([-0.3, -0.1, 0, 0.1, 0.3]), np.array([-0.4, -0.2, 0, -0.05, -0.08])
    found = [critical_strength(one.strengths, *[change[one.positions]] * 3).value for one in branches(strengths)]
    assert found == pytest.approx([INF, 0.05])


def test_ends_of_the_band_are_ends_of_the_strength():
    value, low, high = [0, -0.1, -1], [0, -0.5, -2], [0, 0.1, -0.05]
    found = critical_strength([0, 1, 10], value, low, high)
    assert (found.low, found.high) == (pytest.approx(0.2), INF)
    assert found.low < found.value < found.high


def test_bands_that_hold_a_curve_hold_its_strength(rng):
    for _ in range(200):
        curve = np.concatenate([[0], 0.2 * rng.normal(size=6).cumsum()])
        low, high = (curve + sign * 0.2 * rng.gamma(1, size=7) * (curve != 0) for sign in (-1, 1))
        found = critical_strength(2.0 ** np.arange(7) - 1, curve, low, high)
        assert found.low <= found.value <= found.high


def test_slopes_are_those_of_the_first_strength():
    found = slope_at_zero([0, 0.5, 1], [0, -1, -9], [0, -2, -9], [0, 1, -9])
    assert [found.value, found.low, found.high] == [-2, -4, 2]


@pytest.mark.slow
def test_intervals_of_critical_strengths_hold_the_truth(rng):
    noise = np.array([0, 0.02, 0.2, 2])
    truth, held = level_of(STRENGTHS, noise**2, 0.1), []
    for draw in range(500):
        true, mean = predictions(rng, noise)
        squares = summed(np.square(mean - true), LABELS)
        spread = summed(np.broadcast_to(np.square(true - true.mean()), mean.shape), LABELS)
        found = paired_bands(
            squares, spread, base=BASE, weights=bootstrap_weights(50, n_resamples=RESAMPLES, seed=draw)
        )
        strength = critical_strength(STRENGTHS, -found.value, -found.high, -found.low)
        held.append(strength.low <= truth <= strength.high)
    assert np.mean(held) >= least(0.95, 500)


def test_between_strengths_far_apart_the_interval_reaches_to_both():
    falls = [0, 0, -0.6], [0, -1e-5, -0.7], [0, 1e-5, -0.5]
    far = critical_strength([0, 1e-6, 0.1], *falls)
    assert (far.low, far.high) == (1e-6, 0.1)
    near = critical_strength([0, 0.01, 0.1], *falls)
    assert 0.01 < near.low < near.value < near.high < 0.1
    first = critical_strength([0, 0.1], [0, -0.6], [0, -0.7], [0, -0.5])
    assert (first.low, first.high) == pytest.approx((0.1 / 7, 0.1 / 5))
    gone = critical_strength([0, 1e-6, 0.1], [0, 0, -0.6], [0, -1, -1], [0, 0, 0])
    assert gone.low == pytest.approx(1e-7)
    assert gone.high == np.inf

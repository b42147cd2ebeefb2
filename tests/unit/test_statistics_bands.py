"""Bands of ratios along axes: what they are by hand, what has none, and how often they hold the truth."""

import numpy as np
import pytest
from scipy.stats import binomtest

from monte_carlo import least, most
from repshift import InputError
from repshift.statistics.bands import (
    fixed_reach,
    paired_bands,
    paired_share_bands,
    ratio_bands,
    share_bands,
)
from repshift.statistics.ratio_resamples import Resamples, resampled, resampled_ratio
from repshift.statistics.resampling import bootstrap_weights
from repshift.statistics.stress_scores import summed
from stress_draws import BASE, LABELS, RESAMPLES, predictions

N = 50


@pytest.fixture
def weights():
    return bootstrap_weights(N, n_resamples=RESAMPLES, seed=1)


@pytest.fixture
def sums(rng):
    """Sums of four levels: numerators that grow, and two kinds of denominators."""
    numerator = rng.gamma(2, size=(N, 4)) * np.arange(1, 5)
    width = rng.gamma(5, size=(N, 1))
    return numerator, np.broadcast_to(width, (N, 4)), width * rng.gamma(9, size=(N, 4))


def slow_square(counts, terms, base, level):
    """Squared standard error by the derivative by each weight, one after the other, by finite differences."""
    numerator, denominator = terms

    def change(some):
        found = (some @ numerator) / (some @ denominator)
        return found[level] - found[base[level]]

    derivatives = [(change(counts + step) - change(counts - step)) / 2e-6 for step in 1e-6 * np.eye(len(counts))]
    return N / (N - 1) * (counts * np.square(derivatives)).sum()


@pytest.mark.parametrize("moving", [False, True])
def test_each_resample_has_its_own_standard_error(weights, sums, moving):
    numerator, denominator = sums[0], sums[2 if moving else 1]
    start = (numerator[:, BASE], denominator[:, BASE])
    found = resampled(numerator - start[0], denominator - start[1], *start, weights=weights)
    counts = weights[7]
    total = (counts @ numerator) / (counts @ denominator)
    assert found.value + found.moves[7] == pytest.approx(total - total[0], abs=1e-12)
    slow = [np.sqrt(slow_square(counts, (numerator, denominator), BASE, level)) for level in range(1, 4)]
    assert found.errors[7, 1:] == pytest.approx(slow, rel=1e-4)


def test_a_ratio_is_a_change_from_nothing(weights, sums):
    numerator, denominator, _ = sums
    nothing = np.concatenate([np.zeros((N, 1)), numerator], axis=1)
    found = paired_bands(nothing, denominator[:, [0, 0, 1, 2, 3]], base=np.zeros(5, dtype=int), weights=weights)
    plain = ratio_bands(numerator, denominator, weights=weights)
    assert found.low[1:] == pytest.approx(plain.low)
    assert found.high[1:] == pytest.approx(plain.high)


def test_bands_move_with_the_unit(weights, sums):
    numerator, denominator, _ = sums
    one = paired_bands(numerator, denominator, base=BASE, weights=weights)
    other = paired_bands(1000 * numerator, denominator, base=BASE, weights=weights)
    assert other.low == pytest.approx(1000 * one.low)


def test_a_turned_sign_turns_the_band(weights, sums):
    numerator, denominator, _ = sums
    one = paired_bands(numerator, denominator, base=BASE, weights=weights)
    other = paired_bands(-numerator, denominator, base=BASE, weights=weights)
    assert other.high == pytest.approx(-one.low)


def test_the_order_of_simulations_is_irrelevant(weights, sums, rng):
    order = rng.permutation(N)
    numerator, _, denominator = sums
    one = paired_bands(numerator, denominator, base=BASE, weights=weights)
    other = paired_bands(numerator[order], denominator[order], base=BASE, weights=weights[:, order])
    assert other.low == pytest.approx(one.low)


def test_the_same_seed_gives_the_same_bytes(sums):
    numerator, denominator, _ = sums
    found = [
        paired_bands(
            numerator, denominator, base=BASE, weights=bootstrap_weights(N, n_resamples=RESAMPLES, seed=3)
        ).low.tobytes()
        for _ in range(2)
    ]
    assert found[0] == found[1]


def test_an_axis_that_does_nothing_has_intervals_of_width_0(weights, sums):
    still = np.repeat(sums[0][:, :1], 4, axis=1)
    found = paired_bands(still, sums[1], base=BASE, weights=weights)
    for part in (found.value, found.low, found.high):
        assert part.tolist() == [0, 0, 0, 0]


def test_levels_that_do_nothing_widen_no_other(weights, sums):
    numerator, denominator, _ = sums
    one = paired_bands(numerator, denominator, base=BASE, weights=weights)
    twice = np.concatenate([numerator, np.repeat(numerator[:, :1], 3, axis=1)], axis=1)
    more = paired_bands(twice, denominator[:, [0] * 7], base=np.zeros(7, dtype=int), weights=weights)
    assert more.low[:4] == pytest.approx(one.low)


def test_more_levels_widen_the_band(weights, rng):
    numerator = rng.gamma(2, size=(N, 40))
    of_two, of_forty = (
        ratio_bands(some, np.ones_like(some), weights=weights) for some in (numerator[:, :2], numerator)
    )
    assert (of_forty.low[:2] < of_two.low).all()
    assert (of_forty.high[:2] > of_two.high).all()


def test_noise_of_1e_6_is_not_significant(rng, weights):
    held = []
    for _ in range(40):
        truth, mean = predictions(rng, [0, 1e-6, 1e-6, 1e-6])
        squares = summed(np.square(mean - truth), LABELS)
        found = paired_bands(squares, np.full(squares.shape, 3.0), base=BASE, weights=weights)
        held.append(found.low[1] < 0 < found.high[1])
    assert np.mean(held) >= least(0.95, 40)


def test_an_effect_of_1e_6_that_all_maps_share_is_seen(rng, weights):
    truth, mean = predictions(rng, np.zeros(4))
    errors = summed(mean - truth + 1e-6 * np.arange(4)[:, None] * rng.uniform(0.9, 1.1, 150), LABELS)
    found = paired_bands(errors, np.full(errors.shape, 3.0), base=BASE, weights=weights)
    assert (found.low[1:] > 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_level_without_a_number_has_no_band(weights, sums, bad):
    numerator, denominator = sums[0].copy(), sums[1]
    whole = paired_bands(numerator[:, :3], denominator[:, :3], base=BASE[:3], weights=weights)
    numerator[4, 3] = bad
    found = paired_bands(numerator, denominator, base=BASE, weights=weights)
    assert np.isnan([found.low[3], found.high[3]]).all()
    assert found.value[3] == pytest.approx(bad, nan_ok=True)
    assert found.low[:3] == pytest.approx(whole.low)


def test_a_spread_of_0_has_no_ratio(weights, sums):
    found = ratio_bands(sums[0], np.zeros((N, 4)), weights=weights)
    assert np.isnan(found.low).all()


def test_few_simulations_that_count_leave_a_band(weights):
    numerator = np.zeros((N, 2))
    numerator[3, 1] = 1.0
    found = paired_bands(numerator, np.ones((N, 2)), base=[0, 0], weights=weights)
    assert np.isfinite([found.low[1], found.high[1]]).all()
    assert found.low[1] < 0 < found.value[1] < found.high[1]


@pytest.mark.parametrize("share", [0, 1])
def test_a_share_of_0_or_1_has_an_interval(weights, share):
    found = share_bands(np.full((N, 2), 3.0 * share), np.full((N, 2), 3.0), weights=weights)
    assert found.value.tolist() == [share, share]
    assert 0.05 < (found.high - found.low)[0] < 0.2
    assert found.low[0] >= 0
    assert found.high[0] <= 1


def test_a_share_of_independent_maps_is_the_exact_one(rng):
    right = (rng.random((2000, 1)) < 0.3).astype(float)
    found = share_bands(right, np.ones((2000, 1)), weights=bootstrap_weights(2000, n_resamples=4000, seed=1))
    expected = binomtest(int(right.sum()), 2000).proportion_ci(method="exact")
    assert [found.low[0], found.high[0]] == pytest.approx([expected.low, expected.high], abs=2e-3)


def test_maps_of_one_simulation_count_as_one(rng, weights):
    once = (rng.random((N, 1)) < 0.5).astype(float)
    one = share_bands(once, np.ones((N, 1)), weights=weights)
    thrice = share_bands(3 * once, np.full((N, 1), 3.0), weights=weights)
    assert [thrice.low[0], thrice.high[0]] == pytest.approx([one.low[0], one.high[0]])


def test_maps_that_did_not_change_are_no_proof(weights):
    right, maps = np.full((N, 2), 2.0), np.full((N, 2), 3.0)
    found = paired_share_bands(right, maps, base=[0, 0], changed=[False, True], weights=weights)
    assert (found.low[0], found.high[0]) == (0, 0)
    assert found.low[1] == pytest.approx(-found.high[1])
    assert 0.01 < found.high[1] < 0.03


def test_known_errors_are_widened_as_those_of_student_are():
    moves = np.random.default_rng(0).normal(size=(200_000, 1))
    found = Resamples(np.zeros(1), np.ones(1), moves, np.ones_like(moves))
    assert fixed_reach(found, n=50, level=0.95) == pytest.approx(2.0096, abs=0.02)
    assert fixed_reach(found, n=10, level=0.95) == pytest.approx(2.2622, abs=0.02)


def test_too_few_simulations_have_no_bands():
    with pytest.raises(InputError, match="9 simulations are too few"):
        bootstrap_weights(9, n_resamples=RESAMPLES, seed=1)


def test_six_numbers_of_56_levels_take_under_a_second(rng):
    from time import process_time

    numerator, weights = rng.gamma(2, size=(N, 56)), bootstrap_weights(N, n_resamples=2000, seed=1)
    start = process_time()
    for _ in range(6):
        paired_bands(numerator, np.ones((N, 56)), base=np.repeat(np.arange(8) * 7, 7), weights=weights)
    assert process_time() - start < 1  # measured: 0.1 s


DRAWS = pytest.mark.parametrize("draws", [60, pytest.param(1000, marks=pytest.mark.slow)])


@DRAWS
@pytest.mark.parametrize("heavy", [False, True])
def test_bands_hold_all_levels_at_once(rng, weights, heavy, draws):
    noise, held, pointwise = np.array([0, 0.01, 0.3, 3]), [], []
    for _ in range(draws):
        of = (lambda size: rng.standard_t(4, size) / np.sqrt(2)) if heavy else rng.standard_normal
        first, more = (np.sqrt(0.8) * of(N)[LABELS] + np.sqrt(0.2) * of(150) for _ in range(2))
        squares = summed(np.square(first + noise[:, None] * more), LABELS)
        found = paired_bands(squares, np.full(squares.shape, 3.0), base=BASE, weights=weights)
        held.append(((found.low <= noise**2) & (noise**2 <= found.high)).all())
        reach = 1.96 * resampled_ratio(squares - squares[:, BASE], np.full(squares.shape, 3.0), weights=weights).error
        pointwise.append((np.abs(found.value - noise**2) <= reach).all())
    assert np.mean(held) >= least(0.92 if heavy else 0.94, draws)
    assert np.mean(pointwise) <= most(0.93 if not heavy else 0.9, draws)


def test_moves_of_a_ratio_are_about_that_of_the_sample(weights, sums):
    found = resampled_ratio(sums[0], sums[1], weights=np.ones((1, N)))
    assert found.moves == pytest.approx(np.zeros((1, 4)), abs=1e-12)
    assert found.errors[0] == pytest.approx(found.error)

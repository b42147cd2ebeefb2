"""Splits, choices of maps, scores, and numbers of a matrix of similarity."""

from random import Random

import numpy as np
import pytest
from scipy import stats

from repshift import InputError
from repshift.statistics.blocks import (
    BLOCK_NUMBERS,
    block_numbers,
    blockness,
    blockness_of_distances,
    diagonal_mean,
    eigenvalues,
    off_diagonal,
)
from repshift.statistics.scores import scores
from repshift.statistics.selection import choose_maps, maps_of, shuffled_batches, split_simulations

FIRST_FIVE_TEST_SIMULATIONS = [264, 209, 316, 896, 513]
"""Of LH: printed once by numpy.random.seed(1); a = numpy.arange(1000); numpy.random.shuffle(a); a[950:955]."""


def test_the_split_is_that_of_cmd():
    """Its scripts: numpy.random.seed(1); shuffle; 900, 50, 50 of 1000 simulations."""
    np.random.seed(1)
    order = np.arange(1000)
    np.random.shuffle(order)
    assert (split_simulations(1000, split="test") == order[950:]).all()
    assert (split_simulations(1000, split="train") == order[:900]).all()


def mersenne_twister(seed):
    """Return python's MT19937 in the state of `init_genrand(seed)` of Matsumoto & Nishimura, which numpy seeds with."""
    state = [seed]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + i) & 0xFFFFFFFF)
    generator = Random()
    generator.setstate((3, (*state, 624), None))
    return generator


def legacy_shuffle(n, seed):
    """Fisher-Yates from the end; a draw up to i is masked to the bits of i and drawn again where it is above."""
    generator, order = mersenne_twister(seed), list(range(n))
    for i in range(n - 1, 0, -1):
        while (j := generator.getrandbits(32) & (1 << i.bit_length()) - 1) > i:
            pass
        order[i], order[j] = order[j], order[i]
    return order


def test_the_split_is_that_of_a_mersenne_twister_outside_numpy():
    order = legacy_shuffle(1000, seed=1)
    assert order[950:955] == FIRST_FIVE_TEST_SIMULATIONS
    for split, part in (("train", order[:900]), ("validation", order[900:950]), ("test", order[950:])):
        assert list(split_simulations(1000, split=split)) == part


def test_splits_are_disjoint_and_complete():
    parts = [split_simulations(41, split=split) for split in ("train", "validation", "test")]
    assert sorted(np.concatenate(parts)) == list(range(41))


def test_an_empty_split_is_refused():
    with pytest.raises(InputError, match="Split 'validation' of 12 simulations is empty"):
        split_simulations(12, split="validation")


def test_an_unknown_split_is_refused():
    with pytest.raises(InputError, match="Unknown split 'dev'"):
        split_simulations(12, split="dev")


def test_chosen_maps_come_one_a_simulation():
    chosen = choose_maps(np.arange(60), n_maps=50, seed=1)
    assert len(np.unique(chosen // 15)) == 50
    assert len(np.unique(chosen % 15)) > 5


def test_the_seed_chooses():
    simulations = np.arange(60)
    same = [choose_maps(simulations, n_maps=20, seed=1) for _ in range(2)]
    assert (same[0] == same[1]).all()
    assert (same[0] != choose_maps(simulations, n_maps=20, seed=2)).any()


def test_more_maps_than_simulations_are_refused():
    with pytest.raises(InputError, match="50 maps, each of another simulation, were asked for; the split has 10"):
        choose_maps(np.arange(10), n_maps=50, seed=1)


def test_maps_of_a_simulation_follow_each_other():
    assert list(maps_of(np.array([2]))) == list(range(30, 45))


def test_batches_hold_every_map_once():
    batches = shuffled_batches(50, batch_size=10, seed=1)
    assert batches.shape == (5, 10)
    assert sorted(batches.ravel()) == list(range(50))


@pytest.mark.parametrize(("batch_size", "message"), [(3, "batch of 3 maps is too small"), (12, "leave 2 over")])
def test_impossible_batches_are_refused(batch_size, message):
    with pytest.raises(InputError, match=message):
        shuffled_batches(50, batch_size=batch_size, seed=1)


def test_scores_of_known_errors():
    truth = np.array([1.0, 2.0, 3.0, 4.0])
    found = scores(truth, truth + 0.5, np.full(4, 0.25))
    assert (found.rmse, found.bias, found.chi2) == pytest.approx((0.5, 0.5, 4))
    assert found.r2 == pytest.approx(1 - 4 * 0.25 / 5)


def test_predicting_the_mean_scores_zero(rng):
    truth = rng.normal(size=20)
    assert scores(truth, np.full(20, truth.mean()), np.ones(20)).r2 == pytest.approx(0, abs=1e-12)


def test_r2_of_one_truth_is_not_a_number():
    found = scores(np.full(5, 0.3), np.ones(5), np.ones(5))
    assert np.isnan(found.r2)
    assert found.bias == pytest.approx(0.7)


def test_an_error_bar_of_zero_makes_chi2_infinite():
    assert scores(np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.array([1.0, 0.0])).chi2 == np.inf


def test_identical_layers_are_one_block():
    found = blockness(np.ones((5, 5)))
    assert (found.off_diagonal_mean, found.leading_share, found.participation_ratio) == pytest.approx((1, 1, 1))
    assert found.spectral_entropy == pytest.approx(0, abs=1e-6)


def test_unlike_layers_are_no_block():
    found = blockness(np.eye(5))
    assert (found.off_diagonal_mean, found.leading_share, found.participation_ratio) == pytest.approx((0, 0.2, 5))
    assert found.spectral_entropy == pytest.approx(np.log(5))


def test_many_matrices_are_summed_up_as_each_of_them(rng):
    matrices = rng.normal(size=(3, 2, 6, 6))
    found = block_numbers(matrices)
    for place in np.ndindex(3, 2):
        alone = blockness(matrices[place])
        numbers = dict(zip(BLOCK_NUMBERS, found[place], strict=True))
        assert numbers["off_diagonal_skewness"] == pytest.approx(stats.skew(off_diagonal(matrices[place])))
        assert numbers == pytest.approx(vars(alone))


def test_a_few_layers_unlike_all_others_skew_to_the_left():
    matrix = np.full((8, 8), 0.9)
    matrix[0] = matrix[:, 0] = 0.1
    assert block_numbers(matrix)[BLOCK_NUMBERS.index("off_diagonal_skewness")] < -0.5
    assert np.isnan(block_numbers(np.ones((4, 4)))[BLOCK_NUMBERS.index("off_diagonal_skewness")])


def test_distances_have_a_mean_and_a_median_and_no_spectrum():
    matrix = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 6.0], [2.0, 6.0, 0.0]])
    found = blockness_of_distances(matrix)
    assert (found.off_diagonal_mean, found.off_diagonal_median) == (3, 2)
    assert np.isnan([found.leading_share, found.participation_ratio, found.spectral_entropy]).all()


def test_the_mean_of_the_diagonal_is_that_of_namesakes():
    assert diagonal_mean(np.array([[0.5, 9.0], [9.0, 0.7]])) == pytest.approx(0.6)


def test_eigenvalues_sum_to_the_number_of_layers(rng):
    matrix = np.corrcoef(rng.normal(size=(6, 20)))
    assert eigenvalues(matrix).sum() == pytest.approx(6)
    assert (np.diff(eigenvalues(matrix)) <= 0).all()


def test_off_diagonal_of_two_passes_is_of_the_symmetric_part():
    assert off_diagonal(np.array([[1.0, 0.2], [0.4, 1.0]])) == pytest.approx([0.3])


def test_several_maps_of_a_simulation_keep_together():
    chosen = choose_maps(np.arange(60), n_maps=60, seed=1, maps_each=3)
    assert len(np.unique(chosen)) == 60
    assert (np.bincount(chosen // 15)[np.unique(chosen // 15)] == 3).all()
    assert (chosen.reshape(-1, 3) // 15 == chosen[::3, None] // 15).all()
    assert len(np.unique(chosen % 15)) == 15
    assert (chosen == choose_maps(np.arange(60), n_maps=60, seed=1, maps_each=3)).all()


@pytest.mark.parametrize(
    ("n_maps", "maps_each", "sentence"),
    [
        (50, 3, "50 maps leave 2 over in simulations of 3 maps each"),
        (32, 16, "16 maps of each simulation were asked for; it has 15"),
        (39, 3, "39 maps, 3 of each simulation, were asked for; the split has 12 simulations"),
    ],
)
def test_maps_of_simulations_that_there_are_not_are_refused(n_maps, maps_each, sentence):
    with pytest.raises(InputError, match=sentence):
        choose_maps(np.arange(12), n_maps=n_maps, seed=1, maps_each=maps_each)

"""Outlying values, and subsets of simulations drawn without replacement."""

import numpy as np
import pytest

from repshift import InputError
from repshift.statistics.draws import random_maps, random_subsets, scatter
from repshift.statistics.outliers import THRESHOLD, modified_z_scores, share_scores

THREE_EACH = np.repeat(np.arange(10), 3)


def test_the_score_of_normal_values_is_a_normal_number(rng):
    assert modified_z_scores(rng.normal(5, 3, size=20_000)).std() == pytest.approx(1, abs=0.03)


def test_outliers_do_not_move_the_score_of_others(rng):
    values = rng.normal(size=1000)
    found = modified_z_scores(np.concatenate([values, [1e6, 2e6]]))
    assert found[:-2] == pytest.approx(modified_z_scores(values), abs=0.03)
    assert (found[-2:] > 1e5).all()


def test_the_score_has_neither_unit_nor_origin(rng):
    values = rng.normal(size=30)
    assert modified_z_scores(1e-3 * values + 7) == pytest.approx(modified_z_scores(values), abs=1e-9)


def test_others_stand_out_where_half_are_one_value():
    scores = modified_z_scores(np.array([1.0] * 40 + [9.0]))
    assert (scores[:40] == 0).all()
    assert scores[40] > THRESHOLD


def test_where_all_are_one_value_none_is_outlying():
    assert (modified_z_scores(np.full(12, 3.0)) == 0).all()
    assert (share_scores(np.full(12, 1 / 12)) == 0).all()


def test_a_share_of_zero_is_not_outlying_above():
    scores = share_scores(np.array([0.0, 0.1, 0.11, 0.12, 0.13, 0.54]))
    assert np.isfinite(scores).all()
    assert scores.argmin() == 0


def test_subsets_hold_all_maps_of_as_many_simulations():
    for maps in random_subsets(THREE_EACH, size=4, draws=50, seed=1):
        assert (np.diff(maps) > 0).all()
        assert np.unique(THREE_EACH[maps], return_counts=True)[1].tolist() == [3] * 4


def test_every_simulation_is_drawn_as_often_as_another():
    drawn = np.concatenate(random_subsets(np.arange(10), size=4, draws=2000, seed=1))
    # each count is binomial of 2000 at 0.4, with a standard deviation of 22
    assert np.bincount(drawn) == pytest.approx(np.full(10, 800), abs=110)


def test_all_simulations_are_one_subset():
    (maps,) = random_subsets(THREE_EACH, size=10, draws=50, seed=1)
    assert maps.tolist() == list(range(30))


def test_seed_and_size_make_the_draws():
    first, again, other, larger = (
        np.concatenate(random_subsets(np.arange(20), size=size, draws=5, seed=seed))
        for size, seed in ((6, 1), (6, 1), (6, 2), (7, 1))
    )
    assert (first == again).all()
    assert (first != other).any()
    assert set(first[:6]) - set(larger[:7])


def test_more_simulations_than_there_are_cannot_be_drawn():
    with pytest.raises(InputError, match="Subsets of 11 simulations were asked for; there are 10"):
        random_subsets(THREE_EACH, size=11, draws=5, seed=1)
    with pytest.raises(InputError, match="31 maps were asked for; there are 30"):
        random_maps(30, n_maps=31, draws=5, seed=1)


def test_random_maps_are_any_of_all_each_once():
    drawn = random_maps(30, n_maps=6, draws=300, seed=1)
    assert all(len(set(maps)) == 6 for maps in drawn.tolist())
    assert (random_maps(30, n_maps=3, draws=300, seed=1) == drawn[:, :3]).all()
    assert any(len(set(THREE_EACH[maps])) < 6 for maps in drawn)  # some of one simulation, as dominant maps may be
    # each count is binomial of 300 at 0.2, with a standard deviation of 7
    assert np.bincount(drawn.ravel()) == pytest.approx(np.full(30, 60), abs=32)


def test_the_scatter_is_that_of_the_draws(rng):
    numbers = rng.normal(3, 2, size=(4000, 2))
    found = scatter(numbers)
    assert found.mean == pytest.approx([3, 3], abs=0.15)
    assert found.std == pytest.approx([2, 2], abs=0.1)
    assert found.high - found.low == pytest.approx([2 * 1.96 * 2] * 2, abs=0.3)


def test_one_draw_does_not_scatter():
    found = scatter(np.array([[0.3, 0.4]]))
    assert (found.std == 0).all()
    assert (found.low == found.high).all()

import numpy as np
import pytest

from repshift.statistics.tuning_splits import lower_half, tuning_splits
from repshift.vocabulary import InputError


def test_no_simulation_tunes_and_judges():
    for tuned, judged in tuning_splits(37, n_tuned=20, n_splits=6, seed=2):
        assert sorted([*tuned, *judged]) == list(range(37))
        assert len(tuned) == 20


def test_splits_differ_and_repeat_by_seed():
    first, second = (tuning_splits(40, n_tuned=20, n_splits=2, seed=3) for _ in range(2))
    assert all((one.tuned == other.tuned).all() for one, other in zip(first, second, strict=True))
    assert set(first[0].judged) != set(first[1].judged)


def test_more_splits_leave_the_first_as_they_are():
    few, many = (tuning_splits(40, n_tuned=20, n_splits=n, seed=3) for n in (2, 5))
    assert all((one.tuned == other.tuned).all() for one, other in zip(few, many, strict=False))


def test_a_split_that_leaves_too_few_is_refused():
    with pytest.raises(InputError, match=r"34 simulations are too few for a split: 25 tune a repair, and at least 10"):
        tuning_splits(34, n_tuned=25, n_splits=1, seed=0)


def test_a_split_without_tuning_is_refused():
    with pytest.raises(InputError, match=r"3 splits with 0 simulations that tune: expected 1 or more"):
        tuning_splits(34, n_tuned=0, n_splits=3, seed=0)


def test_lower_half_keeps_the_lowest_in_order(rng):
    values, places = rng.random(30), rng.permutation(30)[:11]
    chosen = lower_half(values, places)
    assert values[chosen].max() < values[np.setdiff1d(places, chosen)].min()
    assert [place for place in places if place in chosen] == chosen.tolist()
    assert len(chosen) == 5


def test_equal_values_have_no_lower_half():
    with pytest.raises(InputError, match=r"have no lower half"):
        lower_half(np.ones(4), np.arange(4))

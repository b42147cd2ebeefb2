"""Drift of a layer from itself: numbers that leave out a map each, against doing so."""

import numpy as np
import pytest

from repshift.similarity.cka import cka
from repshift.similarity.drift import paired_cka, relative_distance


@pytest.fixture
def moved(rng):
    before = rng.normal(size=(3, 9, 30)) + 5
    return before, before + 0.5 * rng.normal(size=before.shape)


def grams_of(values):
    around = values - values.mean(1, keepdims=True)
    return around @ around.swapaxes(1, 2)


def all_but(place, n=9):
    return np.delete(np.arange(n), place)


def test_cka_without_a_map_is_cka_of_the_others(moved):
    before, after = (grams_of(one) for one in moved)
    found = paired_cka(before, after)
    for layer in range(3):
        assert found.value[layer] == pytest.approx(cka(before[layer], after[layer], estimator="debiased"), abs=1e-12)
        for place in range(9):
            kept = np.ix_(all_but(place), all_but(place))
            expected = cka(before[layer][kept], after[layer][kept], estimator="debiased")
            assert found.without[layer, place] == pytest.approx(expected, abs=1e-12)


def test_distance_without_a_map_is_that_of_the_others(moved):
    before, after = moved
    squares = np.square(after - before).sum(-1)
    found = relative_distance(grams_of(before), squares)
    for place in range(9):
        kept = before[1][all_but(place)]
        apart = np.square(kept - kept.mean(0)).sum()
        expected = np.sqrt(squares[1][all_but(place)].sum() / apart)
        assert found.without[1, place] == pytest.approx(expected, rel=1e-12)


def test_what_does_not_move_is_exactly_itself(moved):
    grams = grams_of(moved[0])
    same = paired_cka(grams, grams)
    assert (same.value == 1).all()
    assert (same.without == 1).all()
    assert (relative_distance(grams, np.zeros((3, 9))).value == 0).all()


def test_a_shift_of_all_maps_moves_distance_alone(moved):
    before = moved[0]
    squares = np.square(np.full_like(before, 2.0)).sum(-1)
    assert paired_cka(grams_of(before), grams_of(before + 2)).value == pytest.approx(1)
    assert (relative_distance(grams_of(before), squares).value > 1).all()


def test_a_constant_layer_has_no_drift(moved):
    constant = np.zeros((1, 9, 9))
    assert np.isnan(paired_cka(constant, grams_of(moved[0][:1])).value).all()
    assert np.isnan(relative_distance(constant, np.ones((1, 9))).value).all()

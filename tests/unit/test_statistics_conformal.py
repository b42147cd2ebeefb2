"""Conformal intervals by simulation: what they hold of new simulations, and what intervals by map do not."""

import numpy as np
import pytest

from repshift import InputError
from repshift.statistics.conformal import attainable_level, calibration, class_sets, fewest_simulations, is_covered

LEVEL = 0.85
"""Of ten simulations, the level at which maps taken one by one hold least."""


def covers(scores, judged, simulations, *, level=LEVEL, weights=None, masses=None):
    """Return whether judged scores are within the interval of a calibration sample."""
    sample = calibration(scores, simulations=simulations, weights=weights)
    masses = np.ones(len(judged)) if masses is None else masses
    return is_covered(sample.below(judged), sample.totals, levels=[level], masses=masses)[0]


def drawn(rng, *, n_simulations, maps_each, shared):
    """Scores whose maps share a part of their variance, simulation after simulation."""
    of_simulations = np.repeat(rng.normal(size=n_simulations), maps_each)
    return np.abs(np.sqrt(shared) * of_simulations + np.sqrt(1 - shared) * rng.normal(size=len(of_simulations)))


def coverage(rng, draws, *, shared, by_map, n_simulations=10, maps_each=15):
    """Return the mean coverage of the maps of one new simulation, and its standard error."""
    found = []
    for _ in range(draws):
        scores = drawn(rng, n_simulations=n_simulations + 1, maps_each=maps_each, shared=shared)
        known, judged = scores[:-maps_each], scores[-maps_each:]
        labels = np.arange(len(known)) // (1 if by_map else maps_each)
        found.append(covers(known, judged, labels).mean())
    return np.mean(found), np.std(found) / np.sqrt(draws)


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0, 0.5, 0.95, 1])
def test_intervals_by_simulation_hold_their_level(rng, shared):
    mean, error = coverage(rng, 4000, shared=shared, by_map=False)
    assert mean > LEVEL - 2 * error


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.95, 1])
def test_intervals_by_map_hold_less(rng, shared):
    mean, error = coverage(rng, 4000, shared=shared, by_map=True)
    assert mean < LEVEL - 3 * error


def test_a_few_draws_tell_the_two_apart(rng):
    by_map, by_simulation = (coverage(rng, 400, shared=1, by_map=how)[0] for how in (True, False))
    assert by_map < 9.4 / 11 < by_simulation


def test_coverage_is_exact_where_maps_share_all(rng):
    mean, error = coverage(rng, 2000, shared=1, by_map=False)
    assert mean == pytest.approx(attainable_level(10, LEVEL), abs=3.5 * error)


def test_the_attainable_level_is_the_next_of_n_plus_one():
    assert attainable_level(25, 0.9) == 24 / 26
    assert attainable_level(9, 0.9) == 9 / 10
    assert attainable_level(10, 0.5) == 6 / 11


def test_a_level_needs_as_many_simulations_as_it_says():
    assert [fewest_simulations(level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)] == [1, 4, 9, 19, 99]
    text = "level 0.95 needs 19 simulations to calibrate it; found 12. The highest level of so many is 0.923"
    with pytest.raises(InputError, match=text):
        attainable_level(12, 0.95)
    with pytest.raises(InputError, match="is 1. Expected a number between 0 and 1"):
        attainable_level(12, 1)


def test_coverage_is_that_of_the_quantiles(rng):
    scores, judged, labels = rng.exponential(size=60), rng.exponential(size=40), np.arange(60) // 4
    weights, masses = rng.exponential(size=60), rng.exponential(size=40)
    for level in (0.3, 0.7, 0.95):
        sample = calibration(scores, simulations=labels, weights=weights)
        within = judged <= sample.quantiles(level, masses)
        assert (covers(scores, judged, labels, level=level, weights=weights, masses=masses) == within).all()
        assert 0 < within.mean() < 1 or level == 0.95


def test_resamples_are_those_of_simulations_drawn_again(rng):
    """The slow twin: a sample whose simulations stand in it as often as they are drawn."""
    scores, judged, labels = rng.exponential(size=20), rng.exponential(size=30), np.repeat(np.arange(5), 4)
    sample, counts = calibration(scores, simulations=labels), rng.multinomial(5, np.full(5, 0.2), size=3).astype(float)
    below, totals, ones = sample.below(judged), sample.totals, np.ones(30)
    found = is_covered(below, totals, levels=[0.6], masses=ones, counts=counts)[0]
    for row, held in zip(counts.astype(int), found, strict=True):
        again = np.repeat(np.arange(5), row)
        copies = np.concatenate([scores[labels == one] for one in again])
        assert (covers(copies, judged, np.arange(20) // 4, level=0.6) == held).all()


def test_too_heavy_a_map_has_an_infinite_interval():
    sample = calibration(np.arange(4.0), simulations=np.arange(4))
    assert sample.quantiles(0.5, np.array([1.0, 4.0, 5.0])).tolist() == [2, 3, np.inf]


def test_sets_hold_the_classes_up_to_the_quantile():
    probability = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]])
    assert class_sets(probability, np.array([0.5, 0.7])).tolist() == [[True, False, False], [True, True, False]]
    assert class_sets(probability, np.array([np.inf, 0.1])).sum(1).tolist() == [3, 0]


def test_weights_mend_a_shift_of_what_is_shown(rng):
    """Errors grow with x, and x is larger where the intervals are used: the true ratio of likelihoods is known."""
    x, shifted = rng.normal(size=3000), 1 + rng.normal(size=1000)
    scores, judged = (np.abs(rng.normal(size=len(at))) * np.exp(at) for at in (x, shifted))
    plain = covers(scores, judged, np.arange(3000), level=0.8)
    weighted = covers(scores, judged, np.arange(3000), level=0.8, weights=np.exp(x), masses=np.exp(shifted))
    assert plain.mean() < 0.65
    assert weighted.mean() == pytest.approx(0.8, abs=0.05)

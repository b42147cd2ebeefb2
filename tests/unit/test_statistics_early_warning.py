"""Scores of halves: limits, crossings, and the ratio of two strengths with its interval."""

import numpy as np
import pytest
from benchmarks import early_warnings

from monte_carlo import least
from repshift.statistics.early_warning import (
    early_warning,
    half_interval,
    score_crossings,
    score_limit,
    score_strength,
)

INF, NAN = np.inf, np.nan


def ends(found):
    return [found.value, found.low, found.high]


def test_a_limit_is_the_95_percent_point():
    assert score_limit(np.arange(101)) == 95


def test_a_division_is_compared_with_its_own_start():
    curves = np.array([[0.0, 2.0, 1.0], [1.0, 3.0, 2.0], [2.0, 4.0, 3.0]])
    assert score_crossings([0, 1, 2], curves, 1.5).tolist() == [0.5, 0.5, 0.5]


def test_a_position_is_where_each_division_reaches_its_suite():
    curves = np.array([[0.0, 0.0], [2.0, 4.0], [8.0, 8.0]])
    assert score_crossings([0, 1, 2], curves, [1, 3]).tolist() == [0.5, 0.75]


def test_a_score_far_off_lies_nowhere_on_the_axis():
    assert ends(score_strength([0, 1, 2], np.tile([[0.0], [1], [2]], 20), np.full(20, 5.0))) == [INF, INF, INF]


def test_a_suite_that_is_no_farther_than_home_lies_at_0():
    assert ends(score_strength([0, 1, 2], np.tile([[0.5], [1], [2]], 20), np.full(20, 0.1))) == [0, 0, 0]


def test_halves_that_agree_have_no_width():
    assert ends(half_interval(2.0, np.full(20, 2.0))) == pytest.approx([2, 2, 2])


def test_the_interval_is_by_the_scatter_of_the_logarithms():
    found = half_interval(3.0, np.exp([-0.1, 0.1] * 10))
    assert np.log([found.high / 3, 3 / found.low]) == pytest.approx([0.2093] * 2, abs=1e-4)


@pytest.mark.parametrize(
    ("value", "halves", "low", "high"),
    [
        (1.0, [1.0] * 19 + [INF], 1, INF),
        (1.0, [1.0] * 19 + [0], 0, 1),
        (INF, [2.0] * 5 + [INF] * 15, 2, INF),
        (0, [2.0] * 5 + [0] * 15, 0, 2),
        (INF, [INF] * 20, INF, INF),
        (0, [0] * 20, 0, 0),
        (1.0, [1.0] * 15 + [NAN] * 5, 1, 1),
        (1.0, [1.0] * 5 + [NAN] * 15, NAN, NAN),
        (NAN, [1.0] * 20, NAN, NAN),
        (NAN, [NAN] * 20, NAN, NAN),
    ],
)
def test_ends_where_strengths_are_not_reached(value, halves, low, high):
    assert ends(half_interval(value, halves)) == pytest.approx([value, low, high], nan_ok=True)


@pytest.mark.parametrize(
    ("score", "error", "ratio"),
    [(0.1, 1, 0.1), (0.1, INF, 0), (INF, 0.1, INF), (INF, INF, NAN), (0, 1, 0), (NAN, 1, NAN)],
)
def test_ratios_where_strengths_are_not_reached(score, error, ratio):
    found = early_warning(np.full(20, score), np.full(20, error), score=score, error=error)
    assert found.value == pytest.approx(ratio, nan_ok=True)


@pytest.mark.parametrize("draws", [25, pytest.param(300, marks=pytest.mark.slow)])
def test_intervals_of_early_warnings_hold_the_truth(rng, draws, monkeypatch):
    monkeypatch.setattr(early_warnings, "_MANY", 1000)
    found = early_warnings.coverage(rng, np.repeat(np.arange(50), 3), draws, case="early")
    assert found["ratio"] >= least(0.95, draws)
    assert found["upper over lower end"] < 8

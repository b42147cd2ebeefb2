"""Levels, what axes cost, and when scores warn, of curves that are known."""

from dataclasses import replace

import numpy as np
import pytest

from repshift import InputError
from repshift.evidence.stress.layers import layer_drift
from repshift.evidence.stress.levels import Levels
from repshift.evidence.stress.predictions import ClassPredictions, ParameterPredictions
from repshift.evidence.stress.warning import ScoreCurves, criticals, positions_of, warnings_of

STRENGTHS = np.array([0, 1, 10, -0.5, 0, 0.5])
LEVELS = Levels(("beam", "beam", "beam", "gain", "gain", "gain"), STRENGTHS)
N = 40


def predictions(rng, errors, *, outputs=("a",), std=0.1):
    """Return predictions whose errors are as large as is said, (levels,), and known to the last digit."""
    truth = np.linspace(0, 1, N)[:, None]
    drawn = rng.normal(size=(N, 1))
    drawn -= drawn.mean()
    mean = truth + np.array(errors)[:, None, None] * drawn
    scale = np.ones(1)
    return ParameterPredictions(outputs, truth, mean, np.full(mean.shape, std), scale, scale, np.arange(N))


def scores(rises, *, scatter=0.01, rng):
    """Return one score that rises as is said, (levels,), with some scatter between divisions."""
    around = scatter * rng.normal(size=8)
    null = scatter * rng.normal(size=(1, 8))
    maps = np.array([np.isin(np.arange(N), rng.permutation(N)[: N // 2]) for _ in range(8)])
    return ScoreCurves(np.array(rises)[:, None, None] + around, null, maps)


def test_every_level_has_the_zero_of_its_axis():
    assert LEVELS.base.tolist() == [0, 0, 0, 4, 4, 4]


def test_a_signed_axis_has_two_sides():
    assert [(axis, side.direction, side.positions.tolist()) for axis, side in LEVELS.sides] == [
        ("beam", "up", [0, 1, 2]),
        ("gain", "up", [4, 5]),
        ("gain", "down", [4, 3]),
    ]


def test_the_axis_that_costs_has_a_critical_strength(rng):
    made = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.05, 0.05])
    found = criticals(LEVELS, made, made.bands(LEVELS, n_resamples=200, seed=1))
    assert 0 < found.critical[0, 0, 0] < 1
    assert found.critical[1, 0, 0] <= found.critical[0, 0, 0] <= found.critical[2, 0, 0]
    assert np.isinf(found.critical[:, 1:]).all()
    assert found.costs.tolist() == [True, False, False]


def test_an_output_no_good_has_no_critical_strength_nor_alarm(rng):
    made = predictions(rng, [2, 3, 4, 2, 2, 2])
    found = criticals(LEVELS, made, made.bands(LEVELS, n_resamples=200, seed=1))
    assert np.isnan(found.critical).all()
    alarms = warnings_of(LEVELS, made, found, scores([0, 1, 1, 0, 1, 1], rng=rng)).false_alarm
    assert not alarms.any()


def test_the_first_fall_over_its_strength_is_the_slope(rng):
    made = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.05, 0.1])
    bands = made.bands(LEVELS, n_resamples=200, seed=1)
    found = criticals(LEVELS, made, bands)
    assert found.slope[0, 1, 0] == pytest.approx(bands["r2_change"].value[5, 0] / 0.5)


def test_a_score_that_rises_first_warns_early(rng):
    made = predictions(rng, [0.05, 0.06, 0.9, 0.05, 0.05, 0.05])
    found = criticals(LEVELS, made, made.bands(LEVELS, n_resamples=200, seed=1))
    first = warnings_of(LEVELS, made, found, scores([0, 1, 1, 0, 0, 0], rng=rng))
    late = warnings_of(LEVELS, made, found, scores([0, 0, 0, 0, 0, 0], rng=rng))
    assert first.early_warning[0, 0, 0, 0] < first.early_warning[2, 0, 0, 0] < 1
    assert np.isinf(late.early_warning[0, 0, 0, 0])


def test_a_score_that_rises_where_nothing_is_lost_is_a_false_alarm(rng):
    made = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.05, 0.05])
    found = criticals(LEVELS, made, made.bands(LEVELS, n_resamples=200, seed=1))
    alarms = warnings_of(LEVELS, made, found, scores([0, 1, 1, 0, 0, 1], rng=rng)).false_alarm
    assert alarms[:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize("n_simulations", [N, 9])
def test_where_no_band_says_it_costs_nothing_no_alarm_is_false(rng, n_simulations):
    good = n_simulations < 10  # so few have no ends
    made = predictions(rng, [0.05] * 6 if good else [2, 3, 4, 2, 2, 2])
    made = replace(made, simulations=np.arange(N) % n_simulations)
    found = criticals(LEVELS, made, made.bands(LEVELS, n_resamples=200, seed=1))
    assert np.isnan(found.critical[1]).all()
    assert warnings_of(LEVELS, made, found, scores([0, 1, 1, 0, 0, 1], rng=rng)).false_alarm.sum() == 0


def test_a_score_that_falls_passes_its_limit_too(rng):
    found = warnings_of(LEVELS, None, None, scores([0, -1, -1, 0, 0, 0], rng=rng))
    assert 0 < found.score_critical[0, 0, 0] < 0.1
    assert found.early_warning.shape == (3, 3, 1, 0)


def test_a_suite_lies_where_the_own_domain_scores_like_it(rng):
    home = scores([0, 1, 3, 0, 0, 1], scatter=1e-3, rng=rng)
    found = positions_of(LEVELS, home, LEVELS, np.full((1, 8), 2.0))
    assert found[0, 0, 0] == pytest.approx(10**0.5, rel=0.01)
    assert np.isinf(found[0, 1:, 0]).all()


def test_an_axis_that_the_own_domain_lacks_has_no_position(rng):
    home = Levels(("beam", "beam", "beam"), STRENGTHS[:3])
    found = positions_of(LEVELS, scores([0, 1, 3], rng=rng), home, np.full((1, 8), 2.0))
    assert np.isnan(found[:, 1:]).all()
    assert np.isfinite(found[0, 0]).all()


def test_the_accuracy_of_a_half_is_that_of_its_maps(rng):
    probability = rng.dirichlet(np.ones(3), size=(6, N))
    truth, half = rng.integers(3, size=N), np.arange(N) < 15
    made = ClassPredictions(("kind",), truth, probability, np.arange(N))
    expected = (probability[:, half].argmax(-1) == truth[half]).mean(1)
    assert made.quality(half)[:, 0] == pytest.approx(expected)
    assert made.least == pytest.approx([0.1 + 1 / 3])


def test_r2_of_a_half_leaves_out_maps_that_take_no_part(rng):
    made = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.05, 0.05])
    half = np.arange(N) % 2 == 0
    kept = half & (np.arange(N) > 10)
    made.mean[:, :11] = np.nan
    truth, mean = made.truth[kept, 0], made.mean[1, kept, 0]
    expected = 1 - np.square(mean - truth).sum() / np.square(truth - truth.mean()).sum()
    assert made.quality(half)[1, 0] == pytest.approx(expected)


def test_an_unresolved_layer_has_no_drift(rng):
    values = rng.normal(size=(2, 8, 20))
    around = values - values.mean(1, keepdims=True)
    grams = around @ around.swapaxes(1, 2)
    found = layer_drift(grams, grams, np.zeros((2, 8)), resolved=np.array([True, False]))
    assert found.cka[:, 0].tolist() == [1, 1, 1]
    assert np.isnan(found.cka[:, 1]).all()
    assert np.isnan(found.distance[:, 1]).all()


def test_ends_of_drift_hold_it(rng):
    values = rng.normal(size=(1, 12, 20))
    moved = values + rng.normal(size=values.shape)
    grams = [(one - one.mean(1, keepdims=True)) for one in (values, moved)]
    before, after = (one @ one.swapaxes(1, 2) for one in grams)
    found = layer_drift(before, after, np.square(moved - values).sum(-1), resolved=np.array([True]))
    for value, low, high in (found.cka[:, 0], found.distance[:, 0]):
        assert low < value < high
    assert found.cka[2, 0] <= 1


def test_maps_that_take_no_part_count_for_nothing(rng):
    whole = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.1, 0.3])
    some = np.arange(N) >= 10
    part = ParameterPredictions(
        whole.outputs,
        whole.truth[some],
        whole.mean[:, some],
        whole.std[:, some],
        whole.widths,
        whole.rmse,
        whole.simulations[some],
    )
    whole.mean[3:, ~some], whole.std[3:, ~some] = np.nan, np.nan
    found = whole.bands(LEVELS, n_resamples=200, seed=1)
    expected = part.bands(LEVELS, n_resamples=200, seed=1)
    for name, one in found.items():
        assert one.value[3:] == pytest.approx(expected[name].value[3:]), name
        assert np.isfinite(one.low).all(), name


def test_few_simulations_have_numbers_without_ends(rng):
    many = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.1, 0.3])
    few = ParameterPredictions(
        *(many.outputs, many.truth, many.mean, many.std, many.widths, many.rmse, np.arange(N) % 3)
    )
    found, expected = (one.bands(LEVELS, n_resamples=200, seed=1) for one in (few, many))
    for name, one in found.items():
        assert one.value == pytest.approx(expected[name].value), name
        assert np.isnan(one.low).all(), name


def test_one_true_value_of_all_maps_has_no_r2(rng):
    made = predictions(rng, [0.05, 0.3, 0.9, 0.05, 0.1, 0.3])
    made.truth[:] = 0.3 + 1e-16 * np.arange(N)[:, None]  # their mean is rounded
    bands = made.bands(LEVELS, n_resamples=200, seed=1)
    assert np.isnan(bands["r2"].value).all()
    assert np.isnan(bands["r2_change"].value).all()
    assert np.isfinite(bands["bias"].value).all()
    assert np.isnan(made.quality(np.ones(N, dtype=bool))).all()


def test_an_answer_that_is_not_finite_is_refused_with_its_level():
    answers, takes = np.zeros((6, 3, 1)), np.ones((6, 3), dtype=bool)
    answers[1, 0], takes[1, 0], answers[5, 2] = np.nan, False, np.inf
    with pytest.raises(
        InputError, match=r"Axis 'gain' at strength 0\.5: the network returns a number that is not finite for map 22"
    ):
        LEVELS.require_finite(answers, takes, [20, 21, 22])
